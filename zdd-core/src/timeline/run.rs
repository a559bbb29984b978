//! Timelines, run-length encoded.

use alloc::vec::Vec;
use core::time::Duration;

use serde::Serialize;

use super::machine::{Machine, Model};
use super::{Assumptions, Change, State, Step};
use crate::capacity::{Bounds, Start};
use crate::upgrade::Upgrade;

/// Everything that happens in one replacement, if nothing fails.
///
/// Waves that are alike are kept once, with the number of times they happen, so a timeline takes a
/// few hundred bytes whether it replaces four instances or a million.
///
/// ```
/// use zdd_core::capacity::UpgradeStrategy;
/// use zdd_core::timeline::{Assumptions, Model, Timeline};
/// use zdd_core::units::InstanceCount;
/// use zdd_core::upgrade::Upgrade;
///
/// let strategy = UpgradeStrategy {
///     minimum_health_capacity: 0.25.try_into()?,
///     maximum_over_capacity: 0.25.try_into()?,
/// };
/// let upgrade = Upgrade::new(InstanceCount::from(4), strategy);
/// let timeline = Timeline::of(&upgrade, Model::Marathon, &Assumptions::default());
/// assert_eq!(timeline.lowest_healthy().count, 1);
/// assert_eq!(timeline.highest_running().count, 5);
/// for step in timeline.steps() {
///     println!("{:>4} s  {:?}  {} healthy", step.at.as_secs(), step.change, step.state.healthy());
/// }
/// # Ok::<(), zdd_core::units::FractionError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Timeline {
    upgrade: Upgrade,
    #[serde(skip)]
    model: Model,
    initial: State,
    runs: Vec<Run>,
    end: End,
}

/// Steps that happen one or more times in a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Run {
    /// The steps of the first time.
    pub steps: Vec<Step>,
    /// How often they happen; at least once.
    pub times: u32,
    /// How long after one time the next one follows.
    pub every: Duration,
    /// Healthy instances that each time turns from old into new.
    pub exchanged: u32,
}

/// How a nominal run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "end")]
#[expect(clippy::exhaustive_enums, reason = "a run either gets there or it does not")]
pub enum End {
    /// All new instances are healthy and no old one is left.
    Complete {
        /// When, counted from the start.
        at: Duration,
    },
    /// Nothing more happens, for ever, and it is not done.
    Stalled {
        /// When the last thing happened, counted from the start.
        at: Duration,
    },
}

/// An extreme of a timeline, and where it is first reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Extreme {
    /// Number of instances.
    pub count: u64,
    /// When, counted from the start.
    pub at: Duration,
}

impl Run {
    /// One of the steps in one of the times; `time` counts from zero.
    fn step(&self, time: u32, index: usize) -> Option<Step> {
        let mut step = *self.steps.get(index)?;
        let moved = self.exchanged * time;
        step.at += self.every * time;
        step.state.old.healthy -= moved;
        step.state.new.healthy += moved;
        Some(step)
    }
}

impl Timeline {
    /// What happens when `upgrade` is carried out by `model`, nothing fails and everything takes as
    /// long as assumed. A replacement by no instances at all has no steps: Marathon scales instead.
    ///
    /// [`Model::SideBySide`] always runs to the end where the spare instances carry the floor; where
    /// they do not it stalls, which a check says beforehand.
    pub fn of(upgrade: &Upgrade, model: Model, assumptions: &Assumptions) -> Self {
        let mut timeline = Self {
            upgrade: *upgrade,
            model,
            initial: Machine::new(upgrade, model, assumptions).state(),
            runs: Vec::new(),
            end: End::Complete { at: Duration::ZERO },
        };
        if !upgrade.instances.is_zero() {
            timeline.run(Machine::new(upgrade, model, assumptions));
        }
        timeline
    }

    fn run(&mut self, mut machine: Machine) {
        let period = machine.period();
        let mut until = 0;
        loop {
            let before = machine.clone();
            let mut steps = Vec::new();
            while let Some(step) = machine.step(until) {
                steps.push(step);
            }
            if steps.is_empty() && machine.is_idle() {
                break;
            }
            let (repeats, exchanged) = if until == 0 { (0, 0) } else { machine.leap(&before) };
            until += u64::from(repeats) * period + period;
            if !steps.is_empty() {
                let every = Duration::from_millis(period);
                self.runs.push(Run { steps, times: 1 + repeats, every, exchanged });
            }
        }
        let at = self.last_at();
        self.end = if machine.is_complete() { End::Complete { at } } else { End::Stalled { at } };
    }

    fn last_at(&self) -> Duration {
        self.runs.last().map_or(Duration::ZERO, |run| {
            run.steps.last().map_or(Duration::ZERO, |step| step.at + run.every * (run.times - 1))
        })
    }

    /// What is replaced.
    pub fn upgrade(&self) -> &Upgrade {
        &self.upgrade
    }

    /// Whose schedule this is.
    pub fn model(&self) -> Model {
        self.model
    }

    /// The declared bounds.
    pub fn bounds(&self) -> Bounds {
        self.upgrade.bounds()
    }

    /// What Marathon decides at the start; `None` for another schedule.
    pub fn start(&self) -> Option<Start> {
        (self.model == Model::Marathon).then(|| self.upgrade.start())
    }

    /// Instances before the first step.
    pub fn initial(&self) -> State {
        self.initial
    }

    /// The steps, run-length encoded.
    pub fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// How it ends.
    pub fn end(&self) -> End {
        self.end
    }

    /// Number of steps, repetitions counted.
    pub fn step_count(&self) -> u64 {
        self.runs.iter().map(|run| run.steps.len() as u64 * u64::from(run.times)).sum()
    }

    /// Every single step in order.
    pub fn steps(&self) -> impl Iterator<Item = Step> + '_ {
        self.runs.iter().flat_map(|run| {
            (0..run.times)
                .flat_map(move |time| (0..run.steps.len()).filter_map(move |i| run.step(time, i)))
        })
    }

    /// Fewest healthy instances at any moment.
    pub fn lowest_healthy(&self) -> Extreme {
        let start = Extreme { count: self.initial.healthy(), at: Duration::ZERO };
        // Repetitions exchange old for new: the sums are the same in each of them. Within an
        // exchange the count first rises, so the state after it is the lowest.
        self.firsts().fold(start, |low, step| match step.state.healthy() {
            count if count < low.count => Extreme { count, at: step.at },
            _ => low,
        })
    }

    /// Most running instances at any moment.
    pub fn highest_running(&self) -> Extreme {
        let start = Extreme { count: self.initial.running(), at: Duration::ZERO };
        self.firsts().fold(start, |high, step| match step.state.running() {
            count if count > high.count => Extreme { count, at: step.at },
            _ => high,
        })
    }

    /// New instances that are healthy when the first old one is told to stop; `None` when none is.
    pub fn new_healthy_at_first_stop(&self) -> Option<u32> {
        let mut before = self.initial;
        for step in self.firsts() {
            match step.change {
                Change::Stop { .. } => return Some(before.new.healthy),
                Change::Exchange { .. } => return Some(before.new.healthy + 1),
                _ => before = step.state,
            }
        }
        None
    }

    fn firsts(&self) -> impl Iterator<Item = &Step> {
        self.runs.iter().flat_map(|run| &run.steps)
    }
}
