//! What comes after a record: its next step, the promotion, the way back.

use super::course::{Course, OnFailure, Then};
use super::pushed::Known;
use super::record::{Phase, Record};
use super::soak::Pause;
use super::target::{Split, Traffic};
use crate::units::Timestamp;

impl Record {
    /// Whether the pause of a step has begun.
    pub fn is_watched(&self) -> bool {
        self.phase == Phase::Canary && self.course.as_ref().and_then(Course::soak).is_some()
    }

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
    /// is taken back gets nothing more, from the beginning. Whoever takes it back takes what is there,
    /// whatever somebody else made of it meanwhile.
    #[must_use]
    pub fn turned(&self, phase: Phase) -> Option<Self> {
        let hold = match (self.phase, phase) {
            (Phase::Rollback, Phase::Promote | Phase::Canary) => return None,
            (Phase::Canary, Phase::Rollback) if matches!(self.traffic, Traffic::Split(_)) => {
                Split::OLD.into()
            }
            _ => self.hold,
        };
        let known = if phase == Phase::Rollback && self.phase != phase {
            Known::default()
        } else {
            self.known
        };
        Some(Self { phase, hold, known, ..self.clone() })
    }

    /// The way forward from wherever it is, for whoever knows that the old app is gone: there is nothing to
    /// go back to any more, so that one that is taken back may be promoted, too.
    ///
    /// The new one gets all of the traffic at once: nobody else could serve it.
    #[must_use]
    pub fn forward_alone(&self) -> Self {
        let hold = match self.traffic {
            Traffic::Split(_) => Split::NEW.into(),
            other => other,
        };
        Self { phase: Phase::Promote, hold, known: Known::default(), ..self.clone() }
    }

    /// What comes when a limit is passed; nothing where it is to stay as it is.
    #[must_use]
    pub fn after_failure(&self) -> Option<Self> {
        let course = self.course.as_ref().filter(|_| self.phase == Phase::Canary)?;
        (course.on_failure == OnFailure::Rollback).then(|| self.turned(Phase::Rollback)).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rollout::{Next, Observation, Outcome};

    #[test]
    fn one_that_is_taken_back_goes_forward_only_where_the_old_one_is_gone() {
        let back = crate::testing::record().turned(Phase::Rollback).unwrap();
        assert_eq!(back.turned(Phase::Promote), None);
        let look = crate::ports::Look::default();
        let balancer = crate::ports::Balancer { name: "lb".into(), seen: Ok(look) };
        let seen = Observation { balancers: alloc::vec![balancer], ..Observation::default() };
        // That is how it stands still without the old one.
        let stuck = back.rollout().step(Timestamp::EPOCH, &seen).next;
        assert!(matches!(stuck, Next::Done(Outcome::Vanished(_))), "{stuck:?}");
        let forward = back.forward_alone();
        assert_eq!((forward.phase, forward.hold), (Phase::Promote, Split::NEW.into()));
        let definition =
            crate::app::App::parse(r#"{"id": "/shop-green", "instances": 1}"#).unwrap();
        let mut rollout = forward.rollout().with_definition(definition);
        let decision = rollout.step(Timestamp::EPOCH, &seen);
        assert!(matches!(decision.next, Next::ObserveBy { .. }), "{decision:?}");
        assert_eq!(decision.actions.len(), 1, "{decision:?}");
    }
}
