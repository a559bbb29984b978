//! The steps of a canary, one after the other.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::soak::{Limits, Pause, Soak};
use super::target::Split;
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
