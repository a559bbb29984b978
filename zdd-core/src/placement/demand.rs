//! What an instance of an app needs of an agent.

use alloc::vec::Vec;

use serde_json::Value;

use super::agents::{Agent, Resources};
use super::amount::{Amount, AmountError};
use super::constraints::{ConstraintError, Grouping, Rule, Tally};
use crate::app::{App, effective_network};
use crate::units::InstanceCount;

/// What an instance of an app needs of an agent, and which agents are good enough for it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Demand {
    /// What it takes away from the agent.
    pub resources: Resources,
    /// The ports that it needs on the host, in the order of the definition: this very one, or `None`
    /// for any that is free. Ports that are only inside of a container are not among them.
    pub ports: Vec<Option<u16>>,
    /// Whether it may use what is reserved for nobody. Agents here have nothing else.
    pub(super) takes_unreserved: bool,
    pub(crate) rules: Vec<Rule>,
    /// Of how many instances it is one.
    pub(crate) instances: InstanceCount,
}

/// Why an app cannot be placed, wherever.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DemandError {
    /// A resource of the definition is not an amount.
    #[error("{field}: {cause}")]
    Amount {
        /// The field of the definition.
        field: &'static str,
        /// What is wrong with it.
        cause: AmountError,
    },
    /// A constraint cannot be used.
    #[error(transparent)]
    Constraint(#[from] ConstraintError),
}

impl Demand {
    /// What an instance of `app` needs, with Marathon's defaults: 1 cpu, 128 MiB of memory, no disk,
    /// no GPU, and one port.
    ///
    /// # Errors
    ///
    /// When a resource is not an amount, or a constraint cannot be used.
    pub fn of(app: &App, grouping: Grouping) -> Result<Self, DemandError> {
        let json = app.as_json();
        let amount = |field, default| match json.get(field).filter(|value| !value.is_null()) {
            None => Ok(Amount::whole(default)),
            Some(value) => value
                .as_f64()
                .ok_or_else(|| AmountError::of(value))
                .and_then(Amount::try_from)
                .map_err(|cause| DemandError::Amount { field, cause }),
        };
        let ports = host_ports(app);
        let resources = Resources {
            cpus: amount("cpus", 1)?,
            mem: amount("mem", 128)?,
            disk: amount("disk", 0)?,
            gpus: gpus(amount("gpus", 0)?),
            n_ports: u32::try_from(ports.len()).unwrap_or(u32::MAX),
        };
        let rules = app.constraints().iter().map(|constraint| Rule::new(constraint, grouping));
        Ok(Self {
            resources,
            ports,
            takes_unreserved: takes_unreserved(json.get("acceptedResourceRoles")),
            rules: rules.collect::<Result<_, _>>()?,
            instances: app.instances(),
        })
    }

    /// How the agents of instances that count, the oldest first, are spread in the eyes of each
    /// constraint.
    pub(crate) fn tallies<'a>(
        &self,
        counted: &(impl Iterator<Item = &'a Agent> + Clone),
    ) -> Vec<Tally<'a>> {
        self.rules.iter().map(|rule| rule.tally(counted.clone())).collect()
    }
}

/// A part of a GPU needs a whole one.
fn gpus(amount: Amount) -> u32 {
    u32::try_from(amount.as_thousandths().div_ceil(1000)).unwrap_or(u32::MAX)
}

/// `*` is the role of what is reserved for nobody; an app that names no role takes it.
fn takes_unreserved(roles: Option<&Value>) -> bool {
    match roles.and_then(Value::as_array) {
        None => true,
        Some(roles) => roles.is_empty() || roles.iter().any(|role| role == "*"),
    }
}

/// The ports of an app on its host.
fn host_ports(app: &App) -> Vec<Option<u16>> {
    let network = effective_network(app.as_json());
    let is_on_host = network.networks.get(0).is_none_or(|first| first["mode"] == "host");
    let number = |value: &Value| value.as_u64().and_then(|port| u16::try_from(port).ok());
    let fixed = |value: &Value| number(value).filter(|port| *port != 0);
    if is_on_host {
        let is_fixed = app.as_json().get("requirePorts").is_some_and(|value| value == true);
        let definitions = network.port_definitions.as_array().map_or(&[][..], Vec::as_slice);
        return definitions
            .iter()
            .map(|definition| fixed(&definition["port"]).filter(|_| is_fixed))
            .collect();
    }
    let mappings = network.container.get("portMappings").and_then(Value::as_array);
    let host_ports = mappings.into_iter().flatten().map(|mapping| &mapping["hostPort"]);
    host_ports.filter(|port| !port.is_null()).map(fixed).collect()
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;
    use alloc::vec;

    use super::*;

    fn demand(json: &str) -> Result<Demand, DemandError> {
        Demand::of(&App::parse(json).unwrap(), Grouping::default())
    }

    #[test]
    fn what_is_not_said_is_marathons_default() {
        let demand = demand(r#"{"id": "/a", "cmd": "a"}"#).unwrap();
        let expected = Resources {
            cpus: Amount::whole(1),
            mem: Amount::whole(128),
            n_ports: 1,
            ..Resources::default()
        };
        assert_eq!((demand.resources, demand.ports), (expected, vec![None]));
    }

    #[test]
    fn ports_are_those_on_the_host() {
        for (json, ports) in [
            (r#""portDefinitions": [{"port": 80}, {"port": 0}]"#, vec![None, None]),
            (
                r#""portDefinitions": [{"port": 80}, {"port": 0}], "requirePorts": true"#,
                vec![Some(80), None],
            ),
            (r#""ports": [80], "requirePorts": true"#, vec![Some(80)]),
            (r#""portDefinitions": []"#, vec![]),
            (
                r#""networks": [{"mode": "container/bridge"}], "container": {"portMappings":
                    [{"containerPort": 80}, {"containerPort": 81, "hostPort": 8081}]}"#,
                vec![None, Some(8081)],
            ),
            (
                r#""networks": [{"mode": "container", "name": "n"}], "container": {"portMappings":
                    [{"containerPort": 80}, {"containerPort": 81, "hostPort": 0}]}"#,
                vec![None],
            ),
        ] {
            let json = alloc::format!(r#"{{"id": "/a", "cmd": "a", {json}}}"#);
            assert_eq!(demand(&json).unwrap().ports, ports, "{json}");
        }
    }

    #[test]
    fn what_cannot_be_placed_says_why() {
        let error = demand(r#"{"id": "/a", "cmd": "a", "constraints": [["rack", "LIKE", "a("]]}"#);
        assert_eq!(
            error.unwrap_err().to_string(),
            "constraint on `rack`: `a(` is not a pattern that can be used: unclosed group"
        );
        let error = demand(r#"{"id": "/a", "cmd": "a", "cpus": 1e300}"#).unwrap_err();
        assert_eq!(
            error.to_string(),
            "cpus: `1e300` is not an amount: a number that is not below 0"
        );
    }
}
