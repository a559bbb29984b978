//! Whoever looks at a deployment that stands still is told why.

use std::collections::BTreeMap;

use proptest::test_runner::TestRunner;
use serde_json::json;
use zdd_core::app::App;
use zdd_core::ports::Force;
use zdd_core::simulate::Settings;
use zdd_core::units::{AppId, GroupId, Timestamp};
use zdd_core::watch::{Moment, Reason, View, Watch};

use super::answers::{running, status};
use super::chaos;
use super::world::{Times, World, agents};

/// All apps, by way of what the API answers.
fn look(world: &World, watches: &mut BTreeMap<AppId, Watch>) -> Vec<View> {
    let now = Timestamp::from_millis(world.now);
    let deployments: Vec<_> = world.marathon.deployments().map(running).collect();
    let queue = world.marathon.queue(now);
    let look = |app: &App| {
        let status = status(&world.marathon, app);
        let moment = Moment { now, app: &status, deployments: &deployments, queue: &queue };
        let watch = watches.entry(app.id().clone()).or_default();
        let view = watch.look(&moment);
        assert_eq!(watch.look(&moment), view, "twice the same moment");
        view
    };
    world.marathon.root().all_apps().map(look).collect()
}

fn usual(extra: &serde_json::Value) -> App {
    let mut json = json!({
        "id": "/shop", "cmd": "old", "instances": 4, "cpus": 0.1, "mem": 32,
        "upgradeStrategy": {"minimumHealthCapacity": 1, "maximumOverCapacity": 0.25},
    });
    let all = json.as_object_mut().unwrap();
    all.extend(extra.as_object().unwrap().clone());
    App::from_value(&json, &GroupId::root()).unwrap()
}

/// The app runs, is upgraded to what cannot work, and stands still.
fn stuck(n_agents: u32, old: &serde_json::Value, new: &serde_json::Value, sick: bool) -> View {
    let times = Times { start: 1000, healthy: 500, stop: 700 };
    let mut world = World::new(Settings::default(), agents(n_agents, 1000), times);
    world.put(&usual(old), Force::No).unwrap();
    world.run_for(30_000);
    assert_eq!(world.marathon.deployments().len(), 0, "the old one runs");
    if sick {
        world.sick.insert("/shop".parse().unwrap());
    }
    let mut next = old.clone();
    next.as_object_mut().unwrap().extend(new.as_object().unwrap().clone());
    next["env"] = json!({"V": "2"});
    world.put(&usual(&next), Force::No).unwrap();
    world.run_for(20_000);
    assert_eq!(world.marathon.deployments().len(), 1, "it stands still");
    let mut views = look(&world, &mut BTreeMap::new());
    assert_eq!(views.len(), 1);
    views.remove(0)
}

#[track_caller]
fn says(view: &View, code: &str, text: &str) {
    let first = view.waiting.first().expect("there is a reason");
    assert_eq!((first.reason.code(), first.to_string().as_str()), (code, text), "{view:#?}");
    assert!(first.reason.hint(&view.intent).is_some());
}

#[test]
fn a_planted_cause_is_the_first_reason() {
    let none = json!({});
    let nowhere = json!({"constraints": [["hostname", "LIKE", "nowhere"]]});
    let view = stuck(4, &none, &nowhere, false);
    says(
        &view,
        "offers-declined",
        "1 instance to be launched: no agent takes it: a constraint is not met (4 of 4 offers)",
    );
    let view = stuck(3, &none, &json!({"cpus": 2000}), false);
    says(
        &view,
        "offers-declined",
        "1 instance to be launched: no agent takes it: too few cpus (3 of 3 offers)",
    );
    let port = json!({"portDefinitions": [{"port": 8080}], "requirePorts": true});
    let view = stuck(4, &port, &none, false);
    says(
        &view,
        "offers-declined",
        "1 instance to be launched: no agent takes it: no port free (4 of 4 offers)",
    );
    let checks = json!({"healthChecks": [{"gracePeriodSeconds": 0, "maxConsecutiveFailures": 0}]});
    let view = stuck(3, &checks, &none, true);
    assert_eq!(view.waiting[0].reason.code(), "health-failing", "{view:#?}");
    assert_eq!((view.intent.step, view.intent.steps), (1, 1));
    assert_eq!(view.intent.action.as_deref(), Some("RestartApplication"));
    let bounds = view.intent.bounds.unwrap();
    assert_eq!((bounds.floor.get(), bounds.ceiling.get()), (4, 5));
    let next = view.intent.next.unwrap().to_string();
    assert_eq!(next, "a new one is launched when an old one is gone, 3 to go");
}

/// Whenever a deployment stands still, that is: at any time, in any chaos, there is a reason; and it is
/// *unknown* only where Marathon itself has lost count.
#[test]
fn there_always_is_a_reason() {
    let mut runner = TestRunner::deterministic();
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    for _ in 0..500 {
        chaos::each_moment(&mut runner, Times { start: 1000, healthy: 500, stop: 700 }, {
            let mut watches = BTreeMap::new();
            let seen = &mut seen;
            move |world, is_damaged| {
                for view in look(world, &mut watches) {
                    let reasons = view.waiting.iter().map(|waiting| &waiting.reason);
                    for reason in reasons.clone() {
                        *seen.entry(reason.code()).or_default() += 1;
                    }
                    let is_deployed = view.intent.is_deployed();
                    assert!(!is_deployed || !view.waiting.is_empty(), "{view:#?}");
                    let is_unknown = reasons.clone().any(|reason| *reason == Reason::Unknown);
                    assert!(!is_unknown || is_damaged, "{view:#?}");
                }
            }
        });
    }
    for code in [
        "launch-delay",
        "health-failing",
        "unreachable",
        "not-ready",
        "starting",
        "unchecked",
        "kill-grace",
    ] {
        assert!(seen.get(code).is_some_and(|n| *n >= 10), "{code}: {seen:?}");
    }
}
