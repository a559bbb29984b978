//! The words of the scenarios.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use zdd_core::app::App;
use zdd_core::ports::Force;
use zdd_core::scaling::Condition;
use zdd_core::simulate::{Event, Instance, What};
use zdd_core::units::{AppId, DeploymentId, GroupId, InstanceId, TaskId};

use super::world::World;

pub(crate) fn app(mut json: Value) -> App {
    if json.get("id").is_none() {
        json["id"] = json!("/shop");
    }
    if json.get("cmd").is_none() {
        json["cmd"] = json!("./shop");
    }
    App::from_value(&json, &GroupId::root()).unwrap()
}

pub(crate) fn shop() -> AppId {
    "/shop".parse().unwrap()
}

pub(crate) fn id(text: &str) -> AppId {
    text.parse().unwrap()
}

/// A world in which `first` runs.
pub(crate) fn running(first: &App) -> World {
    let mut world = World::usual();
    world.put(first, Force::No).unwrap();
    world.run_for(20_000);
    assert_eq!(world.marathon.deployments().len(), 0);
    world.events.clear();
    world
}

/// One that has passed its health check.
pub(crate) fn checked(instances: u32, cmd: &str) -> App {
    app(json!({"cmd": cmd, "instances": instances, "healthChecks": [{"protocol": "HTTP"}]}))
}

pub(crate) fn only(world: &World) -> &Instance {
    let mut instances = world.marathon.all_instances();
    let first = instances.next().unwrap();
    assert!(instances.next().is_none(), "there are more");
    first
}

pub(crate) fn tasks(world: &World, app: &AppId) -> Vec<TaskId> {
    world.marathon.instances(app).map(|one| one.task.clone()).collect()
}

pub(crate) fn ids(world: &World, app: &AppId) -> BTreeSet<InstanceId> {
    world.marathon.instances(app).map(|one| one.id.clone()).collect()
}

pub(crate) fn ended(world: &World, deployment: &DeploymentId) -> Option<bool> {
    world.events.iter().find_map(|event| match &event.what {
        What::DeploymentSucceeded { plan } if plan.id == *deployment => Some(true),
        What::DeploymentFailed { plan, .. } if plan.id == *deployment => Some(false),
        _ => None,
    })
}

pub(crate) fn conditions(events: &[Event]) -> Vec<Condition> {
    let of = |event: &Event| match event.what {
        What::InstanceChanged { condition, .. } => Some(condition),
        _ => None,
    };
    events.iter().filter_map(of).collect()
}
