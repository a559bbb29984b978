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
    /// The steps of one of the times, which count from zero; none beyond the last.
    pub fn steps_of(&self, time: u32) -> impl Iterator<Item = Step> + '_ {
        let steps = if time < self.times { self.steps.as_slice() } else { &[] };
        let later = self.every.saturating_mul(time);
        // What is exchanged in all times together are at most the instances that there are.
        let moved = self.exchanged.saturating_mul(time);
        steps.iter().map(move |step| step.moved(later, moved))
    }

    /// Every step of every time. Sums instead of products: a million of these is what a timeline of
    /// a million instances spends its time on.
    fn all(&self) -> impl Iterator<Item = Step> + '_ {
        let (mut later, mut moved) = (Duration::ZERO, 0);
        (0..self.times).flat_map(move |time| {
            if time > 0 {
                later += self.every;
                moved += self.exchanged;
            }
            self.steps.iter().map(move |step| step.moved(later, moved))
        })
    }
}

impl Timeline {
    /// What happens when `upgrade` is carried out by `model`, nothing fails and everything takes as
    /// long as assumed. A replacement by no instances at all has no steps: Marathon scales instead.
    ///
    /// [`Model::SideBySide`] runs to the end where the spare instances carry the floor; where they do
    /// not it stalls, which a [`Check`](crate::check::Check) says beforehand.
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
        self.runs.iter().flat_map(Run::all)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capacity::{Reading, UpgradeStrategy};
    use crate::units::InstanceCount;
    use crate::upgrade::{Health, Kind};
    use proptest::prelude::*;

    fn upgrades() -> impl Strategy<Value = Upgrade> {
        let fraction = || prop_oneof![Just(0.0), Just(1.0), 0.0..=1.0];
        let kind = prop_oneof![Just(Kind::Ordinary), Just(Kind::Resident)];
        let reading = prop_oneof![Just(Reading::Classic), Just(Reading::HealthAware)];
        let health = prop_oneof![Just(Health::ByMarathon), Just(Health::ByMesos)];
        (0_u16..200, 0_u16..200, fraction(), fraction(), kind, reading, health).prop_map(
            |(old, instances, min, over, kind, reading, health)| Upgrade {
                old: old.into(),
                kind,
                reading,
                health,
                ..Upgrade::new(
                    instances.into(),
                    UpgradeStrategy {
                        minimum_health_capacity: min.try_into().unwrap(),
                        maximum_over_capacity: over.try_into().unwrap(),
                    },
                )
            },
        )
    }

    fn assumptions() -> impl Strategy<Value = Assumptions> {
        let part = || (0_u64..12).prop_map(Duration::from_millis);
        (part(), part(), part()).prop_map(|(start, healthy, stop)| Assumptions {
            start,
            healthy,
            stop,
        })
    }

    fn models() -> impl Strategy<Value = Model> {
        prop_oneof![Just(Model::Marathon), Just(Model::SideBySide)]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn leaping_over_waves_changes_nothing(
            upgrade in upgrades(), model in models(), assumptions in assumptions(),
        ) {
            let timeline = Timeline::of(&upgrade, model, &assumptions);
            let mut machine = Machine::new(&upgrade, model, &assumptions);
            let mut single = Vec::new();
            if !upgrade.instances.is_zero() {
                while let Some(step) = machine.step(u64::MAX - 1) {
                    single.push(step);
                }
            }
            let low = single.iter().map(|s| s.state.healthy()).chain([u64::from(upgrade.old.get())]);
            let high = single.iter().map(|s| s.state.running()).chain([u64::from(upgrade.old.get())]);
            prop_assert_eq!(Some(timeline.lowest_healthy().count), low.min());
            prop_assert_eq!(Some(timeline.highest_running().count), high.max());
            prop_assert_eq!(timeline.step_count(), single.len() as u64);
            prop_assert_eq!(timeline.steps().collect::<Vec<_>>(), &single[..]);
            let times = timeline.runs().iter().flat_map(|run| (0..run.times).map(move |i| (run, i)));
            prop_assert_eq!(times.flat_map(|(run, i)| run.steps_of(i)).collect::<Vec<_>>(), single);
            // Equal waves are told once: what is left is the beginning, the middle and the end.
            prop_assert!(timeline.runs().len() <= 12, "{} runs", timeline.runs().len());
        }

        #[test]
        fn every_step_changes_the_state_as_it_says(
            upgrade in upgrades(), model in models(), assumptions in assumptions(),
        ) {
            let timeline = Timeline::of(&upgrade, model, &assumptions);
            let (mut state, mut at) = (timeline.initial(), Duration::ZERO);
            for step in timeline.steps() {
                prop_assert!(step.at >= at);
                state = step.change.applied_to(state);
                prop_assert_eq!(state, step.state);
                at = step.at;
            }
            let done = state.old.alive() == 0 && state.new.healthy == upgrade.instances.get();
            let complete = matches!(timeline.end(), End::Complete { .. });
            prop_assert_eq!(complete, done || upgrade.instances.is_zero());
        }
    }

    #[test]
    fn a_million_instances_cost_what_four_cost() {
        let strategy = UpgradeStrategy {
            minimum_health_capacity: 0.25.try_into().unwrap(),
            maximum_over_capacity: 0.25.try_into().unwrap(),
        };
        let runs = |n: u64| {
            let upgrade = Upgrade::new(InstanceCount::try_from(n).unwrap(), strategy);
            let timeline = Timeline::of(&upgrade, Model::Marathon, &Assumptions::default());
            timeline.runs().iter().map(|run| run.steps.len()).sum::<usize>()
        };
        assert_eq!(runs(1_000_000), runs(4));
    }
}
