//! The ports of a task: as its app declares them, and where they are.

use serde_json::Value;
use zdd_core::app::App;

/// A port of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TaskPort {
    /// The number that the app knows it by; none where it is any.
    pub(crate) number: Option<u16>,
    /// Its name.
    pub(crate) name: Option<String>,
    /// Where it is on the agent's address.
    pub(crate) port: Option<u16>,
}

/// The ports of a task of `app`, in the order in which the app declares them: the mappings of its
/// container, or else its own. `host_ports` are those that it got.
///
/// A port that is only inside of a container has none on the host. Here are no containers, so it is
/// where the app says that it listens.
pub(crate) fn of(app: &App, host_ports: &[u16]) -> Vec<TaskPort> {
    let mut host_ports = host_ports.iter().copied();
    let mappings = mappings(app);
    let list = mappings.or_else(|| app.as_json().get("portDefinitions")?.as_array());
    let key = if mappings.is_some() { "containerPort" } else { "port" };
    let declared = list.into_iter().flatten().map(|declared| {
        let number = declared.get(key).and_then(Value::as_u64);
        let number = number.and_then(|number| u16::try_from(number).ok()).filter(|port| *port > 0);
        let is_inside = mappings.is_some() && declared.get("hostPort").is_none_or(Value::is_null);
        let name = declared.get("name").and_then(Value::as_str).map(String::from);
        TaskPort { number, name, port: if is_inside { number } else { host_ports.next() } }
    });
    let mut ports: Vec<TaskPort> = declared.collect();
    // An app that declares nothing gets a port, too.
    let rest = host_ports.map(|port| TaskPort { number: None, name: None, port: Some(port) });
    ports.extend(rest);
    ports
}

/// The mappings of a container that is not on its host's network.
fn mappings(app: &App) -> Option<&Vec<Value>> {
    let json = app.as_json();
    let mode = json.get("networks").and_then(|networks| networks.get(0)?.get("mode"));
    let mappings = json.get("container")?.get("portMappings")?.as_array()?;
    (!mappings.is_empty() && mode.is_none_or(|mode| mode != "host")).then_some(mappings)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ports(json: &str, host_ports: &[u16]) -> Vec<(Option<u16>, Option<String>, Option<u16>)> {
        let app = App::parse(&format!(r#"{{"id": "/a", {json}}}"#)).unwrap();
        let ports = of(&app, host_ports).into_iter();
        ports.map(|port| (port.number, port.name, port.port)).collect()
    }

    #[test]
    fn definitions_have_host_ports() {
        assert_eq!(
            ports(r#""portDefinitions": [{"port": 10001, "name": "a"}, {"port": 0}]"#, &[7, 8]),
            [(Some(10_001), Some("a".into()), Some(7)), (None, None, Some(8))]
        );
        assert_eq!(ports(r#""cmd": "x""#, &[7]), [(None, None, Some(7))]);
        assert_eq!(ports(r#""portDefinitions": []"#, &[]), []);
    }

    #[test]
    fn mappings_without_a_host_port_do_not_shift_the_others() {
        let json = r#""networks": [{"mode": "container", "name": "n"}], "container":
            {"portMappings": [{"containerPort": 80}, {"containerPort": 0},
                {"containerPort": 81, "hostPort": 0, "name": "b"}, {"hostPort": 9}]},
            "portDefinitions": [{"port": 1}]"#;
        assert_eq!(
            ports(json, &[7, 9]),
            [
                (Some(80), None, Some(80)),
                (None, None, None),
                (Some(81), Some("b".into()), Some(7)),
                (None, None, Some(9))
            ]
        );
    }

    #[test]
    fn mappings_on_the_hosts_network_mean_nothing() {
        let json = r#""networks": [{"mode": "host"}], "container":
            {"portMappings": [{"containerPort": 80}]}, "portDefinitions": [{"port": 0}]"#;
        assert_eq!(ports(json, &[7]), [(None, None, Some(7))]);
    }
}
