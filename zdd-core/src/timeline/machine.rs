//! The nominal run: every instance starts, becomes healthy and stops in the assumed times, and
//! nothing fails.

use alloc::collections::VecDeque;
use core::time::Duration;

use super::{Assumptions, Change, State, Step};
use crate::capacity::Start;
use crate::rolling::{Numbers, Orders};
use crate::upgrade::Upgrade;

/// Whose schedule to follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "a new schedule must be decided on everywhere")]
pub enum Model {
    /// Marathon's own rolling upgrade.
    Marathon,
    /// No old instance is touched until the new version carries the floor alone.
    SideBySide,
}

/// Instances that go through one stage, oldest first: when they leave it, and how many.
type Stage = VecDeque<(u64, u32)>;

/// Runs a replacement event by event.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    model: Model,
    floor: u32,
    durations: [u64; 3],
    numbers: Numbers,
    state: State,
    now: u64,
    starting: Stage,
    running: Stage,
    dying: Stage,
    /// Healthy new instances for which no old one was stopped yet.
    held: u32,
    orders: Orders,
}

impl Machine {
    pub(super) fn new(upgrade: &Upgrade, model: Model, assumptions: &Assumptions) -> Self {
        let bounds = upgrade.bounds();
        let start = match model {
            Model::Marathon => upgrade.start(),
            // Without a floor nothing has to carry it, and without spare nothing can be waited for.
            Model::SideBySide if bounds.spare().is_zero() && bounds.floor.is_zero() => {
                Start { kill: upgrade.old, ..declared(upgrade) }
            }
            Model::SideBySide => declared(upgrade),
        };
        let old = upgrade.old.get();
        let (numbers, orders) = Numbers::start(upgrade.instances, start, old, 0);
        let mut state = State::default();
        state.old.healthy = old;
        Self {
            model,
            floor: bounds.floor.get(),
            durations: assumptions.millis(),
            numbers,
            state,
            now: 0,
            starting: Stage::new(),
            running: Stage::new(),
            dying: Stage::new(),
            held: 0,
            orders,
        }
    }

    /// The next step, unless it would be later than `until`.
    pub(super) fn step(&mut self, until: u64) -> Option<Step> {
        let change = self.order().or_else(|| self.event(until))?;
        self.state = change.applied_to(self.state);
        if self.model == Model::SideBySide && self.state.new.healthy >= self.floor && self.held > 0
        {
            let released = core::mem::take(&mut self.held);
            self.orders = self.numbers.new_ready(released);
        }
        Some(Step { at: Duration::from_millis(self.now), change, state: self.state })
    }

    /// Carries out what is ordered: first stop, then launch.
    fn order(&mut self) -> Option<Change> {
        let [start, _, stop] = self.durations;
        match core::mem::take(&mut self.orders) {
            Orders { kill: 0, launch: 0 } => None,
            Orders { kill: 0, launch } => {
                self.starting.push_back((self.now + start, launch));
                Some(Change::Launch { count: launch })
            }
            Orders { kill, launch } => {
                self.orders = Orders { kill: 0, launch };
                self.dying.push_back((self.now + stop, kill));
                Some(Change::Stop { count: kill })
            }
        }
    }

    /// Lets the earliest thing happen. At the same moment deaths come first, then starts.
    fn event(&mut self, until: u64) -> Option<Change> {
        let front = |stage: &Stage| stage.front().map_or(u64::MAX, |(at, _)| *at);
        let (dying, starting, running) =
            (front(&self.dying), front(&self.starting), front(&self.running));
        let at = dying.min(starting).min(running);
        if at > until || at == u64::MAX {
            return None;
        }
        self.now = at;
        if at == dying {
            let (_, count) = self.dying.pop_front()?;
            self.orders = self.numbers.old_gone(count);
            Some(Change::Die { count })
        } else if at == starting {
            let (_, count) = self.starting.pop_front()?;
            self.running.push_back((at + self.durations[1], count));
            Some(Change::Run { count })
        } else {
            let (_, count) = self.running.pop_front()?;
            Some(self.healthy(count))
        }
    }

    fn healthy(&mut self, count: u32) -> Change {
        if self.model == Model::SideBySide {
            self.held += count;
            return Change::BecomeHealthy { count };
        }
        match self.numbers.new_ready(count) {
            Orders { kill: 0, .. } => Change::BecomeHealthy { count },
            Orders { kill, .. } => {
                self.dying.push_back((self.now + self.durations[2], kill));
                Change::Exchange { healthy: count, stopped: kill }
            }
        }
    }

    /// The time in which an instance is replaced and its successor is healthy.
    pub(super) fn period(&self) -> u64 {
        self.durations.iter().sum()
    }

    pub(super) const fn state(&self) -> State {
        self.state
    }

    /// Whether nothing can happen any more.
    pub(super) fn is_idle(&self) -> bool {
        self.starting.is_empty() && self.running.is_empty() && self.dying.is_empty()
    }

    pub(super) fn is_complete(&self) -> bool {
        self.numbers.old() == 0 && self.state.new.healthy == self.numbers.target()
    }

    /// Leaps over as many further repetitions of what happened since `before`, one period ago, as
    /// are certain to be the same. Says how many, and how many instances each of them exchanges.
    pub(super) fn leap(&mut self, before: &Self) -> (u32, u32) {
        let period = self.period();
        let same = |a: &Stage, b: &Stage| {
            let shifted = a.iter().map(|(at, count)| (at + period, *count));
            a.len() == b.len() && shifted.eq(b.iter().copied())
        };
        let alike = same(&before.starting, &self.starting)
            && same(&before.running, &self.running)
            && same(&before.dying, &self.dying)
            && before.held == self.held;
        let exchanged = before.state.old.healthy.saturating_sub(self.state.old.healthy);
        let repeats =
            if alike && exchanged > 0 { self.numbers.repeatable(&before.numbers) } else { 0 };
        let earlier = before.numbers;
        if repeats == 0 || !self.numbers.repeat(&earlier, repeats) {
            return (0, 0);
        }
        let later = u64::from(repeats) * period;
        for stage in [&mut self.starting, &mut self.running, &mut self.dying] {
            for (at, _) in stage.iter_mut() {
                *at += later;
            }
        }
        self.now += later;
        self.state.old.healthy -= exchanged * repeats;
        self.state.new.healthy += exchanged * repeats;
        (repeats, exchanged)
    }
}

/// The declared bounds as they are, with nothing stopped at the start.
fn declared(upgrade: &Upgrade) -> Start {
    Start { kill: crate::units::InstanceCount::ZERO, ceiling: upgrade.bounds().ceiling, bend: None }
}
