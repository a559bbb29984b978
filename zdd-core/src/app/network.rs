//! The network part of a definition, old and new spelling brought together.

use alloc::string::String;
use alloc::vec::Vec;

use serde_json::{Map, Value, json};

use super::effective::{default, each, elements, forget, plain};

/// The three fields that share the network settings.
pub(crate) struct Networking {
    pub(crate) networks: Value,
    pub(crate) port_definitions: Value,
    pub(crate) container: Value,
}

/// How instances reach the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Host,
    Bridge,
    Container,
}

/// What `json` says in any of its spellings.
///
/// The older one has `container.docker.network` and `.portMappings`, `ipAddress`, and `ports`; where
/// both are given, as old versions of Marathon answer, the newer one counts.
pub(crate) fn effective(json: &Map<String, Value>) -> Networking {
    let given = |key: &str| json.get(key).map_or(Value::Null, plain);
    let mut container = given("container");
    let docker = container
        .get_mut("docker")
        .and_then(Value::as_object_mut)
        .map(|docker| (docker.remove("network"), docker.remove("portMappings")));
    let (docker_network, docker_mappings) = docker.unwrap_or_default();
    let networks = match elements(given("networks")) {
        list if list.is_empty() => {
            alloc::vec![older_network(docker_network.as_ref(), &given("ipAddress"))]
        }
        list => list,
    };
    let networks = each(Value::Array(networks), |network| {
        default(network, "mode", "container");
        default(network, "labels", json!({}));
    });
    let mode = mode(&networks);
    let port_definitions = match mode {
        Mode::Host => port_definitions(given("portDefinitions"), given("ports")),
        Mode::Bridge | Mode::Container => Vec::new(),
    };
    Networking {
        networks: Value::Array(networks),
        port_definitions: Value::Array(port_definitions),
        container: effective_container(container, docker_mappings, mode),
    }
}

fn older_network(docker: Option<&Value>, ip_address: &Value) -> Value {
    let name = ip_address.get("networkName").cloned();
    let labels = ip_address.get("labels").cloned().unwrap_or(json!({}));
    match docker.and_then(Value::as_str) {
        Some("BRIDGE") => json!({"mode": "container/bridge"}),
        Some("HOST") => json!({"mode": "host"}),
        None if ip_address.is_null() => json!({"mode": "host"}),
        // USER, or an address of its own without Docker.
        _ => {
            let mut network = Map::new();
            network.insert("mode".into(), "container".into());
            network.insert("labels".into(), labels);
            if let Some(name) = name {
                network.insert("name".into(), name);
            }
            Value::Object(network)
        }
    }
}

fn mode(networks: &[Value]) -> Mode {
    let first = networks.first().and_then(|network| network.get("mode"));
    match first.and_then(Value::as_str) {
        Some("container/bridge") => Mode::Bridge,
        Some("container") => Mode::Container,
        _ => Mode::Host,
    }
}

/// Ports of host mode: one unless given. Its default name came with Marathon 1.5, so a port that is
/// alone may have it or not.
fn port_definitions(definitions: Value, ports: Value) -> Vec<Value> {
    let from_ports = |ports| {
        let one = |port| json!({ "port": port });
        Value::Array(elements(ports).into_iter().map(one).collect())
    };
    let given = match (definitions, ports) {
        (Value::Null, Value::Null) => json!([{}]),
        (Value::Null, ports) => from_ports(ports),
        (definitions, _) => definitions,
    };
    let is_alone = given.as_array().is_some_and(|list| list.len() == 1);
    each(given, |definition| {
        default(definition, "port", 0);
        default(definition, "protocol", "tcp");
        default(definition, "labels", json!({}));
        if is_alone {
            forget(definition, "name", &json!("default"));
        }
    })
}

fn effective_container(container: Value, docker_mappings: Option<Value>, mode: Mode) -> Value {
    let Value::Object(mut container) = container else {
        return container;
    };
    default(&mut container, "type", "DOCKER");
    if let Some(Value::Object(docker)) = container.get_mut("docker") {
        default(docker, "privileged", false);
        default(docker, "forcePullImage", false);
        default(docker, "parameters", json!([]));
    }
    let mappings = match container.remove("portMappings") {
        None => docker_mappings.unwrap_or_default(),
        Some(newer) => newer,
    };
    let mappings = each(mappings, |mapping| {
        default(mapping, "containerPort", 0);
        default(mapping, "servicePort", 0);
        default(mapping, "protocol", "tcp");
        default(mapping, "labels", json!({}));
        forget(mapping, "networkNames", &json!([]));
        if mode == Mode::Bridge {
            default(mapping, "hostPort", 0);
        }
    });
    // Ports of a container that is on its host's network mean nothing.
    if mode != Mode::Host {
        container.insert("portMappings".into(), Value::Array(mappings));
    }
    let volumes = each(container.remove("volumes").unwrap_or_default(), |volume| {
        default(volume, "mode", "RW");
    });
    container.insert("volumes".into(), Value::Array(volumes));
    Value::Object(container)
}

/// Gives the service ports of `new` that are 0 the numbers that `old` has and `new` does not, as
/// Marathon does before it compares. `key` is the member that holds the number.
pub(super) fn keep_ports(new: &mut Value, old: &Value, key: &str) {
    let ports = |value: &Value| -> Vec<Value> {
        let list = value.as_array().into_iter().flatten();
        list.filter_map(|entry| entry.get(key).cloned()).collect()
    };
    let taken = ports(new);
    let mut free: Vec<Value> = ports(old);
    free.retain(|port| *port == json!(0) || !taken.contains(port));
    let mut free = free.into_iter();
    for entry in new.as_array_mut().into_iter().flatten() {
        if let Some(port) = entry.get_mut(key).filter(|port| **port == json!(0))
            && let Some(kept) = free.next()
        {
            *port = kept;
        }
    }
}
