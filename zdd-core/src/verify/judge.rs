//! Judges a timeline, step by step.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use serde::{Deserialize, Serialize};

use super::bounds::Between;
use super::levels::{Depths, Spent};
use super::{Fault, Finding, Highest, Judgement, Lowest, MAX_LISTED, Outcome, Verdict, Why};
use crate::capacity::UpgradeStrategy;
use crate::guarantee::Guarantee;
use crate::timeline::State;
use crate::units::{InstanceCount, Timestamp};

/// What a timeline is measured against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "callers say all of it")]
pub struct Expectation {
    /// What is done.
    pub aim: Aim,
    /// Instances of the new definition; none where they are not known.
    pub instances: Option<InstanceCount>,
    /// Strategy of the new definition; none where it is not known.
    pub strategy: Option<UpgradeStrategy>,
    /// The silence from which on [`Fault::Stalled`] is reported.
    pub stall_after: Duration,
}

/// What a timeline should lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "each has its own end to be judged")]
pub enum Aim {
    /// New instances take the place of the old ones: `upgradeStrategy` is in force.
    Replace,
    /// There are as many instances as the definition says, of whatever version.
    Scale,
}

impl Expectation {
    /// Silence that is worth a warning unless the caller knows better: twice the time within which
    /// Marathon looks after the number of instances by itself (every 300 s), and twice its default
    /// grace period for health checks.
    pub const STALL_AFTER: Duration = Duration::from_secs(600);

    /// A replacement whose definition is known.
    pub const fn replacement(instances: InstanceCount, strategy: UpgradeStrategy) -> Self {
        Self {
            aim: Aim::Replace,
            instances: Some(instances),
            strategy: Some(strategy),
            stall_after: Self::STALL_AFTER,
        }
    }
}

/// The version that an instance is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(clippy::exhaustive_enums, reason = "there is no third side")]
pub enum Version {
    /// Any version but the new one.
    Old,
    /// The version being deployed.
    New,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Old => "old",
            Self::New => "new",
        })
    }
}

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "whoever makes steps knows them all")]
pub enum Change {
    /// Instances were launched.
    Launched,
    /// Launched instances run, and are not yet through their checks.
    Running,
    /// Instances came through their checks, for the first time or again.
    Healthy,
    /// Healthy instances failed their checks.
    Unhealthy,
    /// Instances were told to stop.
    ToldToStop,
    /// Instances that had been told to stop are gone.
    Stopped,
    /// Instances ended by themselves.
    Failed,
}

/// One step of a timeline: `count` instances of one version did one thing at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "whoever makes steps says all of it")]
pub struct Observed<'a> {
    /// Which version.
    pub version: Version,
    /// What.
    pub change: Change,
    /// How many instances.
    pub count: u32,
    /// The task, where one is known.
    pub task: Option<&'a str>,
}

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
    /// Findings about single tasks.
    tasks: Vec<Finding>,
    silence: (Duration, Timestamp),
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
            tasks: Vec::new(),
            silence: (Duration::ZERO, at),
        }
    }

    /// Notes that `step` led to `state` at the moment `at`. A moment before the last one counts as
    /// the last one.
    pub fn observe(&mut self, at: Timestamp, state: State, step: Observed<'_>) {
        let at = at.max(self.now);
        self.pass(at);
        let (healthy, running) = levels(state);
        if healthy != self.healthy.level() {
            if healthy < self.healthy.level() {
                self.lowered.note(healthy, 1, at, step.task);
            }
            self.healthy.change(healthy, at, step.task);
        }
        if running > self.running {
            self.raised.note(-running, 1, at, step.task);
            if running > self.highest.0 {
                self.highest = (running, at, step.task.map(Box::from));
            }
        }
        self.running = running;
        match (step.change, step.version) {
            (Change::ToldToStop, Version::Old) => {
                // The new instances before the step: those that carry while it is done.
                let carried = i64::from(self.state.new.healthy);
                self.touched.note(carried, step.count.into(), at, step.task);
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

    /// Ends the timeline at the moment `at`, or with its last step if that is later.
    pub fn finish(mut self, at: Timestamp, outcome: Outcome) -> Verdict {
        let at = at.max(self.now);
        self.pass(at);
        self.healthy.close(at);
        let between = match (self.expected.strategy, self.expected.instances) {
            (Some(strategy), Some(instances)) => Some(Between::declared(strategy, instances)),
            _ => None,
        };
        let completes = self.completes(at, outcome);
        let bounds = between.map(|between| self.bounds(between));
        let touched = between.and_then(|between| self.touched_too_early(between));

        let mut findings = core::mem::take(&mut self.tasks);
        findings.extend(completes.iter().cloned());
        findings.extend(bounds.iter().flatten().flatten().cloned());
        findings.extend(touched.iter().cloned());
        findings.extend(self.stalled());
        findings.sort_by_key(|found| (core::cmp::Reverse(found.fault.severity()), found.at));
        Verdict {
            guarantees: self.guarantees(&completes, bounds.as_ref(), touched.as_ref()),
            findings,
            lowest_healthy: Lowest {
                count: self.real(self.healthy.lowest),
                spell_count: self.healthy.spell_count,
                total: Duration::from_millis(self.healthy.at_lowest()),
                task: self.healthy.task.take(),
                spells: core::mem::take(&mut self.healthy.spells),
            },
            highest_running: Highest {
                count: self.real(self.highest.0),
                at: self.highest.1,
                task: self.highest.2.take(),
            },
            floor: between.map(|between| between.floor),
            ceiling: between.map(|between| between.ceiling),
            below_instances: self.expected.instances.map(|instances| {
                Duration::from_millis(self.healthy.below(self.shown(instances.get())))
            }),
            failed: self.failed,
            turned_unhealthy: self.turned_unhealthy,
            longest_silence: self.silence.0,
            started: self.started,
            ended: at,
        }
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

    /// The count that a level stands for.
    fn real(&self, level: i64) -> u64 {
        u64::try_from(level - i64::from(self.imagined)).unwrap_or(0)
    }

    /// The level that stands for a count.
    fn shown(&self, count: u32) -> i64 {
        i64::from(count) + i64::from(self.imagined)
    }

    /// Old instances that should be gone and are not.
    fn old_left(&self) -> u64 {
        match self.expected.aim {
            Aim::Replace => self.state.old.alive().saturating_sub(self.imagined.into()),
            Aim::Scale => 0,
        }
    }

    fn wrong_count(&self, instances: InstanceCount) -> Option<Fault> {
        let (old, new) = (self.state.old, self.state.new);
        let rising =
            |side: crate::timeline::Side| u64::from(side.starting) + u64::from(side.running);
        let (healthy, others) = match self.expected.aim {
            Aim::Replace => (u64::from(new.healthy), rising(new)),
            Aim::Scale => (self.real(levels(self.state).0), rising(old) + rising(new)),
        };
        (healthy != u64::from(instances.get()) || others > 0).then_some(Fault::WrongCount {
            healthy,
            others,
            instances: instances.get(),
        })
    }

    fn completes(&self, at: Timestamp, outcome: Outcome) -> Vec<Finding> {
        let mut faults = Vec::new();
        if outcome == Outcome::Success {
            let count = self.old_left();
            faults.extend((count > 0).then_some(Fault::OldLeftOver { count }));
            faults
                .extend(self.expected.instances.and_then(|instances| self.wrong_count(instances)));
        } else {
            faults.push(Fault::NotFinished { outcome });
        }
        let place = |fault| Finding { at, task: None, fault };
        faults.into_iter().map(place).collect()
    }

    fn bounds(&self, between: Between) -> [Option<Finding>; 2] {
        let Between { floor, ceiling } = between;
        if self.expected.aim != Aim::Replace {
            return [None, None];
        }
        let below = self.lowered.below(self.shown(floor)).map(|(depth, times)| Finding {
            at: depth.at,
            task: depth.task.clone(),
            fault: Fault::BelowFloor { healthy: self.real(depth.level), floor, times },
        });
        let above = self.raised.below(-self.shown(ceiling)).map(|(depth, times)| Finding {
            at: depth.at,
            task: depth.task.clone(),
            fault: Fault::AboveCeiling { running: self.real(-depth.level), ceiling, times },
        });
        [below, above]
    }

    fn touched_too_early(&self, between: Between) -> Option<Finding> {
        let floor = between.floor;
        let (depth, times) = self.touched.below(floor.into())?;
        (self.expected.aim == Aim::Replace).then(|| Finding {
            at: depth.at,
            task: depth.task.clone(),
            fault: Fault::OldTouchedTooEarly {
                carried: u64::try_from(depth.level).unwrap_or(0),
                floor,
                times,
            },
        })
    }

    fn stalled(&self) -> Option<Finding> {
        let (silence, at) = self.silence;
        (silence > Duration::ZERO && silence >= self.expected.stall_after).then_some(Finding {
            at,
            task: None,
            fault: Fault::Stalled { silence },
        })
    }

    fn guarantees(
        &self,
        completes: &[Finding],
        bounds: Option<&[Option<Finding>; 2]>,
        touched: Option<&Finding>,
    ) -> [Judgement; 3] {
        let broken = |found: &Finding| Why::Broken(found.fault.clone());
        let unfinished = completes.first().map(broken);
        let reached = match &unfinished {
            Some(why) => why.clone(),
            None if self.expected.instances.is_none() && self.expected.aim == Aim::Replace => {
                Why::InstancesUnknown
            }
            None => Why::Kept,
        };
        let between = match (unfinished, bounds) {
            _ if self.expected.aim != Aim::Replace => Why::NotInForce,
            (Some(why), _) => why,
            (None, Some(bounds)) => bounds.iter().flatten().next().map_or(Why::Kept, broken),
            (None, None) if self.expected.strategy.is_none() => Why::StrategyUnknown,
            (None, None) => Why::InstancesUnknown,
        };
        let side_by_side = match (&between, touched) {
            (Why::Kept, Some(touched)) => broken(touched),
            (why, _) => why.clone(),
        };
        let judged = |guarantee, why| Judgement { guarantee, why };
        [
            judged(Guarantee::Completes, reached),
            judged(Guarantee::Bounds, between),
            judged(Guarantee::SideBySide, side_by_side),
        ]
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
