//! The plan is what happens: in a world where nothing fails, the model goes through the steps of the
//! timeline, and its events are judged as the plan is.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::json;
use zdd_core::app::App;
use zdd_core::capacity::{Reading, UpgradeStrategy};
use zdd_core::guarantee::Guarantee;
use zdd_core::ports::Force;
use zdd_core::scaling::{Condition, Goal};
use zdd_core::simulate::{Instance, Settings};
use zdd_core::testing;
use zdd_core::timeline::{Assumptions, Change, End, Model, Side, State, Timeline};
use zdd_core::units::{GroupId, Timestamp};
use zdd_core::upgrade::Upgrade;
use zdd_core::verify::{Facts, Kind, Replay, Replayed, Report, judge_plan};

use super::world::{Batch, Due, Times, World, agents};

/// Something that happened at one moment, what was ordered because of it, and what there was then.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Beat {
    at: i64,
    due: Option<Due>,
    count: u32,
    kills: u32,
    launches: u32,
    state: State,
}

/// An app, an earlier definition of it with so many instances, and a world.
#[derive(Clone, Debug)]
struct Case {
    old: App,
    new: App,
    times: Times,
    reading: Reading,
}

fn cases() -> impl Strategy<Value = Case> {
    let part = || prop_oneof![Just(0_i64), 0..6_i64, 0..9000_i64];
    let times = (part(), part(), part());
    let reading = prop_oneof![3 => Just(Reading::Classic), 1 => Just(Reading::HealthAware)];
    let counts = (prop_oneof![3 => Just(None), 1 => (0..=20_u16).prop_map(Some)], 1..=20_u16);
    (testing::apps(), counts, times, reading).prop_map(|(app, (old, new), times, reading)| {
        let single = app.is_single_instance();
        let limited = |count: u16| if single { count.min(1) } else { count };
        let (old, new) = (limited(old.unwrap_or(new)), limited(new));
        let (start, healthy, stop) = times;
        // All at once has no order.
        let start = if start + healthy + stop == 0 { 1 } else { start };
        // Where running is healthy, nothing lies in between.
        let times = if is_checked(&app) {
            Times { start, healthy, stop }
        } else {
            Times { start, healthy: 0, stop: stop.max(1) }
        };
        Case {
            old: app.clone().with_instances(old.into()),
            new: upgraded(&app, new),
            times,
            reading,
        }
    })
}

fn upgraded(app: &App, instances: u16) -> App {
    let mut json = app.as_json().clone();
    json.insert("cmd".into(), json!("./new"));
    json.insert("instances".into(), json!(instances));
    App::from_value(&json.into(), &GroupId::root()).unwrap()
}

fn is_checked(app: &App) -> bool {
    !app.health_checks().is_empty() || app.readiness_check().is_some()
}

/// A world in which the old definition runs and is healthy.
fn world(case: &Case) -> World {
    let settings = {
        let mut settings = Settings::default();
        settings.reading = case.reading;
        settings
    };
    let mut world = World::new(settings, agents(4, 10_000), case.times);
    world.put(&case.old, Force::No).unwrap();
    world.run_for(100_000);
    assert_eq!(world.marathon.deployments().len(), 0);
    assert_eq!(world.running(case.old.id()), case.old.instances().get() as usize);
    world
}

/// What the model does with the new definition.
fn observed(world: &mut World, case: &Case) -> Vec<Beat> {
    let (began, before) = (world.now, (world.n_kills, world.n_launches));
    world.put(&case.new, Force::No).unwrap();
    let mut beats = vec![Beat {
        at: 0,
        due: None,
        count: 0,
        kills: world.n_kills - before.0,
        launches: world.n_launches - before.1,
        state: state(world, case),
    }];
    while let Some(batch) = world.step(began + 10_000_000) {
        let Batch { at, due, count, kills, launches } = batch;
        // With both checks the later one counts; here readiness is the later one.
        if due == Due::Check && case.new.readiness_check().is_some() {
            assert_eq!((kills, launches), (0, 0));
            continue;
        }
        let due = Some(if due == Due::Ready { Due::Check } else { due });
        beats.push(Beat { at: at - began, due, count, kills, launches, state: state(world, case) });
    }
    beats
}

fn state(world: &World, case: &Case) -> State {
    let app = case.new.id();
    let version = world.marathon.app(app).unwrap().version();
    let ready = world.marathon.readiness(app).into_iter().filter(|one| one.ready);
    let ready: BTreeSet<_> = ready.map(|one| one.task.clone()).collect();
    let is_through = |one: &Instance| {
        let healthy = case.new.health_checks().is_empty() || one.is_healthy() == Some(true);
        // What a deployment waited for, it forgets when it ends.
        let is_over = world.marathon.deployments().len() == 0;
        let ready = case.new.readiness_check().is_none() || is_over || ready.contains(&one.task);
        one.condition == Condition::Running && healthy && ready
    };
    let mut state = State::default();
    for one in world.marathon.instances(app).filter(|one| one.has_task()) {
        let is_new = Some(one.version) == version;
        let side = if is_new { &mut state.new } else { &mut state.old };
        let place = match one.goal {
            Goal::Running if !is_new => &mut side.healthy,
            Goal::Running if is_through(one) => &mut side.healthy,
            Goal::Running if one.condition == Condition::Running => &mut side.running,
            Goal::Running => &mut side.starting,
            Goal::Stopped | Goal::Decommissioned => &mut side.dying,
        };
        *place += 1;
    }
    state
}

/// What the timeline says: each event with the orders that follow from it.
fn planned(timeline: &Timeline) -> Vec<Beat> {
    let none =
        Beat { at: 0, due: None, count: 0, kills: 0, launches: 0, state: timeline.initial() };
    let mut beats = vec![none.clone()];
    for step in timeline.steps() {
        let at = i64::try_from(step.at.as_millis()).unwrap();
        let (due, count, kills) = match step.change {
            Change::Stop { count } => (None, 0, count),
            Change::Launch { .. } => (None, 0, 0),
            Change::Die { count } => (Some(Due::Die), count, 0),
            Change::Run { count } => (Some(Due::Run), count, 0),
            Change::BecomeHealthy { count } => (Some(Due::Check), count, 0),
            Change::Exchange { healthy, stopped } => (Some(Due::Check), healthy, stopped),
        };
        if due.is_some() {
            beats.push(Beat { at, due, count, ..none.clone() });
        }
        let beat = beats.last_mut().unwrap();
        beat.kills += kills;
        if let Change::Launch { count } = step.change {
            beat.launches += count;
        }
        beat.state = step.state;
    }
    beats
}

/// Where running is healthy, both are one event, and what comes at one moment is one.
fn merged(beats: Vec<Beat>) -> Vec<Beat> {
    let mut merged: Vec<Beat> = Vec::new();
    for beat in beats {
        let due = if beat.due == Some(Due::Check) { Some(Due::Run) } else { beat.due };
        let starts = if beat.due == Some(Due::Check) { 0 } else { beat.count };
        match merged.last_mut() {
            Some(last) if (last.at, last.due) == (beat.at, due) => {
                last.count += starts;
                last.kills += beat.kills;
                last.launches += beat.launches;
                last.state = beat.state;
            }
            _ => merged.push(Beat { due, count: starts, ..beat }),
        }
    }
    merged
}

fn timeline(case: &Case) -> Timeline {
    let upgrade = Upgrade::between(&case.old, &case.new, case.reading);
    let millis = |part: i64| Duration::from_millis(part.unsigned_abs());
    let assumptions = Assumptions {
        start: millis(case.times.start),
        healthy: millis(case.times.healthy),
        stop: millis(case.times.stop),
    };
    Timeline::of(&upgrade, Model::Marathon, &assumptions)
}

fn replayed(recording: &str, new: &App) -> Replayed {
    let facts = Facts {
        instances: Some(new.instances()),
        strategy: Some(new.upgrade_strategy()),
        has_health_checks: !new.health_checks().is_empty(),
        has_readiness_checks: new.readiness_check().is_some(),
    };
    Replay::new().with_definition(new.id().as_str(), facts).read(recording.as_bytes())
}

fn restarted(replayed: &Replayed) -> &Report {
    replayed.reports.iter().find(|report| report.kind == Kind::Restart).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn the_model_goes_through_the_steps_of_the_timeline(case in cases()) {
        let plan = timeline(&case);
        let mut world = world(&case);
        let mut happened = observed(&mut world, &case);
        let mut expected = planned(&plan);
        if !is_checked(&case.new) {
            (happened, expected) = (merged(happened), merged(expected));
        }
        prop_assert_eq!(happened, expected);
        let is_complete = matches!(plan.end(), End::Complete { .. });
        prop_assert_eq!(world.marathon.deployments().len() == 0, is_complete);

        // Answers of readiness checks are not in the event stream, so nobody can judge them by it.
        let replayed = replayed(&world.recording(), &case.new);
        prop_assert_eq!(replayed.issues.count, 0);
        if case.new.readiness_check().is_none() {
            let (judged, report) = (judge_plan(&plan), restarted(&replayed));
            for guarantee in Guarantee::ALL {
                let (judged, seen) = (judged.holds(guarantee), report.verdict.holds(guarantee));
                prop_assert_eq!(seen, judged, "{:?}", guarantee);
            }
        }
    }
}

fn shop(instances: u16, cmd: &str, strategy: (f64, f64)) -> App {
    let app = json!({"id": "/shop", "cmd": cmd, "instances": instances,
        "healthChecks": [{"protocol": "HTTP"}]});
    App::from_value(&app, &GroupId::root()).unwrap().with_upgrade_strategy(UpgradeStrategy {
        minimum_health_capacity: strategy.0.try_into().unwrap(),
        maximum_over_capacity: strategy.1.try_into().unwrap(),
    })
}

#[test]
fn one_instance_too_many_is_seen() {
    let case = Case {
        old: shop(4, "./old", (1.0, 0.25)),
        new: shop(4, "./new", (1.0, 0.25)),
        times: Times { start: 1000, healthy: 1000, stop: 1000 },
        reading: Reading::Classic,
    };
    let mut world = world(&case);
    observed(&mut world, &case);
    let recording = world.recording();
    let sound = replayed(&recording, &case.new);
    assert_eq!(restarted(&sound).verdict.holds(Guarantee::Bounds), Some(true));

    // A fifth new instance, launched right after the first: six run where five may.
    let version = world.marathon.app(case.new.id()).unwrap().version().unwrap();
    let lines: Vec<&str> = recording.lines().collect();
    let begun = lines
        .iter()
        .position(|line| line.contains("Provisioned") && line.contains(&format!("\"{version}\"")));
    let line = lines[begun.unwrap()];
    let mut extra: serde_json::Value = serde_json::from_str(line).unwrap();
    extra["instanceId"] = json!("shop.instance-00000000-0000-4000-8000-000000000000");
    let mut faulty = lines.clone();
    let extra = extra.to_string();
    faulty.insert(begun.unwrap() + 1, &extra);
    let found = replayed(&faulty.join("\n"), &case.new);
    assert_eq!(restarted(&found).verdict.holds(Guarantee::Bounds), Some(false));

    // And the plan knows better, too.
    let mut beats = planned(&timeline(&case));
    beats[0].launches += 1;
    let mut again = super::plan::world(&case);
    assert_ne!(observed(&mut again, &case), beats);
}

#[test]
fn the_recording_is_of_the_moments_at_which_it_happened() {
    let case = Case {
        old: shop(2, "./old", (1.0, 1.0)),
        new: shop(2, "./new", (1.0, 1.0)),
        times: Times { start: 10, healthy: 20, stop: 30 },
        reading: Reading::Classic,
    };
    let mut world = world(&case);
    let began = Timestamp::from_millis(world.now);
    observed(&mut world, &case);
    let replayed = replayed(&world.recording(), &case.new);
    let report = restarted(&replayed);
    assert_eq!(report.started(), began);
    assert_eq!(report.duration(), Duration::from_millis(60));
    let none = Side::default();
    assert_eq!(state(&world, &case).old, none);
}
