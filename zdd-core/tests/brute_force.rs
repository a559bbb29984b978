//! Every *satisfiable* against a search of all schedules of small apps.
//!
//! The search knows nothing of the check: it plays every order of stopping, dying, launching and
//! becoming healthy that keeps the declared counts, and looks whether the end is among the states.

#![expect(clippy::unwrap_used, reason = "a panic is the report")]

use std::collections::{BTreeMap, BTreeSet};

use zdd_core::capacity::{Reading, UpgradeStrategy};
use zdd_core::check::Check;
use zdd_core::guarantee::Guarantee;
use zdd_core::rolling::Numbers;
use zdd_core::units::InstanceCount;
use zdd_core::upgrade::{Health, Kind, Upgrade};

/// Old healthy, old dying, new starting, new healthy.
type World = [u32; 4];

/// Whether some schedule within floor and ceiling replaces all of `n`.
fn some_schedule_ends(n: u32, floor: u32, ceiling: u32, side_by_side: bool) -> bool {
    let mut seen = BTreeSet::from([[n, 0, 0, 0]]);
    let mut open = vec![[n, 0, 0, 0]];
    while let Some(world) = open.pop() {
        let [old, dying, starting, healthy] = world;
        if world == [0, 0, 0, n] {
            return true;
        }
        let mut moves: Vec<World> = Vec::new();
        if old > 0 && (!side_by_side || healthy >= floor) {
            moves.push([old - 1, dying + 1, starting, healthy]);
        }
        if dying > 0 {
            moves.push([old, dying - 1, starting, healthy]);
        }
        if starting + healthy < n {
            moves.push([old, dying, starting + 1, healthy]);
        }
        if starting > 0 {
            moves.push([old, dying, starting - 1, healthy + 1]);
        }
        for next in moves {
            let allowed = next[0] + next[3] >= floor && next.iter().sum::<u32>() <= ceiling;
            if allowed && seen.insert(next) {
                open.push(next);
            }
        }
    }
    false
}

/// Whether Marathon gets to the end whatever the order in which its instances die and become
/// healthy.
fn every_order_ends(upgrade: &Upgrade) -> bool {
    type Run = (Numbers, u32, u32, u32);
    let (numbers, orders) =
        Numbers::start(upgrade.instances, upgrade.start(), upgrade.old.get(), 0);
    let first: Run = (numbers, orders.kill, orders.launch, 0);
    let key = |(numbers, dying, starting, healthy): &Run| {
        [numbers.old(), numbers.queued(), numbers.started(), *dying, *starting, *healthy]
    };
    let mut seen = BTreeSet::from([key(&first)]);
    let mut open = vec![first];
    while let Some(run) = open.pop() {
        let (numbers, dying, starting, healthy) = run;
        let mut moves: Vec<Run> = Vec::new();
        if dying > 0 {
            let mut numbers = numbers;
            let orders = numbers.old_gone(1);
            moves.push((numbers, dying - 1 + orders.kill, starting + orders.launch, healthy));
        }
        if starting > 0 {
            let mut numbers = numbers;
            let orders = numbers.new_ready(1);
            moves.push((numbers, dying + orders.kill, starting - 1 + orders.launch, healthy + 1));
        }
        let n = upgrade.instances.get();
        if moves.is_empty() && (n > 0 && (numbers.old() > 0 || healthy != n)) {
            return false;
        }
        open.extend(moves.into_iter().filter(|run| seen.insert(key(run))));
    }
    true
}

fn grid() -> impl Iterator<Item = UpgradeStrategy> {
    let percent = |value: u16| f64::from(value) / 100.0;
    (0..=100).flat_map(move |min| {
        (0..=100).map(move |over| UpgradeStrategy {
            minimum_health_capacity: percent(min).try_into().unwrap(),
            maximum_over_capacity: percent(over).try_into().unwrap(),
        })
    })
}

#[test]
fn what_is_satisfiable_is_what_a_search_of_all_schedules_finds() {
    let mut found: BTreeMap<(u32, u32, u32, bool), bool> = BTreeMap::new();
    let mut answers = BTreeSet::new();
    for n in 0..=8_u32 {
        for strategy in grid() {
            let instances = InstanceCount::try_from(u64::from(n)).unwrap();
            let check = Check::of(&Upgrade::new(instances, strategy));
            // Worked out here once more, so that the search depends on nothing of the check.
            let (min, over) =
                (strategy.minimum_health_capacity.get(), strategy.maximum_over_capacity.get());
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "both are between 0 and 16"
            )]
            let (floor, ceiling) =
                ((f64::from(n) * min).ceil() as u32, (f64::from(n) * (1.0 + over)).trunc() as u32);
            for (guarantee, side_by_side) in
                [(Guarantee::Bounds, false), (Guarantee::SideBySide, true)]
            {
                let ends = *found
                    .entry((n, floor, ceiling, side_by_side))
                    .or_insert_with(|| some_schedule_ends(n, floor, ceiling, side_by_side));
                let says = check.verdict(guarantee).satisfiable.holds();
                assert_eq!(says, ends, "{guarantee} of {n} {strategy:?}");
                answers.insert((guarantee, ends));
            }
        }
    }
    assert_eq!(answers.len(), 4, "both answers have to occur for both guarantees");
}

#[test]
fn completes_is_what_every_order_of_events_leads_to() {
    let mut answers = BTreeSet::new();
    let mut settled = BTreeSet::new();
    for n in 0..=8_u16 {
        for strategy in grid() {
            for (kind, reading, health) in [
                (Kind::Ordinary, Reading::Classic, Health::Unknown),
                (Kind::Ordinary, Reading::HealthAware, Health::ByMarathon),
                (Kind::Resident, Reading::Classic, Health::Unknown),
            ] {
                let instances = InstanceCount::from(n);
                let upgrade =
                    Upgrade { kind, reading, health, ..Upgrade::new(instances, strategy) };
                let start = upgrade.start();
                let says = Check::of(&upgrade).verdict(Guarantee::Completes).satisfiable.holds();
                if kind.refusals(strategy, instances).next().is_some() {
                    assert!(!says);
                } else if settled.insert((n, start.kill, start.ceiling, says)) {
                    assert_eq!(says, every_order_ends(&upgrade), "{upgrade:?}");
                    answers.insert(says);
                }
            }
        }
    }
    assert_eq!(answers.len(), 2, "both answers have to occur");
}

/// A fix makes it satisfiable, and a hundredth less does not.
#[test]
fn a_fix_is_enough_and_no_larger_than_needed() {
    let mut fixed = 0;
    for n in 1..=40_u16 {
        for strategy in grid() {
            let upgrade = Upgrade::new(n.into(), strategy);
            for verdict in Check::of(&upgrade).verdicts() {
                let Some(fix) = verdict.fix else {
                    assert!(verdict.satisfiable.holds(), "{n} {strategy:?} has no fix");
                    continue;
                };
                fixed += 1;
                let holds = |strategy| {
                    let check = Check::of(&Upgrade { strategy, ..upgrade });
                    check.verdict(verdict.guarantee).satisfiable.holds()
                };
                assert!(holds(fix.applied_to(strategy)), "{n} {strategy:?} {fix}");
                let UpgradeStrategy { minimum_health_capacity: min, maximum_over_capacity: over } =
                    strategy;
                let step = match (fix.minimum_health_capacity, fix.maximum_over_capacity) {
                    (Some(lower), None) => min.get() - lower.get(),
                    (None, Some(raised)) => raised.get() - over.get(),
                    _ => panic!("an ordinary app needs one field"),
                };
                // Neither field alone does it with a hundredth less (and a hair, for the rounding of
                // this subtraction).
                let less = step - 0.01 - 1e-9;
                let lowered = (min.get() - less).clamp(0.0, 1.0).try_into().unwrap();
                let raised = (over.get() + less).clamp(0.0, 1.0).try_into().unwrap();
                if less > 1e-9 {
                    assert!(!holds(UpgradeStrategy {
                        minimum_health_capacity: lowered,
                        ..strategy
                    }));
                    assert!(!holds(UpgradeStrategy { maximum_over_capacity: raised, ..strategy }));
                }
            }
        }
    }
    assert!(fixed > 10_000);
}
