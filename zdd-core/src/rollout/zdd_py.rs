//! What zdd.py makes of a definition and of the apps that it finds, so that its command line goes on.

use alloc::string::{String, ToString};

use serde_json::{Map, Value};

use super::labels::{self, Colour};
use super::service_port::{said_alt_port, service_port, set_service_port};
use crate::app::App;
use crate::units::{GroupId, InstanceCount, Timestamp};

/// Drops every field that is `null`, at any depth; those in lists stay.
///
/// Source: zdd.py, which does it with its file and with every answer of Marathon.
pub fn without_nulls(json: &mut Value) {
    match json {
        Value::Object(fields) => {
            fields.retain(|_, value| !value.is_null());
            fields.values_mut().for_each(without_nulls);
        }
        Value::Array(list) => list.iter_mut().for_each(without_nulls),
        _ => {}
    }
}

/// What of a definition is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Missing {
    /// It has no id.
    #[error("the app has no id")]
    Id,
    /// It has no labels.
    #[error("the app has no labels")]
    Labels,
    /// It lacks a label.
    #[error("the app has no label {0}")]
    Label(&'static str),
    /// A label of it says nothing.
    #[error("the app has a label {0} without a name")]
    Name(&'static str),
    /// It has no service port.
    #[error("the app has no service port")]
    ServicePort,
}

/// How much of a release is to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "what the labels say")]
pub struct Sizes {
    /// Its instances for the beginning.
    pub first: u32,
    /// How many of both apps are to serve.
    pub target: u32,
    /// How many of the new ones are to stay beside the old ones; 0 if none of the old stay.
    pub beside: u32,
}

impl Sizes {
    /// The first of a group is deployed whole. Any other is to have as many instances as the old one
    /// has, or `beside`, and begins with `initial`.
    pub fn of(definition: &App, old: Option<&App>, initial: u32, beside: u32) -> Self {
        let Some(old) = old else {
            let all = definition.instances().get();
            return Self { first: all, target: all, beside: 0 };
        };
        let target = old.instances().get();
        let beside = beside.min(target);
        let most = if beside > 0 { beside } else { target };
        Self { first: initial.min(most), target, beside }
    }
}

/// The app that zdd.py would post: `json` as it is in the file, without `null`s.
///
/// Two of its faults are mended: the port of `portDefinitions` is read, and that of the old app is found
/// in all forms, so that both apps never have the same.
///
/// # Errors
///
/// When something is missing.
pub fn prepare(
    json: &Map<String, Value>,
    definition: &App,
    old: Option<&App>,
    sizes: Sizes,
    now: Timestamp,
) -> Result<Map<String, Value>, Missing> {
    let id = json.get("id").and_then(Value::as_str).ok_or(Missing::Id)?;
    check(json)?;
    let port = service_port(definition).ok_or(Missing::ServicePort)?;
    let label = |app: &App, name| app.labels().get(name).and_then(|it| it.parse::<u16>().ok());
    let own = match old {
        None => port,
        Some(old) => match said_alt_port(old) {
            Some(other) if service_port(old) == Some(other) => {
                label(old, labels::PORT).unwrap_or(port)
            }
            Some(other) => other,
            None if service_port(old) == Some(port) => said_alt_port(definition).unwrap_or(port),
            None => port,
        },
    };
    let colour = Colour::for_id(id, old);
    let mut app = json.clone();
    app.insert("id".into(), colour.of(id).into());
    app.insert("instances".into(), sizes.first.into());
    set_service_port(&mut app, own);
    let added = [
        (labels::APP_ID, id.to_string()),
        (labels::PORT, port.to_string()),
        (labels::COLOUR, colour.as_str().into()),
        (labels::STARTED_AT, now.to_string()),
        (labels::TARGET, sizes.target.to_string()),
        (labels::NEW, sizes.beside.to_string()),
    ];
    if let Some(labels) = app.get_mut("labels").and_then(Value::as_object_mut) {
        labels.extend(added.into_iter().map(|(name, value)| (name.into(), value.into())));
    }
    Ok(app)
}

fn check(json: &Map<String, Value>) -> Result<(), Missing> {
    let labels = json.get("labels").and_then(Value::as_object).ok_or(Missing::Labels)?;
    for name in [labels::GROUP, labels::ALT_PORT] {
        if !labels.contains_key(name) {
            return Err(Missing::Label(name));
        }
    }
    Ok(())
}

/// The number of a label; none where it is not there, or no number.
pub fn number(app: &App, label: &str) -> Option<u32> {
    app.labels().get(label)?.trim().parse().ok()
}

/// How many instances are to serve when this app has taken over: what its label says, else as many as it
/// has. A label of 0, as zdd.py writes it beside an app that is suspended, says nothing.
pub fn target(app: &App) -> u32 {
    let said = number(app, labels::TARGET).filter(|target| *target > 0);
    said.unwrap_or_else(|| app.instances().get())
}

/// Which of two apps is the newer one: that whose rollout began later, then the green one.
pub fn by_age<'a>(one: &'a App, other: &'a App) -> (&'a App, &'a App) {
    let age = |app: &'a App| {
        let started = app.labels().get(labels::STARTED_AT).map_or("0", String::as_str);
        (started, app.labels().get(labels::COLOUR).map(String::as_str))
    };
    if age(one) <= age(other) { (one, other) } else { (other, one) }
}

/// The definition that a prepared app is.
pub fn app_of(json: Map<String, Value>) -> Option<App> {
    let instances = json.get("instances").and_then(Value::as_u64).unwrap_or(1);
    let app = App::from_object(json, &GroupId::root()).ok()?;
    Some(app.with_instances(InstanceCount::saturating_from(instances)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_of_nothing_is_none() {
        let target = |label: Value| {
            let mut json = serde_json::json!({"id": "/a", "instances": 3, "labels": {}});
            json["labels"][labels::TARGET] = label;
            target(&App::parse(&json.to_string()).unwrap())
        };
        assert_eq!(target("4".into()), 4);
        assert_eq!(target("0".into()), 3);
        assert_eq!(target("many".into()), 3);
    }
}
