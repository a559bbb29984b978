//! From the definition of a request to the one that is kept.

use serde_json::{Map, Value, json};
use zdd_core::app::App;
use zdd_core::placement::{Demand, Grouping};
use zdd_core::units::GroupId;

use super::invalid::Invalid;
use super::merge::without_what_marathon_sets;
use super::rules;
use super::service_ports::ServicePorts;
use crate::local::images::ImageMap;

/// What definitions are made complete with.
#[derive(Debug)]
pub(crate) struct Workshop<'a> {
    /// What can be run.
    pub(crate) images: &'a ImageMap,
    /// How instances are spread, on which the rules for constraints depend.
    pub(crate) grouping: Grouping,
    /// The service ports of all apps.
    pub(crate) ports: ServicePorts,
}

/// The app that is kept when `given` is asked for, its relative ids taken from `base`. Service ports
/// that `previous`, the definition so far, has are used again.
pub(crate) fn complete(
    given: &Map<String, Value>,
    base: &GroupId,
    previous: Option<&App>,
    shop: &mut Workshop<'_>,
) -> Result<App, Invalid> {
    let given = without_what_marathon_sets(given);
    let app = App::from_object(given, base)?;
    let mut problems = rules::problems_of(&app);
    if let Err(error) = Demand::of(&app, shop.grouping) {
        problems.push(super::invalid::detail("/", error.to_string()));
    }
    if problems.is_empty()
        && let Err(error) = shop.images.command_for(&app)
    {
        problems.push(super::invalid::detail("/container/docker/image", error.to_string()));
    }
    if !problems.is_empty() {
        return Err(Invalid::Rules(problems));
    }
    let mut full = app.in_full();
    write_defaults(&mut full, &app);
    shop.ports
        .give(&mut full, previous)
        .map_err(|none_left| Invalid::rule("/", none_left.to_string()))?;
    Ok(App::from_object(full, &GroupId::root())?)
}

/// The defaults that make no difference, and that Marathon answers all the same.
fn write_defaults(full: &mut Map<String, Value>, app: &App) {
    let given = |key: &str| app.as_json().get(key).is_some_and(|value| !value.is_null());
    let is_empty_list = |value: &Value| value.as_array().is_some_and(Vec::is_empty);
    let is_on_host = full["networks"][0]["mode"] == "host";
    if is_on_host && !given("portDefinitions") && !given("ports") {
        full["portDefinitions"][0]["name"] = json!("default");
    } else if !is_on_host {
        full.remove("portDefinitions");
        full.remove("requirePorts");
    }
    if !given("args") && full.get("args").is_some_and(is_empty_list) {
        full.remove("args");
    }
    // Absent, it means the roles that Marathon was started with.
    if full.get("acceptedResourceRoles").is_some_and(is_empty_list) {
        full.remove("acceptedResourceRoles");
    }
    for check in full.get_mut("healthChecks").and_then(Value::as_array_mut).into_iter().flatten() {
        let is_http = check["protocol"].as_str().is_some_and(|word| word.starts_with("HTTP"));
        if is_http && check.get("ignoreHttp1xx").is_none() {
            check["ignoreHttp1xx"] = json!(false);
        }
    }
    for (key, value) in [("maxLaunchDelaySeconds", json!(300)), ("role", json!("*"))] {
        full.entry(key).or_insert(value);
    }
}
