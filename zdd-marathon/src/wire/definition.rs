//! Definitions, as they are sent.

use serde::{Serialize, Serializer};
use serde_json::Value;
use zdd_core::app::{App, Group};

use super::app::is_set_by_marathon;

/// The JSON of a definition without the members that Marathon sets itself, so that an app can be
/// sent back as it was read.
pub(crate) fn body_of_app(app: &App) -> impl Serialize {
    Sent(app)
}

/// The JSON of a group, likewise, down to its last app.
pub(crate) fn body_of_group(group: &Group) -> Result<Value, serde_json::Error> {
    let mut json = serde_json::to_value(group)?;
    prune_group(&mut json);
    Ok(json)
}

struct Sent<'a>(&'a App);

impl Serialize for Sent<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.as_json().iter().filter(|(key, _)| !is_set_by_marathon(key)))
    }
}

fn prune_group(group: &mut Value) {
    let Value::Object(members) = group else {
        return;
    };
    members.remove("version");
    for app in members.get_mut("apps").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Value::Object(members) = app {
            members.retain(|key, _| !is_set_by_marathon(key));
        }
    }
    for group in members.get_mut("groups").and_then(Value::as_array_mut).into_iter().flatten() {
        prune_group(group);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_marathon_sets_is_not_sent_back() {
        let app = json!({"id": "/a", "cmd": "x", "version": "2026-01-01T00:00:00.000Z",
            "versionInfo": {}, "tasksRunning": 1, "labels": {"version": "stays"}});
        let clean = json!({"id": "/a", "cmd": "x", "labels": {"version": "stays"}});
        let read = App::parse(&app.to_string()).unwrap();
        assert_eq!(serde_json::to_value(body_of_app(&read)).unwrap(), clean);

        let group = json!({"id": "/", "version": "2026-01-01T00:00:00.000Z", "enforceRole": "off",
            "apps": [], "groups": [{"id": "/g", "apps": [{"id": "/g/a", "version": null}]}]});
        let read = Group::parse(&group.to_string()).unwrap();
        let sent = body_of_group(&read).unwrap();
        assert_eq!(sent.get("version"), None);
        assert_eq!(sent["enforceRole"], "off");
        assert_eq!(sent["groups"][0]["apps"][0], json!({"id": "/g/a"}));
    }
}
