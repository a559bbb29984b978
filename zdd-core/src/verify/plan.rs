//! Judges plans.

use super::{Change, Expectation, Judge, Observed, Outcome, Verdict, Version};
use crate::timeline::{self, End, State, Step, Timeline};
use crate::units::Timestamp;

/// Judges a planned timeline as if it had been recorded from [`Timestamp::EPOCH`] on.
///
/// It takes the strategy and the number of instances from the plan, and nothing else: the floor and
/// the ceiling are worked out anew.
///
/// ```
/// use zdd_core::capacity::UpgradeStrategy;
/// use zdd_core::guarantee::Guarantee;
/// use zdd_core::timeline::{Assumptions, Model, Timeline};
/// use zdd_core::units::InstanceCount;
/// use zdd_core::upgrade::Upgrade;
/// use zdd_core::verify::judge_plan;
///
/// let upgrade = Upgrade::new(InstanceCount::from(4), UpgradeStrategy::default());
/// let plan = Timeline::of(&upgrade, Model::Marathon, &Assumptions::default());
/// let verdict = judge_plan(&plan);
/// assert_eq!(verdict.holds(Guarantee::Bounds), Some(true));
/// // Marathon stops an old instance as soon as the first new one is healthy.
/// assert_eq!(verdict.holds(Guarantee::SideBySide), Some(false));
/// ```
pub fn judge_plan(plan: &Timeline) -> Verdict {
    let expected = Expectation::replacement(plan.upgrade().instances, plan.upgrade().strategy);
    judge_steps(expected, plan.initial(), plan.steps(), plan.end())
}

/// Judges steps from wherever they come.
pub(super) fn judge_steps(
    expected: Expectation,
    initial: State,
    steps: impl Iterator<Item = Step>,
    end: End,
) -> Verdict {
    let start = Timestamp::EPOCH;
    let mut judge = Judge::new(expected, start, initial);
    let mut state = initial;
    for step in steps {
        let at = start.saturating_add(step.at);
        for (after, version, change, count) in parts(state, step) {
            judge.observe(at, after, Observed { version, change, count, task: None });
        }
        state = step.state;
    }
    match end {
        End::Complete { at } => judge.finish(start.saturating_add(at), Outcome::Success),
        End::Stalled { at } => judge.finish(start.saturating_add(at), Outcome::Unfinished),
    }
}

/// A step as what is done to one version at a time: at most four parts, the rest is empty. Of an
/// exchange the first stop comes by itself: it has the fewest new instances to carry the floor.
fn parts(before: State, step: Step) -> impl Iterator<Item = (State, Version, Change, u32)> {
    use timeline::Change as Planned;
    let whole =
        |version, change, count| [Some((step.state, version, change, count)), None, None, None];
    let parts = match step.change {
        Planned::Stop { count } => whole(Version::Old, Change::ToldToStop, count),
        Planned::Die { count } => whole(Version::Old, Change::Stopped, count),
        Planned::Launch { count } => whole(Version::New, Change::Launched, count),
        Planned::Run { count } => whole(Version::New, Change::Running, count),
        Planned::BecomeHealthy { count } => whole(Version::New, Change::Healthy, count),
        Planned::Exchange { healthy, stopped } => {
            let mut state = before;
            let mut part = |version, change: Change, count: u32| {
                let (new, old) = (&mut state.new, &mut state.old);
                match version {
                    Version::New => {
                        new.running = new.running.saturating_sub(count);
                        new.healthy += count;
                    }
                    Version::Old => {
                        old.healthy = old.healthy.saturating_sub(count);
                        old.dying += count;
                    }
                }
                (count > 0).then_some((state, version, change, count))
            };
            [
                part(Version::New, Change::Healthy, 1),
                part(Version::Old, Change::ToldToStop, 1),
                part(Version::New, Change::Healthy, healthy - 1),
                part(Version::Old, Change::ToldToStop, stopped - 1),
            ]
        }
    };
    parts.into_iter().flatten()
}
