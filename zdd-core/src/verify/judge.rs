//! Judges a timeline, step by step.

mod ending;

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::time::Duration;

use super::levels::{Depths, Spent};
use super::{Aim, Change, Expectation, Fault, Finding, MAX_LISTED, Observed};
use crate::timeline::{State, Version};
use crate::units::Timestamp;

/// Judges the timeline of one replacement, whoever made it: a plan or a recording.
///
/// *Healthy* instances are through their checks and not told to stop. *Running* ones are all that
/// hold resources: from the launch to the confirmed end. What the guarantees mean here:
///
/// - `completes`: the outcome is a success, exactly as many new instances are healthy as the
///   definition says, none besides them is on its way up, and no old one is left.
/// - `bounds`: `completes`, and no step that lowered the healthy instances ended below the floor,
///   and no step that raised the running instances ended above the ceiling. To begin below the
///   floor (more instances are wanted than before) or above the ceiling (fewer are) is no fault; to
///   make it worse is.
/// - `side-by-side`: `bounds`, and whenever an old instance was told to stop the new version alone
///   had at least the floor healthy.
///
/// Steps are judged one by one, in the order given, also those of the same moment: whoever kills
/// three and launches one says so in two steps. An observation costs no allocation but for a count
/// that was not seen before, a new extreme and a finding.
///
/// ```
/// use zdd_core::capacity::UpgradeStrategy;
/// use zdd_core::guarantee::Guarantee;
/// use zdd_core::timeline::{Side, State};
/// use zdd_core::units::{InstanceCount, Timestamp};
/// use zdd_core::verify::{Change, Expectation, Judge, Observed, Outcome, Version};
///
/// let one = Side { healthy: 1, ..Side::default() };
/// let dying = Side { dying: 1, ..Side::default() };
/// let none = Side::default();
/// let step = |version, change| Observed { version, change, count: 1, task: None };
/// let t = Timestamp::from_millis;
///
/// // One instance, and the default strategy: all must stay, and one more may run.
/// let expected = Expectation::replacement(InstanceCount::ONE, UpgradeStrategy::default());
/// let mut judge = Judge::new(expected, t(0), State { old: one, new: none });
/// let starting = Side { starting: 1, ..none };
/// judge.observe(t(0), State { old: one, new: starting }, step(Version::New, Change::Launched));
/// judge.observe(t(9), State { old: one, new: one }, step(Version::New, Change::Healthy));
/// judge.observe(t(9), State { old: dying, new: one }, step(Version::Old, Change::ToldToStop));
/// judge.observe(t(12), State { old: none, new: one }, step(Version::Old, Change::Stopped));
/// let verdict = judge.finish(t(12), Outcome::Success);
/// assert_eq!(verdict.holds(Guarantee::SideBySide), Some(true));
/// assert!(verdict.findings.is_empty());
/// ```
#[derive(Clone, Debug)]
pub struct Judge {
    expected: Expectation,
    started: Timestamp,
    now: Timestamp,
    state: State,
    imagined: u32,
    healthy: Spent,
    running: i64,
    highest: (i64, Timestamp, Option<Box<str>>),
    /// Healthy instances after each step that lowered them.
    lowered: Depths,
    /// Running instances after each step that raised them, with the sign turned.
    raised: Depths,
    /// Healthy new instances whenever an old one was told to stop.
    touched: Depths,
    failed: u64,
    turned_unhealthy: u64,
    new_stopped: u64,
    /// Findings about single tasks.
    tasks: Vec<Finding>,
    silence: (Duration, Timestamp),
    gaps: u64,
}

impl Judge {
    /// Begins with `state` at the moment `at`.
    pub fn new(expected: Expectation, at: Timestamp, state: State) -> Self {
        let (healthy, running) = levels(state);
        Self {
            expected,
            started: at,
            now: at,
            state,
            imagined: 0,
            healthy: Spent::new(healthy, at),
            running,
            highest: (running, at, None),
            lowered: Depths::default(),
            raised: Depths::default(),
            touched: Depths::default(),
            failed: 0,
            turned_unhealthy: 0,
            new_stopped: 0,
            tasks: Vec::new(),
            silence: (Duration::ZERO, at),
            gaps: 0,
        }
    }

    /// Notes that `step` led to `state` at the moment `at`. A moment before the last one counts as
    /// the last one.
    pub fn observe(&mut self, at: Timestamp, state: State, step: Observed<'_>) {
        let at = at.max(self.now);
        self.pass(at);
        self.levels_are(state, step.task);
        match (step.change, step.version) {
            (Change::ToldToStop, Version::Old) => {
                // The new instances before the step: those that carry while it is done.
                let carried = i64::from(self.state.new.healthy);
                self.touched.note(carried, step.count.into(), at, step.task);
            }
            (Change::ToldToStop, Version::New) if self.expected.aim == Aim::Replace => {
                self.new_stopped += u64::from(step.count);
                self.list(at, step.task, Fault::NewToldToStop);
            }
            (Change::Failed, version) => {
                self.failed += u64::from(step.count);
                self.list(at, step.task, Fault::TaskFailed { version });
            }
            (Change::Unhealthy, version) => {
                self.turned_unhealthy += u64::from(step.count);
                self.list(at, step.task, Fault::UnhealthyAfterHealthy { version });
            }
            _ => {}
        }
        self.state = state;
    }

    /// Notes that `state` is what there is at the moment `at`, and that nobody saw how it came to that.
    /// What is there counts; that bounds were kept in between can no longer be said.
    pub fn gap(&mut self, at: Timestamp, state: State) {
        // Time that nobody saw is no silence.
        self.now = at.max(self.now);
        self.levels_are(state, None);
        self.state = state;
        self.gaps += 1;
    }

    /// Replaces what is expected. What happened before is measured against it, too: a recording may
    /// name the strategy after the first steps.
    pub fn expect(&mut self, expected: Expectation) {
        self.expected = expected;
    }

    /// Says that `count` of the old instances that every state showed as healthy never existed.
    /// Whoever does not know the number at first starts with more than there can be.
    pub fn imagined_old(&mut self, count: u32) {
        self.imagined = count;
    }

    /// The state after the last step.
    pub fn state(&self) -> State {
        self.state
    }

    /// Notes how many instances are healthy and running now, because of `task`.
    fn levels_are(&mut self, state: State, task: Option<&str>) {
        let at = self.now;
        let (healthy, running) = levels(state);
        if healthy != self.healthy.level() {
            if healthy < self.healthy.level() {
                self.lowered.note(healthy, 1, at, task);
            }
            self.healthy.change(healthy, at, task);
        }
        if running > self.running {
            self.raised.note(-running, 1, at, task);
            if running > self.highest.0 {
                self.highest = (running, at, task.map(Box::from));
            }
        }
        self.running = running;
    }

    /// Time passes up to `at`.
    fn pass(&mut self, at: Timestamp) {
        if at == self.now {
            return;
        }
        let silence = at.since(self.now);
        if silence > self.silence.0 && !self.is_done() {
            self.silence = (silence, at);
        }
        self.now = at;
    }

    fn is_done(&self) -> bool {
        self.expected.instances.is_some_and(|instances| self.wrong_count(instances).is_none())
            && self.old_left() == 0
    }

    fn list(&mut self, at: Timestamp, task: Option<&str>, fault: Fault) {
        if self.tasks.len() < MAX_LISTED {
            self.tasks.push(Finding { at, task: task.map(Box::from), fault });
        }
    }
}

/// Healthy and running instances.
fn levels(state: State) -> (i64, i64) {
    // Sums of at most eight 32-bit counts.
    let level = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    (level(state.healthy()), level(state.running()))
}

#[cfg(test)]
mod tests;
