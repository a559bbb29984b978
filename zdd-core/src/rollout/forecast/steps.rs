//! What decides.

use core::time::Duration;

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

    /// The first look at `end` or later, if it sees and says the same at all looks until then: the last
    /// one was at `now`, the next one is at `next`.
    fn look_from(&self, end: Timestamp, now: Timestamp, next: Timestamp) -> Timestamp;
}

impl Steps for Rollout {
    fn step(&mut self, now: Timestamp, seen: &Observation) -> Decision {
        Self::step(self, now, seen)
    }

    fn wakes_at(&self, now: Timestamp) -> Option<Timestamp> {
        let (waiting_on, _) = self.waiting.as_ref()?;
        if matches!(waiting_on, WaitingOn::WrongWay { .. } | WaitingOn::TakenOut { .. }) {
            // It is told again after a while.
            return Some(now);
        }
        let pause = pause_ends(waiting_on, now);
        self.timer.ends(self.patience).filter(|at| *at > now).chain(pause).min()
    }

    fn look_from(&self, end: Timestamp, now: Timestamp, next: Timestamp) -> Timestamp {
        let Some((waiting_on, since)) = &self.waiting else { return next };
        let over = pause_ends(waiting_on, now);
        let mut at = next;
        while at < end {
            let pause = self.patience.pause(at.since(*since));
            // Once they are as rare as they become, those until the end are alike.
            let is_longest = pause == self.patience.observe;
            let every = pause.as_millis().max(1);
            let looks = if is_longest { end.since(at).as_millis().div_ceil(every) } else { 1 };
            let ms = u64::try_from(every.saturating_mul(looks)).unwrap_or(u64::MAX);
            let later = at.saturating_add(Duration::from_millis(ms));
            let later = over.filter(|over| *over > at).map_or(later, |over| over.min(later));
            if later <= at {
                return at;
            }
            at = later;
        }
        at
    }
}

/// When a pause ends of which so much was left at `now`.
fn pause_ends(waiting_on: &WaitingOn, now: Timestamp) -> Option<Timestamp> {
    match waiting_on {
        WaitingOn::Pause { left, .. } => Some(now.saturating_add(*left)),
        _ => None,
    }
}
