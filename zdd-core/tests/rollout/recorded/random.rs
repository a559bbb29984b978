//! Whatever the engine does holds, and whatever is read is no reason to panic.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::json;
use zdd_core::rollout::{Action, Growth, Next, Outcome, Rollout, Split, Target, Traffic};
use zdd_core::verify::rollout::{Fault, Holds, Reader, Report, Rule, is_rollout};

use super::super::id;
use super::super::world::{NEW, OLD, World};
use super::stage::{Fate, Stage, honest, promotion, with_canary};

fn fate(with_deaths: bool) -> impl Strategy<Value = Fate> {
    prop_oneof![
        8 => Just(Fate::Nothing),
        1 => (0..2_usize).prop_map(Fate::Forgets),
        1 => Just(Fate::Crash),
        1 => Just(Fate::Late),
        u32::from(with_deaths) => (0..8_usize).prop_map(Fate::Dies),
    ]
}

#[derive(Clone, Debug)]
struct Way {
    n: u32,
    balancers: usize,
    target: Target,
    growth: Growth,
    merges: bool,
}

fn ways() -> impl Strategy<Value = Way> {
    let traffic = prop_oneof![
        (1..50_u32, 1..50_u32).prop_map(|(old, new)| Traffic::Split(Split { old, new })),
        Just(Traffic::ByInstances),
    ];
    let growth =
        prop_oneof![Just(Growth::Once), Just(Growth::ByHalf), (1..3_u32).prop_map(Growth::By)];
    (1..5_u32, 1..3_usize, traffic, growth, 0..2_u32, any::<bool>()).prop_map(
        |(n, balancers, traffic, growth, stays, merges)| {
            // Exact shares and steps of growth do not go together.
            let is_split = matches!(traffic, Traffic::Split(_));
            let growth = if stays == 1 || is_split { Growth::Once } else { growth };
            let merges = merges && growth != Growth::Once;
            let traffic = match traffic {
                _ if merges => Traffic::Untouched,
                Traffic::Split(_) if stays == 0 => Split::NEW.into(),
                other => other,
            };
            let target = Target { old: stays * n, new: n, traffic };
            Way { n, balancers, target, growth, merges }
        },
    )
}

fn labelled(of: &str, instances: u32, target: u32) -> zdd_core::app::App {
    let text = json!({
        "id": of, "instances": instances, "healthChecks": [{"protocol": "HTTP"}],
        "labels": {"HAPROXY_DEPLOYMENT_TARGET_INSTANCES": target.to_string()},
    });
    zdd_core::app::App::parse(&text.to_string()).unwrap()
}

/// The world before it, and the way forward.
fn set_out(way: &Way) -> (World, Rollout) {
    let Way { n, balancers, target, growth, merges } = *way;
    let mut world = World::new(0, balancers);
    world.merges = merges;
    world.create(&labelled(OLD, n, n));
    world.pass(Duration::from_secs(10));
    let first = if growth == Growth::Once { n } else { 1 };
    let hold: Traffic = match target.traffic {
        Traffic::Split(_) => Split::OLD.into(),
        other => other,
    };
    let rollout = Rollout::new(Some(id(OLD)), id(NEW), target)
        .with_definition(labelled(NEW, first, n))
        .holding(hold)
        .growing(growth);
    (world, rollout)
}

fn carried(way: &Way, fates: &[Fate]) -> Report {
    let (world, rollout) = set_out(way);
    let mut stage = Stage::new(world);
    assert_eq!(stage.carry_out(rollout, way.n, fates, &mut honest), Outcome::Reached);
    stage.report()
}

/// Stopped after so many steps, or before the old app is removed, and taken back.
fn taken_back(way: &Way, steps: usize, fates: &[Fate]) -> Report {
    let (mut world, mut rollout) = set_out(way);
    rollout = rollout.with_floor(way.n);
    for _ in 0..steps {
        let decision = rollout.step(world.now, &world.observe());
        if decision.actions.iter().any(|it| matches!(it, Action::Delete { .. })) {
            break;
        }
        decision.actions.iter().for_each(|action| world.act(action));
        match decision.next {
            Next::ObserveBy { deadline, .. } => world.pass(deadline.since(world.now)),
            Next::Done(_) => break,
        }
    }
    let traffic = match way.target.traffic {
        Traffic::Split(_) => Split::OLD.into(),
        other => other,
    };
    let back = Rollout::new(Some(id(OLD)), id(NEW), Target { old: way.n, new: 0, traffic })
        .holding(traffic)
        .growing(way.growth)
        .on_the_way_back();
    let mut stage = Stage::new(world);
    assert_eq!(stage.carry_out(back, way.n, fates, &mut honest), Outcome::Reached);
    stage.report()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Whatever the engine does where nothing dies holds, in another opinion.
    #[test]
    fn what_the_engine_does_holds(
        way in ways(),
        fates in proptest::collection::vec(fate(false), 0..60),
    ) {
        let report = carried(&way, &fates);
        for rule in Rule::ALL {
            let expected = match rule {
                Rule::Weights if way.merges => Holds::Unknown,
                _ => Holds::Held,
            };
            prop_assert_eq!(report.rule(rule).why.holds(), expected, "{:?} {:#?}", rule, report);
        }
    }

    /// The same of the way back, from wherever it was.
    #[test]
    fn the_way_back_holds(
        way in ways(),
        steps in 0..40_usize,
        fates in proptest::collection::vec(fate(false), 0..60),
    ) {
        let report = taken_back(&way, steps, &fates);
        for rule in [Rule::Capacity, Rule::Order, Rule::Drain, Rule::Completeness] {
            let holds = report.rule(rule).why.holds();
            prop_assert_eq!(holds, Holds::Held, "{:?} {:#?}", rule, report);
        }
        let weights = report.rule(Rule::Weights).why.holds();
        prop_assert_ne!(weights, Holds::Violated, "{:#?}", report);
    }

    /// Where instances die, too few may serve, and those that were drained before that are stopped all
    /// the same; but nothing in use is, and weights are right in the end.
    #[test]
    fn where_instances_die_nothing_in_use_is_stopped(
        way in ways(),
        fates in proptest::collection::vec(fate(true), 0..60),
    ) {
        let report = carried(&way, &fates);
        let mut has_failed = false;
        let mut findings: Vec<_> = report.findings.iter().collect();
        findings.sort_by_key(|it| it.at);
        for finding in findings {
            match &finding.fault {
                Fault::BelowFloor { .. } => has_failed = true,
                Fault::TooFewRemain { .. } if has_failed => {}
                Fault::Changed { .. } | Fault::Unmatched { .. } => {}
                other => prop_assert!(false, "{other:?} {report:#?}"),
            }
        }
    }

    #[test]
    fn any_text_is_read(
        text in "\\PC{0,200}",
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
        at in any::<proptest::sample::Index>(),
        by in any::<u8>(),
        drops in proptest::collection::vec(any::<proptest::sample::Index>(), 0..4),
    ) {
        let recorded = recording();
        let mut damaged = recorded.clone().into_bytes();
        let place = at.index(damaged.len());
        damaged[place] = by;
        let mut lines: Vec<&str> = recorded.lines().collect();
        for drop in drops {
            let nth = drop.index(lines.len());
            lines.remove(nth);
        }
        for input in [text.as_bytes(), &bytes, &damaged, lines.join("\n").as_bytes()] {
            let mut reader = Reader::new();
            let _ = is_rollout(input);
            if reader.push(input).is_ok()
                && let Ok(reviewed) = reader.finish()
            {
                for report in reviewed.reports {
                    prop_assert_eq!(report.rules.len(), 5);
                    let said: Vec<_> =
                        report.findings.iter().map(|it| it.fault.to_string()).collect();
                    prop_assert!(said.iter().all(|it| !it.is_empty()));
                }
            }
        }
    }
}

/// A recording with a bit of everything in it.
fn recording() -> String {
    use std::sync::OnceLock;
    static RECORDING: OnceLock<String> = OnceLock::new();
    let record = || {
        let mut stage = with_canary(2);
        assert_eq!(stage.carry_out(promotion(), 3, &[], &mut honest), Outcome::Reached);
        stage.lines.join("\n")
    };
    RECORDING.get_or_init(record).clone()
}
