//! What has to be true of every check, whatever the numbers.

#![expect(clippy::unwrap_used, reason = "a panic is the report")]

use proptest::prelude::*;
use zdd_core::capacity::{Bend, Reading, UpgradeStrategy};
use zdd_core::check::Check;
use zdd_core::guarantee::Guarantee;
use zdd_core::units::InstanceCount;
use zdd_core::upgrade::{Health, Kind, Upgrade};

fn counts() -> impl Strategy<Value = InstanceCount> {
    let any = prop_oneof![0_u64..20, 0_u64..10_000, 0_u64..=2_147_483_647, Just(2_147_483_647)];
    any.prop_map(|n| InstanceCount::try_from(n).unwrap())
}

fn fractions() -> impl Strategy<Value = f64> {
    let percent = (0_u16..=100).prop_map(|percent| f64::from(percent) / 100.0);
    prop_oneof![percent, 0.0..=1.0, Just(0.0), Just(1.0), Just(f64::MIN_POSITIVE), Just(5e-324)]
}

fn upgrade(instances: InstanceCount, min: f64, over: f64) -> Upgrade {
    let strategy = UpgradeStrategy {
        minimum_health_capacity: min.try_into().unwrap(),
        maximum_over_capacity: over.try_into().unwrap(),
    };
    Upgrade::new(instances, strategy)
}

fn upgrades() -> impl Strategy<Value = Upgrade> {
    let kind = prop_oneof![
        Just(Kind::Ordinary),
        Just(Kind::Resident),
        Just(Kind::ExternalVolume),
        Just(Kind::SingleInstance),
    ];
    let reading = prop_oneof![Just(Reading::Classic), Just(Reading::HealthAware)];
    let health = prop_oneof![
        Just(Health::Unknown),
        Just(Health::Unchecked),
        Just(Health::ByMarathon),
        Just(Health::ByMesos),
    ];
    (counts(), fractions(), fractions(), kind, reading, health).prop_map(
        |(instances, min, over, kind, reading, health)| Upgrade {
            kind,
            reading,
            health,
            ..upgrade(instances, min, over)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn the_bounds_enclose_the_instances(upgrade in upgrades()) {
        let bounds = upgrade.bounds();
        prop_assert!(bounds.floor <= bounds.instances && bounds.instances <= bounds.ceiling);
        prop_assert!(bounds.spare() <= bounds.instances);
    }

    #[test]
    fn more_capacity_and_a_lower_floor_never_hurt(
        n in counts(), min in fractions(), over in fractions(), a in fractions(), b in fractions(),
    ) {
        let tight = Check::of(&upgrade(n, min.max(a), over.min(b)));
        let loose = Check::of(&upgrade(n, min, over));
        for guarantee in Guarantee::ALL {
            let (tight, loose) = (tight.verdict(guarantee), loose.verdict(guarantee));
            prop_assert!(loose.satisfiable.holds() || !tight.satisfiable.holds());
        }
    }

    #[test]
    fn the_stronger_guarantee_includes_the_weaker(upgrade in upgrades()) {
        let check = Check::of(&upgrade);
        let holds = |guarantee| {
            let verdict = check.verdict(guarantee);
            (verdict.satisfiable.holds(), verdict.kept_by_marathon.holds())
        };
        let [completes, bounds, side_by_side] = Guarantee::ALL.map(holds);
        prop_assert!(bounds.0 || !side_by_side.0);
        prop_assert!(completes.1 || !bounds.1);
        prop_assert!(bounds.1 || !side_by_side.1);
    }

    #[test]
    fn whatever_marathon_keeps_can_be_kept_and_a_fix_fixes(upgrade in upgrades()) {
        let check = Check::of(&upgrade);
        for verdict in check.verdicts() {
            let satisfiable = verdict.satisfiable.holds();
            prop_assert!(satisfiable || !verdict.kept_by_marathon.holds());
            prop_assert!(verdict.fix.is_none() || !satisfiable);
            prop_assert!(verdict.nearest.is_none() || satisfiable);
            prop_assert!(!verdict.to_string().is_empty());
            if let Some(fix) = verdict.fix {
                let strategy = fix.applied_to(upgrade.strategy);
                let fixed = Check::of(&Upgrade { strategy, ..upgrade });
                prop_assert!(fixed.verdict(verdict.guarantee).satisfiable.holds(), "{fix}");
            }
        }
        for warning in check.warnings() {
            prop_assert!(!warning.to_string().is_empty());
        }
    }

    #[test]
    fn the_nearest_strategy_stops_nothing_at_the_start(
        n in counts(), min in fractions(), over in fractions(),
    ) {
        let upgrade = upgrade(n, min, over);
        let check = Check::of(&upgrade);
        if let Some(strategy) = check.verdict(Guarantee::SideBySide).nearest {
            let nearest = Check::of(&Upgrade { strategy, ..upgrade });
            prop_assert_eq!(nearest.initial_kills(), InstanceCount::ZERO);
            prop_assert!(nearest.verdict(Guarantee::Bounds).kept_by_marathon.holds());
            prop_assert_eq!(nearest.bounds().ceiling, check.bounds().ceiling);
        }
    }

    /// A bend is what the two clauses of Marathon say, and nothing else.
    #[test]
    fn marathon_bends_only_where_it_could_not_move(upgrade in upgrades()) {
        let (bounds, start) = (upgrade.bounds(), upgrade.start());
        let moves = start.kill > InstanceCount::ZERO || start.ceiling > bounds.instances;
        if start.bend.is_none() { prop_assert_eq!(start.ceiling, bounds.ceiling) } else { prop_assert_eq!(bounds.floor, bounds.ceiling) }
        prop_assert_eq!(start.bend == Some(Bend::FloorLowered), start.bend.is_some() && upgrade.kind == Kind::Resident);
        let seen = upgrade.reading == Reading::Classic || upgrade.health != Health::ByMarathon;
        // Where it sees what runs it always moves, but for the largest app that it can count.
        prop_assert!(!seen || moves || bounds.instances.is_zero() || bounds.ceiling == InstanceCount::MAX);
    }
}
