//! The steps of a canary, one after the other.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::record::{Phase, Record};
use super::soak::{Limits, Pause, Soak};
use super::target::{Split, Traffic};
use crate::units::Timestamp;

/// One step of a canary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "all of it is written and read")]
pub struct Step {
    /// How the traffic is split.
    pub split: Split,
    /// How many instances the new app has.
    pub instances: u32,
    /// For how long that is kept and watched; `None` goes on at once.
    pub pause: Option<Pause>,
}

/// What follows the last step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(clippy::exhaustive_enums, reason = "an operator's choice")]
pub enum Then {
    /// The new version takes over.
    Promote,
    /// Both stay as they are.
    Stay,
}

/// What follows when a limit is passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(clippy::exhaustive_enums, reason = "an operator's choice")]
pub enum OnFailure {
    /// The old version takes over again.
    Rollback,
    /// Everything stays as it is.
    Stop,
}

/// All steps, and how far they have come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "all of it is written and read")]
pub struct Course {
    /// The steps; at least one.
    pub steps: Vec<Step>,
    /// The one that it is at, from 0.
    pub at: usize,
    /// When its pause began.
    pub reached: Option<Timestamp>,
    /// What is watched in each pause.
    pub limits: Limits,
    /// What follows the last one.
    pub then: Then,
    /// What follows when a limit is passed.
    pub on_failure: OnFailure,
}

impl Course {
    /// The step that it is at.
    pub fn step(&self) -> Option<&Step> {
        self.steps.get(self.at)
    }

    /// What is watched just now, and since when.
    pub(super) fn soak(&self) -> Option<(Soak, Timestamp)> {
        let (pause, since) = (self.step()?.pause?, self.reached?);
        Some((Soak { pause, limits: self.limits }, since))
    }
}

impl Record {
    /// Whether it goes on only when somebody says so.
    pub fn awaits_approval(&self) -> bool {
        let soak = self.course.as_ref().and_then(Course::soak);
        self.phase == Phase::Canary && soak.is_some_and(|(it, _)| it.pause == Pause::Approval)
    }

    /// What comes when everything is as this record wants it: the pause of its step, the next step, the
    /// promotion; nothing where it is at its end.
    #[must_use]
    pub fn onward(&self, now: Timestamp) -> Option<Self> {
        let course = self.course.as_ref().filter(|_| self.phase == Phase::Canary)?;
        let step = course.step()?;
        let with = |course: Course, phase| Self {
            course: Some(course),
            phase,
            hold: self.traffic,
            ..self.clone()
        };
        if step.pause.is_some() && course.reached.is_none() {
            return Some(with(Course { reached: Some(now), ..course.clone() }, Phase::Canary));
        }
        if let Some(next) = course.steps.get(course.at + 1) {
            let course = Course { at: course.at + 1, reached: None, ..course.clone() };
            let record = with(course, Phase::Canary);
            return Some(Self { traffic: next.split.into(), canary: next.instances, ..record });
        }
        (course.then == Then::Promote).then(|| with(course.clone(), Phase::Promote))
    }

    /// The same with another way to go, from wherever it is; `None` where it is taken back already and is
    /// to be promoted.
    ///
    /// Until all instances are there that the way needs, the traffic is split as it is; but a canary that
    /// is taken back gets nothing more, from the beginning.
    #[must_use]
    pub fn turned(&self, phase: Phase) -> Option<Self> {
        let hold = match (self.phase, phase) {
            (Phase::Rollback, Phase::Promote | Phase::Canary) => return None,
            (Phase::Canary, Phase::Rollback) if matches!(self.traffic, Traffic::Split(_)) => {
                Split::OLD.into()
            }
            _ => self.hold,
        };
        Some(Self { phase, hold, ..self.clone() })
    }

    /// What comes when a limit is passed; nothing where it is to stay as it is.
    #[must_use]
    pub fn after_failure(&self) -> Option<Self> {
        let course = self.course.as_ref()?;
        (course.on_failure == OnFailure::Rollback).then(|| self.turned(Phase::Rollback)).flatten()
    }
}
