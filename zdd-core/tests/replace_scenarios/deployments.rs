//! Kind `deployment`: whole small deployments, carried out by the engines step by step.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use zdd_core::app::App;
use zdd_core::capacity::Reading;
use zdd_core::group::{self, Action};
use zdd_core::rolling::{self, Definition, Instance, Replacement, Version};
use zdd_core::scaling::{
    Candidate, Checks, Condition, Goal, ScalingProposition, StartEvent, StartInstances, even_picks,
};
use zdd_core::units::{InstanceId, Timestamp};

use crate::plans::tree;
use crate::{list, members, texts};

/// What a deployment did.
#[derive(Default)]
struct Done {
    killed: BTreeMap<String, &'static str>,
    launch_batches: Vec<u64>,
    backoff_reset_for: Vec<String>,
}

pub(crate) fn deployment(scenario: &Value) {
    let given = &scenario["given"];
    let (original, _) = tree(&given["original"]);
    let (target, restarts) = tree(&given["target"]);
    let plan = group::plan(&original, &target, &restarts).unwrap();
    let mut done = Done::default();
    let mut notifications = 0;
    for step in plan.steps() {
        notifications += 1;
        for action in step.actions() {
            let app = |group: &zdd_core::app::Group| {
                group.all_apps().find(|app| app.id() == action.app()).cloned()
            };
            let instances = candidates(&given["instances"][action.app().as_str()]);
            match action {
                Action::StartApplication { .. } => {}
                Action::StopApplication { .. } => {
                    stop(&app(&original).unwrap(), &instances, &mut done);
                }
                Action::ScaleApplication { .. } => {
                    scale(&app(&target).unwrap(), &instances, &mut done);
                }
                Action::RestartApplication { .. } => {
                    restart(&app(&target).unwrap(), &instances, &mut done);
                }
            }
        }
    }
    for (key, value) in members(&scenario["expect"][0]) {
        match key {
            "killed" => {
                let expected: BTreeMap<_, _> =
                    members(value).map(|(id, why)| (id.into(), why.as_str().unwrap())).collect();
                assert_eq!(done.killed, expected);
            }
            "launch_batches" => {
                let expected: Vec<_> = list(value).iter().map(|n| n.as_u64().unwrap()).collect();
                assert_eq!(done.launch_batches, expected);
            }
            "backoff_reset_for" => assert_eq!(done.backoff_reset_for, texts(value)),
            "step_notifications" => assert_eq!(notifications, plan.steps().len()),
            "finished" => assert_eq!(*value, Value::Bool(true)),
            _ => panic!("unknown expectation {key}"),
        }
    }
}

fn candidates(given: &Value) -> Vec<Candidate> {
    let instance = |given: &Value| {
        let id = given["id"].as_str().unwrap().parse().unwrap();
        let started_at = given["started_at_ms"].as_i64().map(Timestamp::from_millis);
        Candidate { started_at, ..Candidate::new(id, Condition::Running) }
    };
    given.as_array().map(|given| given.iter().map(instance).collect()).unwrap_or_default()
}

fn stop(app: &App, instances: &[Candidate], done: &mut Done) {
    for instance in instances {
        done.killed.insert(instance.id.to_string(), "deleting_app");
    }
    done.backoff_reset_for.push(app.id().to_string());
}

fn scale(app: &App, instances: &[Candidate], done: &mut Done) {
    let proposition = ScalingProposition::new(
        instances,
        &BTreeSet::new(),
        app.instances(),
        app.kill_selection(),
        |left, n| even_picks(app.constraints(), left, n),
    );
    for id in &proposition.to_kill {
        done.killed.insert(id.to_string(), "deployment_scaling");
    }
    let left = instances.iter().filter(|instance| !proposition.to_kill.contains(&instance.id));
    let conditions = left.map(|instance| instance.condition);
    let (mut engine, orders) =
        StartInstances::start(app.instances(), Checks::default(), conditions);
    assert_eq!(orders.launch, proposition.to_start);
    for n in 0..orders.launch.get() {
        let id: InstanceId = format!("new-{n}").parse().unwrap();
        let _ = engine.on(StartEvent::Changed {
            id: &id,
            condition: Condition::Running,
            goal: Goal::Running,
        });
    }
    assert!(engine.is_finished());
}

fn restart(app: &App, instances: &[Candidate], done: &mut Done) {
    let definition = Definition {
        instances: app.instances(),
        strategy: app.upgrade_strategy(),
        resident: app.is_resident(),
        checks: Checks::default(),
        reading: Reading::HealthAware,
    };
    let old: Vec<_> = instances
        .iter()
        .map(|instance| Instance::running(instance.id.clone(), Version::Old))
        .collect();
    let (mut engine, mut actions) = Replacement::start(&definition, &old);
    let mut launched = 0;
    while !actions.is_empty() {
        let mut next = Vec::new();
        for action in actions {
            match action {
                rolling::Action::Kill { id, goal } => {
                    done.killed.insert(id.to_string(), "upgrading");
                    let change = rolling::Change::Instance { condition: Condition::Killed, goal };
                    next.extend(engine.on(&rolling::Event { id, version: Version::Old, change }));
                }
                rolling::Action::Launch { count } => {
                    done.launch_batches.push(count.into());
                    for _ in 0..count {
                        launched += 1;
                        let id = format!("{}-{launched}", app.id()).parse().unwrap();
                        let condition = Condition::Running;
                        let change = rolling::Change::Instance { condition, goal: Goal::Running };
                        next.extend(engine.on(&rolling::Event {
                            id,
                            version: Version::New,
                            change,
                        }));
                    }
                }
                _ => {}
            }
        }
        actions = next;
    }
    assert!(engine.is_finished());
}
