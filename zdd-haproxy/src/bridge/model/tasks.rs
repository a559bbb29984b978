//! Ports, addresses and tasks of one app, in all forms of a definition.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde_json::Value;
use zdd_core::app::App;
use zdd_core::ports::{Task, TaskState};

/// How an app is on the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Networking {
    Host,
    Bridge,
    /// Each task has an address of its own.
    Container,
}

impl Networking {
    pub(super) fn of(app: &App) -> Self {
        let json = app.as_json();
        if let Some(last) = json.get("networks").and_then(Value::as_array).and_then(|it| it.last())
        {
            return match last.get("mode").and_then(Value::as_str) {
                Some("host") => Self::Host,
                Some("container/bridge") => Self::Bridge,
                _ => Self::Container,
            };
        }
        let docker = json.get("container").and_then(|it| it.get("docker"));
        match docker.and_then(|it| it.get("network")).and_then(Value::as_str) {
            Some("USER") => Self::Container,
            _ if json.get("ipAddress").is_some_and(|it| !it.is_null()) => Self::Container,
            Some("BRIDGE") => Self::Bridge,
            _ => Self::Host,
        }
    }
}

/// The ports that the app shall be served on, one for each port of its tasks.
pub(super) fn service_ports(app: &App, networking: Networking) -> Vec<u64> {
    let json = app.as_json();
    if networking != Networking::Host {
        let ports = numbers(port_mappings(app), "servicePort");
        if !ports.is_empty() {
            return ports;
        }
    }
    if let Some(definitions) = json.get("portDefinitions").and_then(Value::as_array) {
        return numbers(definitions, "port");
    }
    let ports = json.get("ports").and_then(Value::as_array);
    ports.into_iter().flatten().filter_map(Value::as_u64).collect()
}

/// The ports that a task listens on, in the order of the service ports.
pub(super) fn task_ports(app: &App, task: &Task, networking: Networking) -> Vec<u64> {
    if networking == Networking::Container {
        let discovery = app.as_json().get("ipAddress").and_then(|it| it.get("discovery"));
        let ports = discovery.and_then(|it| it.get("ports")).and_then(Value::as_array);
        let ports = numbers(ports.map_or(&[], Vec::as_slice), "number");
        return if ports.is_empty() { numbers(port_mappings(app), "containerPort") } else { ports };
    }
    task.ports.iter().map(|&port| port.into()).collect()
}

/// Where a task is: its own address, or that of its host.
pub(super) fn address(
    task: &Task,
    networking: Networking,
    hosts: &BTreeMap<String, IpAddr>,
) -> Option<IpAddr> {
    let host = task.host.as_deref()?;
    match networking {
        Networking::Container => task.addresses.first().copied(),
        Networking::Host | Networking::Bridge => {
            host.parse().ok().or_else(|| hosts.get(host).copied())
        }
    }
}

/// Whether the state of a task lets it serve. A lost one may still be there.
pub(super) fn is_serving(task: &Task) -> bool {
    match &task.state {
        TaskState::Running | TaskState::Unreachable => true,
        TaskState::Staging | TaskState::Starting | TaskState::Killing => false,
        TaskState::Other(word) => matches!(word.as_str(), "" | "TASK_LOST"),
    }
}

/// Whether a result of any of its checks is good. marathon-lb asks for no more.
pub(super) fn is_alive(task: &Task) -> bool {
    task.health.iter().any(|result| result.alive)
}

fn port_mappings(app: &App) -> &[Value] {
    let container = app.as_json().get("container");
    let of_docker = container.and_then(|it| it.get("docker"));
    let has = |at: Option<&Value>| {
        let list = at.and_then(|it| it.get("portMappings")).and_then(Value::as_array);
        list.is_some_and(|list| !list.is_empty())
    };
    let at = if has(of_docker) { of_docker } else { container };
    at.and_then(|it| it.get("portMappings")).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn numbers(list: &[Value], key: &str) -> Vec<u64> {
    list.iter().filter_map(|it| it.get(key)).filter_map(Value::as_u64).collect()
}
