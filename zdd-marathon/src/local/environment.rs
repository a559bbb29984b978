//! The environment that Marathon and Mesos give to a task.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::net::IpAddr;
use std::path::Path;

use serde_json::Value;
use zdd_core::app::App;
use zdd_core::units::TaskId;

use super::guard::Marker;
use super::task_ports::TaskPort;

/// What a task inherits from the lab: what a program of this machine needs to find its way, and
/// nothing that could be a secret of whoever started the lab.
const INHERITED: [&str; 7] = ["PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR"];

/// For a lab that was started without a `PATH`.
const USUAL_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Labels whose name or value is as long as this are not in the environment.
///
/// Source: `EnvironmentHelper.maxEnvironmentVarLength` in Marathon.
const MAX_LABEL: usize = 512;

/// What a task is, as far as its environment says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    /// Which task.
    pub(crate) task: &'a TaskId,
    /// The host name of its agent.
    pub(crate) host: &'a str,
    /// The address of its agent.
    pub(crate) address: IpAddr,
    /// Its ports.
    pub(crate) ports: &'a [TaskPort],
    /// Its folder.
    pub(crate) sandbox: &'a Path,
}

/// The environment of a task of `app`. What the app itself says wins over what Marathon says.
///
/// In the ports it differs from a cluster: where containers have a network of their own, `PORT0` is
/// there the port inside of the container. Here is no such network, so it is always the host port,
/// the one at which the task is looked for.
///
/// Source: `EnvironmentHelper` in Marathon.
///
/// # Errors
///
/// The name of a variable whose value is a secret, which only a cluster can look up.
pub(crate) fn of(
    app: &App,
    place: Place<'_>,
    marker: &Marker,
) -> Result<BTreeMap<String, OsString>, String> {
    let mut all: BTreeMap<String, OsString> = INHERITED
        .into_iter()
        .filter_map(|name| Some((name.to_string(), env::var_os(name)?)))
        .collect();
    all.insert("PATH".into(), path());
    all.insert("MESOS_SANDBOX".into(), place.sandbox.into());
    let mut set = |name: String, value: String| all.insert(name, value.into());
    for (name, value) in about(app, place).into_iter().chain(ports(place)) {
        set(name, value);
    }
    for (name, value) in app.as_json().get("env").and_then(Value::as_object).into_iter().flatten() {
        match value {
            Value::String(text) => set(name.clone(), text.clone()),
            Value::Null => continue,
            Value::Object(_) => return Err(name.clone()),
            // Old definitions have numbers and booleans here, which Marathon reads as text.
            other => set(name.clone(), other.to_string()),
        };
    }
    // Last, because an app that could change it would outlive its lab.
    set(Marker::VARIABLE.into(), mark(marker, place.task));
    Ok(all)
}

/// The text that marks the processes of one task.
pub(crate) fn mark(marker: &Marker, task: &TaskId) -> String {
    format!("{}/{task}", marker.as_str())
}

/// Where programs are looked for.
pub(crate) fn path() -> OsString {
    env::var_os("PATH").unwrap_or_else(|| USUAL_PATH.into())
}

fn about(app: &App, place: Place<'_>) -> Vec<(String, String)> {
    let json = app.as_json();
    let number = |key, default: f64| json.get(key).and_then(Value::as_f64).unwrap_or(default);
    // A whole number has a decimal, too: `1.0`.
    let resource = |key, default| format!("{:?}", number(key, default));
    let version = app.version().map(|version| version.to_string());
    let image = json.get("container").and_then(|container| container.get("docker")?.get("image"));
    let mut all = vec![
        ("MESOS_TASK_ID", place.task.to_string()),
        ("HOST", place.host.to_string()),
        ("LIBPROCESS_IP", place.address.to_string()),
        ("MARATHON_APP_ID", app.id().to_string()),
        ("MARATHON_APP_RESOURCE_CPUS", resource("cpus", 1.0)),
        ("MARATHON_APP_RESOURCE_MEM", resource("mem", 128.0)),
        ("MARATHON_APP_RESOURCE_DISK", resource("disk", 0.0)),
        ("MARATHON_APP_RESOURCE_GPUS", number("gpus", 0.0).to_string()),
    ];
    all.extend(version.map(|version| ("MARATHON_APP_VERSION", version)));
    all.extend(
        image.and_then(Value::as_str).map(|image| ("MARATHON_APP_DOCKER_IMAGE", image.into())),
    );
    let named = all.into_iter().map(|(name, value)| (name.to_string(), value));
    named.chain(labels(app)).collect()
}

fn labels(app: &App) -> Vec<(String, String)> {
    let short = app
        .labels()
        .iter()
        .filter(|(name, value)| name.len() < MAX_LABEL && value.len() < MAX_LABEL);
    let (names, mut all): (Vec<String>, Vec<_>) = short
        .map(|(name, value)| {
            let name = shouted(name);
            (name.clone(), (format!("MARATHON_APP_LABEL_{name}"), value.clone()))
        })
        .unzip();
    all.push(("MARATHON_APP_LABELS".into(), names.join(" ")));
    all
}

fn ports(place: Place<'_>) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for (index, port) in place.ports.iter().enumerate() {
        let Some(value) = port.port else { continue };
        let name = port.name.as_deref().map(shouted);
        let number = port.number.map(|number| number.to_string());
        let names = [
            Some(index.to_string()),
            number.map(|number| format!("_{number}")),
            name.map(|name| format!("_{name}")),
        ];
        all.extend(
            names.into_iter().flatten().map(|name| (format!("PORT{name}"), value.to_string())),
        );
    }
    let values: Vec<String> =
        place.ports.iter().filter_map(|port| port.port).map(|port| port.to_string()).collect();
    if let Some(first) = values.first() {
        all.push(("PORT".into(), first.clone()));
        all.push(("PORTS".into(), values.join(",")));
    }
    all
}

/// As Marathon writes names into the environment: in capitals, with `_` for what is no letter.
fn shouted(name: &str) -> String {
    let upper = name.to_uppercase();
    upper
        .chars()
        .map(|c| if c.is_ascii_uppercase() || c.is_ascii_digit() { c } else { '_' })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::task_ports;
    use super::*;

    fn of_app(json: &str, ports: &[u16]) -> Result<BTreeMap<String, String>, String> {
        let app = App::parse(json).unwrap();
        let task: TaskId = "a.instance-1._app.1".parse().unwrap();
        let place = Place {
            task: &task,
            host: "two.example",
            address: "127.0.0.2".parse().unwrap(),
            ports: &task_ports::of(&app, ports),
            sandbox: Path::new("/tmp/sandbox"),
        };
        let all = of(&app, place, &Marker::new())?;
        Ok(all.into_iter().map(|(name, value)| (name, value.into_string().unwrap())).collect())
    }

    #[track_caller]
    fn assert_has(all: &BTreeMap<String, String>, expected: &[(&str, &str)]) {
        for (name, value) in expected {
            assert_eq!(all.get(*name).map(String::as_str), Some(*value), "{name}");
        }
    }

    #[test]
    fn a_task_learns_what_it_is() {
        let all = of_app(
            r#"{"id": "/shop/cart", "cmd": "x", "cpus": 0.25, "mem": 32, "gpus": 1,
                "version": "2016-10-13T13:31:39.067Z",
                "labels": {"HAPROXY_GROUP": "external", "my-key.x": "v"},
                "container": {"docker": {"image": "a/b:1"}}}"#,
            &[],
        )
        .unwrap();
        assert_has(
            &all,
            &[
                ("MARATHON_APP_ID", "/shop/cart"),
                ("MARATHON_APP_VERSION", "2016-10-13T13:31:39.067Z"),
                ("MARATHON_APP_RESOURCE_CPUS", "0.25"),
                ("MARATHON_APP_RESOURCE_MEM", "32.0"),
                ("MARATHON_APP_RESOURCE_DISK", "0.0"),
                ("MARATHON_APP_RESOURCE_GPUS", "1"),
                ("MARATHON_APP_DOCKER_IMAGE", "a/b:1"),
                ("MARATHON_APP_LABELS", "HAPROXY_GROUP MY_KEY_X"),
                ("MARATHON_APP_LABEL_HAPROXY_GROUP", "external"),
                ("MARATHON_APP_LABEL_MY_KEY_X", "v"),
                ("MESOS_TASK_ID", "a.instance-1._app.1"),
                ("MESOS_SANDBOX", "/tmp/sandbox"),
                ("HOST", "two.example"),
                ("LIBPROCESS_IP", "127.0.0.2"),
            ],
        );
        assert!(!all.contains_key("PORT0") && !all.contains_key("PORTS"));
    }

    #[test]
    fn ports_are_given_by_index_number_and_name() {
        let all = of_app(
            r#"{"id": "/a", "portDefinitions":
                [{"port": 10001, "name": "http-api"}, {"port": 0, "name": "admin"}]}"#,
            &[31_005, 31_006],
        )
        .unwrap();
        assert_has(
            &all,
            &[
                ("PORT", "31005"),
                ("PORT0", "31005"),
                ("PORT1", "31006"),
                ("PORTS", "31005,31006"),
                ("PORT_10001", "31005"),
                ("PORT_HTTP_API", "31005"),
                ("PORT_ADMIN", "31006"),
            ],
        );
        assert!(!all.contains_key("PORT_0"));
        let all = of_app(
            r#"{"id": "/a", "networks": [{"mode": "container/bridge"}], "container":
                {"portMappings": [{"containerPort": 80, "hostPort": 0, "name": "web"}]}}"#,
            &[31_007],
        )
        .unwrap();
        assert_has(&all, &[("PORT_80", "31007"), ("PORT_WEB", "31007"), ("PORT0", "31007")]);
    }

    #[test]
    fn the_apps_own_environment_wins_except_over_the_mark() {
        let all = of_app(
            r#"{"id": "/a", "env": {"HOST": "mine", "N": 4, "B": true, "ZDD_LAB": "none",
                "NOTHING": null, "PATH": "/opt/bin"}}"#,
            &[],
        )
        .unwrap();
        assert_has(&all, &[("HOST", "mine"), ("N", "4"), ("B", "true"), ("PATH", "/opt/bin")]);
        assert!(all["ZDD_LAB"].ends_with("/a.instance-1._app.1"));
        assert!(!all.contains_key("NOTHING"));
    }

    #[test]
    fn nothing_of_the_lab_but_a_few_names_is_inherited() {
        let all = of_app(r#"{"id": "/a"}"#, &[]).unwrap();
        let own = all.keys().filter(|name| !INHERITED.contains(&name.as_str()));
        assert_eq!(
            own.map(String::as_str).collect::<Vec<_>>(),
            [
                "HOST",
                "LIBPROCESS_IP",
                "MARATHON_APP_ID",
                "MARATHON_APP_LABELS",
                "MARATHON_APP_RESOURCE_CPUS",
                "MARATHON_APP_RESOURCE_DISK",
                "MARATHON_APP_RESOURCE_GPUS",
                "MARATHON_APP_RESOURCE_MEM",
                "MESOS_SANDBOX",
                "MESOS_TASK_ID",
                "ZDD_LAB",
            ]
        );
        assert_eq!(all.get("PATH").cloned(), path().into_string().ok());
    }

    #[test]
    fn a_secret_is_named_and_not_left_out() {
        let refused = of_app(r#"{"id": "/a", "env": {"KEY": {"secret": "s"}}}"#, &[]);
        assert_eq!(refused, Err("KEY".into()));
    }

    #[test]
    fn long_labels_are_left_out() {
        let long = "x".repeat(MAX_LABEL);
        let all = of_app(&format!(r#"{{"id": "/a", "labels": {{"L": "{long}", "s": "1"}}}}"#), &[]);
        let all = all.unwrap();
        assert_has(&all, &[("MARATHON_APP_LABELS", "S")]);
        assert!(!all.contains_key("MARATHON_APP_LABEL_L"));
    }
}
