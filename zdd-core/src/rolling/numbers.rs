//! The replacement rule in numbers: when Marathon stops and launches how many.

use serde::{Deserialize, Serialize};

use crate::capacity::Start;
use crate::units::InstanceCount;

/// What a replacement counts. Everything that replaces instances step by step, the engine over
/// instance events and the nominal run alike, asks these numbers what to do next.
///
/// Every input takes a batch. A batch of `k` gives the same orders in total as `k` times one.
///
/// Source: `TaskReplaceActor` in Marathon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Numbers {
    target: u32,
    ceiling: u32,
    old: u32,
    queued: u32,
    started: u32,
}

/// What to do now, as counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Orders {
    /// Entries to take from the kill queue.
    pub kill: u32,
    /// New instances to launch.
    pub launch: u32,
}

impl Numbers {
    /// Starts the replacement of `old` instances by `target` new ones, of which `started` are there
    /// already.
    pub fn start(target: InstanceCount, start: Start, old: u32, started: u32) -> (Self, Orders) {
        let (target, ceiling) = (target.get(), start.ceiling.get());
        let mut numbers = Self { target, ceiling, old, queued: old, started };
        let orders = Orders { kill: numbers.draw(start.kill.get()), launch: numbers.launch() };
        (numbers, orders)
    }

    /// `count` new instances became healthy and ready: each takes one entry from the kill queue.
    pub fn new_ready(&mut self, count: u32) -> Orders {
        Orders { kill: self.draw(count), launch: 0 }
    }

    /// `count` old instances are confirmed dead: only now there is room for new ones.
    pub fn old_gone(&mut self, count: u32) -> Orders {
        self.old = self.old.saturating_sub(count);
        Orders { kill: 0, launch: self.launch() }
    }

    /// An old instance died by itself. It makes room, but nothing is launched for it yet.
    pub fn old_lost(&mut self) {
        self.old = self.old.saturating_sub(1);
    }

    /// A new instance was stopped by somebody else. It is replaced when the next old one dies.
    pub fn new_stopped(&mut self) {
        self.started = self.started.saturating_sub(1);
    }

    /// Old instances not yet confirmed dead.
    pub const fn old(&self) -> u32 {
        self.old
    }

    /// Entries left in the kill queue.
    pub const fn queued(&self) -> u32 {
        self.queued
    }

    /// New instances that were launched or found.
    pub const fn started(&self) -> u32 {
        self.started
    }

    /// New instances still to be launched.
    pub const fn missing(&self) -> u32 {
        self.target.saturating_sub(self.started)
    }

    /// Instances of the new definition.
    pub const fn target(&self) -> u32 {
        self.target
    }

    /// Goes `cycles` times through the change from `before` to now, if every rule decides in each
    /// of them as it did in the first; otherwise says by returning `false` that it would not.
    pub(crate) fn repeat(&mut self, before: &Self, cycles: u32) -> bool {
        let times = |step: u32| step.checked_mul(cycles);
        let (Some(old), Some(queued), Some(started)) = (
            before.old.checked_sub(self.old).and_then(times),
            before.queued.checked_sub(self.queued).and_then(times),
            self.started.checked_sub(before.started).and_then(times),
        ) else {
            return false;
        };
        // Room for launches stays what it was only while launches and deaths balance.
        if old != started || old > self.old || queued > self.queued || started > self.missing() {
            return false;
        }
        self.old -= old;
        self.queued -= queued;
        self.started += started;
        true
    }

    /// How often the change from `before` to now can be repeated: see [`repeat`](Self::repeat).
    pub(crate) fn repeatable(&self, before: &Self) -> u32 {
        let room = |left: u32, step: Option<u32>| match step {
            None => 0,
            Some(0) => u32::MAX,
            Some(step) => left / step,
        };
        room(self.old, before.old.checked_sub(self.old))
            .min(room(self.queued, before.queued.checked_sub(self.queued)))
            .min(room(self.missing(), self.started.checked_sub(before.started)))
    }

    fn draw(&mut self, count: u32) -> u32 {
        let drawn = count.min(self.queued);
        self.queued -= drawn;
        drawn
    }

    fn launch(&mut self) -> u32 {
        let room = self.ceiling.saturating_sub(self.old).saturating_sub(self.started);
        let launched = room.min(self.missing());
        self.started += launched;
        launched
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_batch_orders_what_its_single_events_order(
            target in 0_u16..40, ceiling in 0_u16..80, kill in 0_u16..40, old in 0_u32..40,
            batch in 0_u32..40, ready in any::<bool>(),
        ) {
            let start = Start { kill: kill.into(), ceiling: ceiling.into(), bend: None };
            let (mut whole, _) = Numbers::start(target.into(), start, old, 0);
            let mut single = whole;
            let at_once = if ready { whole.new_ready(batch) } else { whole.old_gone(batch) };
            let mut summed = Orders::default();
            for _ in 0..batch {
                let one = if ready { single.new_ready(1) } else { single.old_gone(1) };
                summed.kill += one.kill;
                summed.launch += one.launch;
            }
            prop_assert_eq!((at_once, whole), (summed, single));
        }
    }
}
