//! Partial updates.

use serde_json::{Map, Value};
use zdd_core::app::App;

/// What an update does not keep of an app unless it says so again.
///
/// Source: Marathon's `AppUpdate`, in which these two fields were forgotten.
const RESET: [&str; 2] = ["resourceLimits", "executorResources"];

/// Members of an answer that no request has to say.
const SET_BY_MARATHON: [&str; 11] = [
    "version",
    "versionInfo",
    "tasksStaged",
    "tasksRunning",
    "tasksHealthy",
    "tasksUnhealthy",
    "tasks",
    "deployments",
    "lastTaskFailure",
    "readinessCheckResults",
    "taskStats",
];

/// What an app is when `update` is laid over it: each member that the update has takes the place of
/// the app's, whole. Members that are null say nothing.
pub(crate) fn merged(app: &App, update: &Map<String, Value>) -> Map<String, Value> {
    let mut merged = without_what_marathon_sets(app.as_json());
    for key in RESET {
        merged.remove(key);
    }
    let says = |key: &str| update.get(key).is_some_and(|value| !value.is_null());
    // The older spelling of a member also takes the place of the newer one.
    let docker_network = update
        .get("container")
        .and_then(|container| container.get("docker")?.get("network"))
        .is_some_and(|network| !network.is_null());
    for (is_said, key) in [
        (says("ports"), "portDefinitions"),
        (says("uris"), "fetch"),
        (docker_network || says("ipAddress"), "networks"),
    ] {
        if is_said {
            merged.remove(key);
        }
    }
    let members = update.iter().filter(|(_, value)| !value.is_null());
    merged.extend(members.map(|(key, value)| (key.clone(), value.clone())));
    merged.insert("id".into(), app.id().as_str().into());
    merged
}

/// What somebody wrote to get this app, as far as Marathon remembers.
pub(crate) fn definition_of(app: &App) -> Map<String, Value> {
    without_what_marathon_sets(app.as_json())
}

pub(super) fn without_what_marathon_sets(given: &Map<String, Value>) -> Map<String, Value> {
    let is_given = |(key, _): &(&String, &Value)| !SET_BY_MARATHON.contains(&key.as_str());
    let members = given.iter().filter(is_given);
    members.map(|(key, value)| (key.clone(), value.clone())).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn after(app: &str, update: &Value) -> Value {
        let app = App::parse(app).unwrap();
        Value::Object(merged(&app, update.as_object().unwrap()))
    }

    #[test]
    fn what_is_said_is_replaced_whole_and_the_rest_stays() {
        let app = r#"{"id": "/a", "cmd": "x", "env": {"A": "1", "B": "2"}, "cpus": 0.5,
            "resourceLimits": {"cpus": 2}, "version": "2026-01-01T00:00:00.000Z"}"#;
        assert_eq!(
            after(app, &json!({"id": "/other", "env": {"A": "3"}, "cpus": null})),
            json!({"id": "/a", "cmd": "x", "env": {"A": "3"}, "cpus": 0.5})
        );
    }

    #[test]
    fn an_older_spelling_replaces_the_newer_one() {
        let app = r#"{"id": "/a", "portDefinitions": [{"port": 1}], "fetch": [{"uri": "u"}],
            "networks": [{"mode": "container/bridge"}], "cmd": "x"}"#;
        let update = json!({"ports": [2], "uris": [],
            "container": {"docker": {"image": "i", "network": "HOST"}}});
        let after = after(app, &update);
        for key in ["portDefinitions", "fetch", "networks"] {
            assert_eq!(after.get(key), None, "{key}");
        }
        assert_eq!((&after["ports"], &after["container"]), (&json!([2]), &update["container"]));
    }
}
