//! One timeline that keeps everything, and one mutation of it per finding.

use super::*;
use crate::capacity::UpgradeStrategy;
use crate::guarantee::Guarantee;
use crate::timeline::Side;
use crate::verify::bounds::Between;
use crate::verify::{Aim, Outcome, Severity, Spell, Verdict, Why};
use alloc::vec;
use proptest::prelude::*;

const N: u16 = 4;

fn strategy(least: f64, over: f64) -> UpgradeStrategy {
    UpgradeStrategy {
        minimum_health_capacity: least.try_into().unwrap(),
        maximum_over_capacity: over.try_into().unwrap(),
    }
}

fn t(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000)
}

type Step = (i64, Version, Change, u32);
use Change::{Failed, Healthy, Launched, Running, Stopped, ToldToStop, Unhealthy};
use Version::{New, Old};

/// What a step does to the instances of its version.
fn apply(side: &mut Side, change: Change, count: u32) {
    let (from, to) = match change {
        Launched => (None, Some(&mut side.starting)),
        Running => (Some(&mut side.starting), Some(&mut side.running)),
        Healthy => (Some(&mut side.running), Some(&mut side.healthy)),
        Unhealthy => (Some(&mut side.healthy), Some(&mut side.running)),
        ToldToStop => (Some(&mut side.healthy), Some(&mut side.dying)),
        Stopped => (Some(&mut side.dying), None),
        Failed => (Some(&mut side.healthy), None),
    };
    if let Some(from) = from {
        *from -= count;
    }
    if let Some(to) = to {
        *to += count;
    }
}

fn judged(expected: Expectation, old: u32, steps: &[Step], end: i64, outcome: Outcome) -> Verdict {
    let mut state = State { old: Side { healthy: old, ..Side::default() }, new: Side::default() };
    let mut judge = Judge::new(expected, t(0), state);
    for &(at, version, change, count) in steps {
        let side = match version {
            Old => &mut state.old,
            New => &mut state.new,
        };
        apply(side, change, count);
        judge.observe(t(at), state, Observed { version, change, count, task: Some("task") });
    }
    judge.finish(t(end), outcome)
}

fn expected() -> Expectation {
    Expectation::replacement(N.into(), strategy(0.5, 0.5))
}

/// Floor 2, ceiling 6: two new ones first, then old ones make room for the other two.
fn good() -> Vec<Step> {
    vec![
        (0, New, Launched, 2),
        (10, New, Running, 2),
        (20, New, Healthy, 2),
        (20, Old, ToldToStop, 4),
        (30, Old, Stopped, 4),
        (30, New, Launched, 2),
        (40, New, Running, 2),
        (50, New, Healthy, 2),
    ]
}

fn faults(verdict: &Verdict) -> Vec<Fault> {
    verdict.findings.iter().map(|found| found.fault.clone()).collect()
}

fn holds(verdict: &Verdict) -> [Option<bool>; 3] {
    Guarantee::ALL.map(|guarantee| verdict.holds(guarantee))
}

const ALL: [Option<bool>; 3] = [Some(true); 3];

#[test]
fn a_good_timeline_has_no_finding() {
    let verdict = judged(expected(), 4, &good(), 50, Outcome::Success);
    assert_eq!(faults(&verdict), []);
    assert_eq!(holds(&verdict), ALL);
    assert_eq!((verdict.floor, verdict.ceiling), (Some(2), Some(6)));
    assert_eq!(verdict.lowest_healthy.count, 2);
    assert_eq!(verdict.lowest_healthy.spells, [Spell { from: t(20), to: t(50) }]);
    assert_eq!(verdict.lowest_healthy.task.as_deref(), Some("task"));
    assert_eq!((verdict.highest_running.count, verdict.highest_running.at), (6, t(0)));
    assert_eq!(verdict.below_instances, Some(Duration::from_secs(30)));
    assert_eq!(verdict.longest_silence, Duration::from_secs(10));
    assert_eq!(verdict.duration(), Duration::from_secs(50));
}

#[test]
fn below_the_floor() {
    let mut steps = good();
    // One new instance less is healthy when all old ones are told to stop.
    steps[2].3 = 1;
    steps.insert(7, (50, New, Healthy, 1));
    let verdict = judged(expected(), 4, &steps, 50, Outcome::Success);
    let below = Fault::BelowFloor { healthy: 1, floor: 2, times: 1 };
    assert_eq!(
        faults(&verdict),
        [below.clone(), Fault::OldTouchedTooEarly { carried: 1, floor: 2, times: 4 }]
    );
    assert_eq!(verdict.findings[0].at, t(20));
    assert_eq!(verdict.guarantee(Guarantee::Bounds).why, Why::Broken(below));
    assert_eq!(holds(&verdict), [Some(true), Some(false), Some(false)]);
}

#[test]
fn below_the_floor_because_of_a_new_one() {
    // No old one is touched for it.
    let mut steps = good();
    steps.splice(4..4, [(25, New, ToldToStop, 1), (26, New, Stopped, 1), (26, New, Launched, 1)]);
    steps.push((55, New, Running, 1));
    steps.push((60, New, Healthy, 1));
    let verdict = judged(expected(), 4, &steps, 60, Outcome::Success);
    let below = Fault::BelowFloor { healthy: 1, floor: 2, times: 1 };
    assert_eq!(faults(&verdict), [below, Fault::NewToldToStop]);
}

#[test]
fn a_new_one_that_is_told_to_stop() {
    let mut steps = good();
    let again =
        [(New, ToldToStop), (New, Stopped), (New, Launched), (New, Running), (New, Healthy)];
    steps.splice(3..3, again.map(|(version, change)| (20, version, change, 1)));
    let verdict = judged(expected(), 4, &steps, 50, Outcome::Success);
    assert_eq!(faults(&verdict), [Fault::NewToldToStop]);
    assert_eq!((verdict.new_stopped, holds(&verdict)), (1, ALL));
    // To scale down is to stop some.
    let scale = Expectation { aim: Aim::Scale, ..expected() };
    let verdict = judged(scale, 4, &steps, 50, Outcome::Success);
    assert_eq!((verdict.new_stopped, faults(&verdict).contains(&Fault::NewToldToStop)), (0, false));
}

#[test]
fn above_the_ceiling() {
    let mut steps = good();
    steps[0].3 = 3;
    steps[5].3 = 1;
    let verdict = judged(expected(), 4, &steps, 50, Outcome::Success);
    assert_eq!(faults(&verdict), [Fault::AboveCeiling { running: 7, ceiling: 6, times: 1 }]);
    assert_eq!(holds(&verdict), [Some(true), Some(false), Some(false)]);
    assert_eq!(verdict.highest_running.count, 7);
}

#[test]
fn an_old_instance_touched_too_early() {
    let mut steps = good();
    steps[3].3 = 3;
    steps.insert(0, (0, Old, ToldToStop, 1));
    let verdict = judged(expected(), 4, &steps, 50, Outcome::Success);
    assert_eq!(faults(&verdict), [Fault::OldTouchedTooEarly { carried: 0, floor: 2, times: 1 }]);
    assert_eq!(verdict.findings[0].fault.severity(), Severity::Note);
    assert_eq!(holds(&verdict), [Some(true), Some(true), Some(false)]);
}

#[test]
fn the_end_not_reached() {
    for outcome in [Outcome::Failed, Outcome::Cancelled, Outcome::Unfinished] {
        let verdict = judged(expected(), 4, &good()[..6], 45, outcome);
        assert_eq!(faults(&verdict), [Fault::NotFinished { outcome }]);
        assert_eq!(holds(&verdict), [Some(false); 3]);
    }
}

#[test]
fn an_old_instance_left_over() {
    let mut steps = good();
    steps[4].3 = 3;
    let verdict = judged(expected(), 4, &steps, 50, Outcome::Success);
    assert_eq!(faults(&verdict), [Fault::OldLeftOver { count: 1 }]);
    assert_eq!(holds(&verdict), [Some(false); 3]);
}

#[test]
fn a_wrong_count() {
    let mut forgotten = good();
    for step in &mut forgotten[5..] {
        step.3 = 1;
    }
    let verdict = judged(expected(), 4, &forgotten, 50, Outcome::Success);
    assert_eq!(faults(&verdict), [Fault::WrongCount { healthy: 3, others: 0, instances: 4 }]);
    let mut surplus = good();
    surplus[5].3 = 3;
    let verdict = judged(expected(), 4, &surplus, 50, Outcome::Success);
    assert_eq!(faults(&verdict), [Fault::WrongCount { healthy: 4, others: 1, instances: 4 }]);
    assert_eq!(holds(&verdict), [Some(false); 3]);
}

#[test]
fn a_stall() {
    let mut steps = good();
    for step in &mut steps[6..] {
        step.0 += 600;
    }
    let verdict = judged(expected(), 4, &steps, 650, Outcome::Success);
    assert_eq!(faults(&verdict), [Fault::Stalled { silence: Duration::from_secs(610) }]);
    assert_eq!(verdict.findings[0].at, t(640));
    assert_eq!(holds(&verdict), ALL);
    // Silence after everything is done is none.
    let verdict = judged(expected(), 4, &good(), 5000, Outcome::Success);
    assert_eq!(faults(&verdict), []);
}

#[test]
fn a_failed_task_and_one_that_turned_unhealthy() {
    let mut steps = good();
    steps.splice(
        3..3,
        [
            (20, New, Failed, 1),
            (20, New, Launched, 1),
            (21, New, Running, 1),
            (22, New, Healthy, 1),
        ],
    );
    let verdict = judged(expected(), 4, &steps, 50, Outcome::Success);
    assert_eq!(faults(&verdict), [Fault::TaskFailed { version: New }]);
    assert_eq!((verdict.failed, holds(&verdict)), (1, ALL));
    let mut steps = good();
    steps.splice(3..3, [(20, New, Unhealthy, 1), (22, New, Healthy, 1)]);
    let verdict = judged(expected(), 4, &steps, 50, Outcome::Success);
    assert_eq!(faults(&verdict), [Fault::UnhealthyAfterHealthy { version: New }]);
    assert_eq!((verdict.turned_unhealthy, holds(&verdict)), (1, ALL));
}

#[test]
fn where_it_starts_is_not_its_fault() {
    // From 1 to 4 instances: the floor of 4 is out of reach at first.
    let all = Expectation::replacement(N.into(), strategy(1.0, 1.0));
    let steps = [
        (0, New, Launched, 4),
        (1, New, Running, 4),
        (2, New, Healthy, 4),
        (2, Old, ToldToStop, 1),
        (3, Old, Stopped, 1),
    ];
    assert_eq!(holds(&judged(all, 1, &steps, 3, Outcome::Success)), ALL);
    // From 10 to 4 with a ceiling of 4: the surplus goes first.
    let tight = Expectation::replacement(N.into(), strategy(0.0, 0.0));
    let mut steps = vec![(0, Old, ToldToStop, 10), (1, Old, Stopped, 10)];
    steps.extend([(1, New, Launched, 4), (2, New, Running, 4), (3, New, Healthy, 4)]);
    assert_eq!(holds(&judged(tight, 10, &steps, 3, Outcome::Success)), ALL);
    // To make it worse is.
    steps.swap(1, 2);
    assert_eq!(
        faults(&judged(tight, 10, &steps, 3, Outcome::Success)),
        [Fault::AboveCeiling { running: 14, ceiling: 4, times: 1 }]
    );
}

#[test]
fn what_is_not_known_is_not_judged() {
    let unknown = Expectation { strategy: None, ..expected() };
    let verdict = judged(unknown, 4, &good(), 50, Outcome::Success);
    assert_eq!(holds(&verdict), [Some(true), None, None]);
    assert_eq!(verdict.guarantee(Guarantee::SideBySide).why, Why::StrategyUnknown);
    let unknown = Expectation { instances: None, ..expected() };
    let verdict = judged(unknown, 4, &good(), 50, Outcome::Success);
    assert_eq!(holds(&verdict), [None, None, None]);
    let scale = Expectation { aim: Aim::Scale, instances: Some(8_u16.into()), ..expected() };
    let steps = [(0, New, Launched, 4), (1, New, Running, 4), (2, New, Healthy, 4)];
    let verdict = judged(scale, 4, &steps, 2, Outcome::Success);
    assert_eq!(holds(&verdict), [Some(true), None, None]);
    assert_eq!(verdict.guarantee(Guarantee::Bounds).why, Why::NotInForce);
}

#[test]
fn lists_are_bounded_and_counts_are_not() {
    let mut steps = vec![];
    for at in 0..1000 {
        steps.push((2 * at, Old, Unhealthy, 1));
        steps.push((2 * at + 1, Old, Healthy, 1));
    }
    let verdict = judged(expected(), 4, &steps, 2000, Outcome::Unfinished);
    assert_eq!(verdict.turned_unhealthy, 1000);
    assert_eq!(verdict.findings.len(), MAX_LISTED + 1);
    let lowest = &verdict.lowest_healthy;
    assert_eq!((lowest.count, lowest.spells.len(), lowest.spell_count), (3, MAX_LISTED, 1000));
    assert_eq!(lowest.total, Duration::from_secs(1000));
}

#[test]
fn spells_that_touch_are_one() {
    let steps = [
        (1, Old, Unhealthy, 1),
        (2, Old, Healthy, 1),
        (2, Old, Unhealthy, 1),
        (3, Old, Healthy, 1),
        (4, Old, Unhealthy, 1),
        (4, Old, Healthy, 1),
    ];
    let lowest = judged(expected(), 4, &steps, 5, Outcome::Unfinished).lowest_healthy;
    let spells = [Spell { from: t(1), to: t(3) }, Spell { from: t(4), to: t(4) }];
    assert_eq!((lowest.count, lowest.spell_count), (3, 2));
    assert_eq!(lowest.spells, spells);
}

proptest! {
    /// Steps at random: the judge says the same as going through all the states afterwards, and the
    /// same when it began with old instances that were never there.
    #[test]
    fn agrees_with_looking_at_every_state(
        picks in proptest::collection::vec((0_u8..14, 0_i64..5), 0..60),
        (least, over) in (0.0..=1.0, 0.0..=1.0),
        imagined in 0_u32..1_000_000,
    ) {
        let expected = Expectation::replacement(N.into(), strategy(least, over));
        let between = Between::declared(strategy(least, over), N.into());
        let start = State { old: Side { healthy: 4, ..Side::default() }, new: Side::default() };
        let more = |mut state: State| { state.old.healthy += imagined; state };
        let (mut state, mut now) = (start, 0);
        let mut judge = Judge::new(expected, t(0), start);
        let mut dreaming = Judge::new(expected, t(0), more(start));
        let (mut low, mut high, mut early) = (0_u64, 0_u64, 0_u64);
        let (mut fewest, mut most, mut short) = (4, 4, 0);
        for (pick, wait) in picks {
            let version = if pick < 7 { Old } else { New };
            let change = [Launched, Running, Healthy, Unhealthy, ToldToStop, Stopped, Failed][usize::from(pick % 7)];
            let mut after = state;
            let side = if version == Old { &mut after.old } else { &mut after.new };
            let from = match change {
                Launched => 1,
                Running => side.starting,
                Healthy => side.running,
                Unhealthy | ToldToStop | Failed => side.healthy,
                Stopped => side.dying,
            };
            if from == 0 {
                continue;
            }
            apply(side, change, 1);
            if state.healthy() < 4 {
                short += wait;
            }
            now += wait;
            low += u64::from(after.healthy() < state.healthy() && after.healthy() < between.floor.into());
            high += u64::from(after.running() > state.running() && after.running() > between.ceiling.into());
            early += u64::from(change == ToldToStop && version == Old && state.new.healthy < between.floor);
            fewest = fewest.min(after.healthy());
            most = most.max(after.running());
            let step = Observed { version, change, count: 1, task: None };
            judge.observe(t(now), after, step);
            dreaming.observe(t(now), more(after), step);
            state = after;
        }
        dreaming.imagined_old(imagined);
        let verdict = judge.finish(t(now), Outcome::Unfinished);
        prop_assert_eq!(&dreaming.finish(t(now), Outcome::Unfinished), &verdict);
        let times = |code: &str| verdict.findings.iter().find(|found| found.fault.code() == code).map_or(0, |found| match found.fault {
            Fault::BelowFloor { times, .. } | Fault::AboveCeiling { times, .. } | Fault::OldTouchedTooEarly { times, .. } => times,
            _ => 0,
        });
        prop_assert_eq!((times("below-floor"), times("above-ceiling"), times("old-touched-too-early")), (low, high, early));
        prop_assert_eq!((verdict.lowest_healthy.count, verdict.highest_running.count), (fewest, most));
        prop_assert_eq!(verdict.below_instances, Some(Duration::from_secs(short.unsigned_abs())));
    }
}
