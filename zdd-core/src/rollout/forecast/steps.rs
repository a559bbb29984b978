//! What decides.

use crate::rollout::engine::Rollout;
use crate::rollout::waiting::WaitingOn;
use crate::rollout::{Decision, Observation};
use crate::units::Timestamp;

/// Something that decides step by step: a [`Rollout`], or what wraps one.
pub trait Steps {
    /// Decides what to do at `now`, from the newest view of the world.
    fn step(&mut self, now: Timestamp, seen: &Observation) -> Decision;

    /// The next moment, at `now` or later, at which it may decide otherwise than at the last step
    /// although it sees the same. None if it never will.
    ///
    /// Until then a [forecast](super::forecast()) passes over looks that would only say once more what
    /// is waited for. A moment that is too early costs time; one that is too late makes the forecast
    /// wrong. `Some(now)` is always right.
    fn wakes_at(&self, now: Timestamp) -> Option<Timestamp>;
}

impl Steps for Rollout {
    fn step(&mut self, now: Timestamp, seen: &Observation) -> Decision {
        Self::step(self, now, seen)
    }

    fn wakes_at(&self, now: Timestamp) -> Option<Timestamp> {
        let (waiting_on, since) = self.waiting.as_ref()?;
        if matches!(waiting_on, WaitingOn::WrongWay { .. } | WaitingOn::TakenOut { .. }) {
            // It is told again after a while.
            return Some(now);
        }
        let pause = match waiting_on {
            WaitingOn::Pause { left, .. } => Some(now.saturating_add(*left)),
            _ => None,
        };
        let ends = [self.patience.wait, self.patience.drain].map(|it| since.saturating_add(it));
        ends.into_iter().filter(|at| *at > now).chain(pause).min()
    }
}
