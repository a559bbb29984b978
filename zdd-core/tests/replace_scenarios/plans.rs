//! Kinds `layers`, `plan` and `plan_validation`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use zdd_core::app::{App, Group};
use zdd_core::group::{self, Action, DependencyGraph, DeploymentPlan, PlanError};
use zdd_core::units::{AppId, GroupId, Timestamp};

use crate::{list, members, texts};

/// An app of a scenario in Marathon's JSON.
fn app(given: &Value) -> App {
    let mut app = json!({});
    for (key, value) in members(given) {
        match key {
            "version" if value.is_null() => {}
            "version" => {
                let version = Timestamp::from_millis(value.as_i64().unwrap());
                app["version"] = version.to_string().into();
            }
            "resident" => assert_eq!(*value, Value::Bool(true)),
            "volumes" => {
                let volumes: Value = texts(value)
                    .into_iter()
                    .map(|path| {
                        json!({"containerPath": path, "mode": "RW", "persistent": {"size": 1}})
                    })
                    .collect();
                app["container"] = json!({"type": "MESOS", "volumes": volumes});
            }
            "id"
            | "cmd"
            | "args"
            | "instances"
            | "dependencies"
            | "upgradeStrategy"
            | "unreachableStrategy" => app[key] = value.clone(),
            _ => panic!("unknown member {key} of an app"),
        }
    }
    App::from_value(&app, &GroupId::root()).unwrap()
}

/// The tree of a list of apps, and those that are marked for restart.
pub(crate) fn tree(apps: &Value) -> (Group, BTreeSet<AppId>) {
    let mut root = Group::empty_root();
    let mut restarts = BTreeSet::new();
    for given in list(apps) {
        let app = app(given);
        if given["version"].is_null() {
            restarts.insert(app.id().clone());
        }
        assert_eq!(root.insert_app(app), Ok(None));
    }
    (root, restarts)
}

fn plan_of(given: &Value) -> Result<DeploymentPlan, PlanError> {
    let (original, _) = tree(&given["original"]);
    let (target, restarts) = tree(&given["target"]);
    group::plan(&original, &target, &restarts)
}

pub(crate) fn layers(scenario: &Value) {
    let (root, _) = tree(&scenario["given"]["apps"]);
    let graph = DependencyGraph::from(&root);
    let layers = graph.layers().unwrap();
    let found: BTreeMap<String, Vec<&str>> = (1..)
        .zip(layers.iter())
        .map(|(layer, apps)| {
            let ids = apps.iter().map(|app| app.as_str()).collect();
            (format!("{layer}"), ids)
        })
        .collect();
    let expect = members(&scenario["expect"][0]["layers"]);
    let expected: BTreeMap<String, Vec<&str>> =
        expect.map(|(layer, ids)| (layer.to_owned(), texts(ids))).collect();
    assert_eq!(found, expected);
}

/// An action as the scenarios write it: the wire form and the count.
fn written(action: &Action) -> String {
    let mut wire = serde_json::to_value(action).unwrap();
    if let Action::ScaleApplication { to, .. } = action {
        wire["scale_to"] = to.get().into();
    }
    wire.to_string()
}

pub(crate) fn plan(scenario: &Value) {
    let given = &scenario["given"];
    let plan = plan_of(given).unwrap();
    for (key, expect) in list(&scenario["expect"]).iter().flat_map(members) {
        match key {
            "steps" => {
                let found: Vec<BTreeSet<String>> = plan
                    .steps()
                    .iter()
                    .map(|step| step.actions().iter().map(written).collect())
                    .collect();
                let expected: Vec<BTreeSet<String>> = list(expect)
                    .iter()
                    .map(|step| list(step).iter().map(Value::to_string).collect())
                    .collect();
                assert_eq!(found, expected);
            }
            "affected" => {
                let found: Vec<&str> = plan.affected().iter().map(AppId::as_str).collect();
                assert_eq!(found, texts(expect));
            }
            "empty" => assert_eq!(plan.is_empty(), expect.as_bool().unwrap()),
            "conflicts_with_itself" => {
                assert_eq!(plan.conflicts_with(&plan), expect.as_bool().unwrap());
            }
            "conflicts_with_empty_plan" => {
                let (target, _) = tree(&given["target"]);
                let empty = group::plan(&target, &target, &BTreeSet::new()).unwrap();
                assert!(empty.is_empty() && empty.affected().is_empty());
                assert_eq!(plan.conflicts_with(&empty), expect.as_bool().unwrap());
            }
            _ => panic!("unknown expectation {key}"),
        }
    }
    let n_actions: usize = plan.steps().iter().map(|step| step.actions().len()).sum();
    assert!(n_actions >= plan.steps().len(), "a step is empty");
}

pub(crate) fn plan_validation(scenario: &Value) {
    let plan = plan_of(&scenario["given"]);
    assert_eq!(plan.is_ok(), scenario["expect"][0]["valid"].as_bool().unwrap());
    assert_eq!(
        plan.unwrap_err().to_string(),
        "app `/test/app1`: /upgradeStrategy/maximumOverCapacity: 1 is above 0, \
         which an app with persistent local volumes may not have"
    );
}
