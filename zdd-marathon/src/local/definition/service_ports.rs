//! Service ports: numbers of a port, one for the whole cluster, that load balancers go by.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use serde_json::{Map, Value, json};
use zdd_core::app::{App, Group};

/// Marathon's flags `local_port_min` and `local_port_max`.
const RANGE: RangeInclusive<u16> = 10_000..=20_000;

/// The service ports that are taken.
#[derive(Clone, Debug)]
pub(crate) struct ServicePorts {
    taken: BTreeSet<u16>,
}

/// No number is left.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("all service ports from {} to {} are taken", RANGE.start(), RANGE.end())]
pub(crate) struct NoneLeft;

impl ServicePorts {
    /// Those of all apps of `root`.
    pub(crate) fn of(root: &Group) -> Self {
        Self { taken: root.all_apps().flat_map(service_ports).collect() }
    }

    /// Gives a number to every port of `full` that has none: first those that `previous` had and
    /// `full` does not name, in their order; then the lowest that nobody has.
    ///
    /// A port that is to be the host's own (`requirePorts`) is left at 0, which is any.
    pub(super) fn give(
        &mut self,
        full: &mut Map<String, Value>,
        previous: Option<&App>,
    ) -> Result<(), NoneLeft> {
        let is_host_port = full.get("requirePorts").is_some_and(|value| *value == true);
        let mut ports = places(full);
        let named: Vec<u16> = ports.iter().filter_map(|port| number(port)).collect();
        let mut kept = previous.map(service_ports).unwrap_or_default().into_iter();
        for port in ports.iter_mut().filter(|port| number(port) == Some(0) && !is_host_port) {
            let kept = kept.find(|port| *port != 0 && !named.contains(port));
            let free = || RANGE.clone().find(|port| !self.taken.contains(port));
            let given = kept.or_else(free).ok_or(NoneLeft)?;
            self.taken.insert(given);
            **port = json!(given);
        }
        self.taken.extend(named.into_iter().filter(|port| *port != 0));
        Ok(())
    }
}

/// The service ports of an app, in the order of its ports.
pub(crate) fn service_ports(app: &App) -> Vec<u16> {
    let json = app.as_json();
    let (ports, key) = match json.get("container").and_then(|it| it.get("portMappings")) {
        Some(mappings) => (Some(mappings), "servicePort"),
        None => (json.get("portDefinitions"), "port"),
    };
    let ports = ports.and_then(Value::as_array).into_iter().flatten();
    ports.filter_map(|port| number(&port[key])).collect()
}

/// Where the service ports of a definition are.
fn places(full: &mut Map<String, Value>) -> Vec<&mut Value> {
    let is_on_host = full["networks"][0]["mode"] == "host";
    let (list, key) = if is_on_host {
        (full.get_mut("portDefinitions"), "port")
    } else {
        let container = full.get_mut("container");
        (container.and_then(|container| container.get_mut("portMappings")), "servicePort")
    };
    let list = list.and_then(Value::as_array_mut).into_iter().flatten();
    list.filter_map(|port| port.get_mut(key)).collect()
}

fn number(value: &Value) -> Option<u16> {
    value.as_u64().and_then(|port| u16::try_from(port).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app(ports: &str) -> App {
        App::parse(&format!(
            r#"{{"id": "/a", "networks": [{{"mode": "host"}}], "portDefinitions": {ports}}}"#
        ))
        .unwrap()
    }

    fn given(taken: &[u16], previous: Option<&str>, ports: &str) -> Vec<u16> {
        let mut service = ServicePorts { taken: taken.iter().copied().collect() };
        let mut full = app(ports).as_json().clone();
        service.give(&mut full, previous.map(app).as_ref()).unwrap();
        service_ports(&App::from_object(full, &"/".parse().unwrap()).unwrap())
    }

    #[test]
    fn the_old_ports_come_first_and_then_the_lowest_free_ones() {
        let two = r#"[{"port": 0}, {"port": 0}]"#;
        assert_eq!(given(&[], None, two), [10_000, 10_001]);
        assert_eq!(given(&[10_000], None, two), [10_001, 10_002]);
        let previous = r#"[{"port": 10005}, {"port": 80}]"#;
        assert_eq!(given(&[10_005, 80], Some(previous), two), [10_005, 80]);
        let three = r#"[{"port": 0}, {"port": 10005}, {"port": 0}]"#;
        assert_eq!(given(&[10_005, 80], Some(previous), three), [80, 10_005, 10_000]);
    }

    #[test]
    fn a_full_range_is_no_reason_to_panic() {
        let mut service = ServicePorts { taken: RANGE.collect() };
        let mut full = app(r#"[{"port": 0}]"#).as_json().clone();
        let error = service.give(&mut full, None).unwrap_err();
        assert_eq!(error.to_string(), "all service ports from 10000 to 20000 are taken");
    }

    #[test]
    fn a_host_port_may_be_any() {
        let mut full = app(r#"[{"port": 0}]"#).as_json().clone();
        full.insert("requirePorts".into(), json!(true));
        ServicePorts { taken: BTreeSet::new() }.give(&mut full, None).unwrap();
        assert_eq!(full["portDefinitions"][0]["port"], 0);
    }
}
