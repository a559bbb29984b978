//! Marathon's rules about networks and ports.

use serde_json::{Map, Value};
use zdd_core::app::App;
use zdd_core::ports::InvalidDetail;

use super::invalid::detail;
use super::rules::says;

/// Asks the rules of `app`, whose members in the newer spelling are `full`.
pub(super) fn problems_of(app: &App, full: &Map<String, Value>, problems: &mut Vec<InvalidDetail>) {
    networks(full, problems);
    if full["networks"][0]["mode"] == "host" {
        list_of_ports(&full["portDefinitions"], "/portDefinitions", "port", problems);
    } else {
        if says(app, "portDefinitions") && says(app, "networks") {
            let error = "must be empty: only apps on their host's network have portDefinitions";
            problems.push(detail("/portDefinitions", error));
        }
        if let Some(mappings) = full.get("container").and_then(|it| it.get("portMappings")) {
            list_of_ports(mappings, "/container/portMappings", "hostPort", problems);
        }
    }
}

fn networks(full: &Map<String, Value>, problems: &mut Vec<InvalidDetail>) {
    let networks = full["networks"].as_array().map_or(&[][..], Vec::as_slice);
    let mut modes: Vec<&str> = Vec::new();
    for (index, network) in networks.iter().enumerate() {
        let mode = network["mode"].as_str().unwrap_or("");
        let has_name = network.get("name").is_some_and(|name| !name.is_null());
        let error = match mode {
            "host" | "container/bridge" if has_name => "only container networks have a name",
            "host" | "container/bridge" => "",
            "container" if has_name => "",
            "container" => "a container network needs a name: there is no default one",
            _ => "error.expected.jsenum: host, container/bridge or container",
        };
        if !error.is_empty() {
            problems.push(detail(format!("/networks/{index}"), error));
        }
        modes.push(mode);
    }
    let is_one = modes.len() == 1;
    if !is_one && modes.iter().any(|mode| *mode != "container") {
        let error = "Host networks may have only a single network, bridge networks too; \
                     the kinds cannot be mixed";
        problems.push(detail("/networks", error));
    }
    let needs_container = modes.contains(&"container/bridge");
    if needs_container && !full.contains_key("container") {
        problems.push(detail("/container", "is required for a bridge network"));
    }
}

/// Each port has a number that is one, and neither number nor name is there twice.
fn list_of_ports(list: &Value, path: &str, number: &str, problems: &mut Vec<InvalidDetail>) {
    let ports = list.as_array().map_or(&[][..], Vec::as_slice);
    let (mut names, mut numbers) = (Vec::new(), Vec::new());
    for (index, port) in ports.iter().enumerate() {
        let at = format!("{path}/{index}");
        for key in ["port", "hostPort", "containerPort", "servicePort"] {
            let value = port.get(key).filter(|value| !value.is_null());
            if value.is_some_and(|value| value.as_u64().is_none_or(|port| port > 65_535)) {
                problems.push(detail(format!("{at}/{key}"), "expected a number from 0 to 65535"));
            }
        }
        if !matches!(port["protocol"].as_str(), Some("tcp" | "udp" | "udp,tcp" | "tcp,udp")) {
            problems.push(detail(format!("{at}/protocol"), "expected tcp, udp or udp,tcp"));
        }
        match &port["name"] {
            Value::Null => {}
            Value::String(name) if is_name(name) => names.push(name.as_str()),
            _ => problems.push(detail(
                format!("{at}/name"),
                "expected at most 15 lower-case letters, digits and inner dashes",
            )),
        }
        let protocol = port["protocol"].as_str().unwrap_or_default();
        numbers.extend(port[number].as_u64().filter(|port| *port != 0).map(|it| (it, protocol)));
    }
    if has_twins(&mut names) {
        problems.push(detail(path, "Port names must be unique."));
    }
    if has_twins(&mut numbers) {
        problems.push(detail(path, "Ports must be unique."));
    }
}

fn has_twins<T: Ord>(list: &mut [T]) -> bool {
    list.sort_unstable();
    list.windows(2).any(|pair| pair[0] == pair[1])
}

/// Names of ports as IANA has them, `http-api` for one.
fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    (1..=15).contains(&name.len())
        && name.starts_with(plain)
        && name.ends_with(plain)
        && name.chars().all(|c| plain(c) || c == '-')
}
