//! What an instance of an app needs of an agent.

use alloc::string::String;
use alloc::vec::Vec;

use serde_json::{Map, Value};

use super::agents::{Agent, Resources};
use super::amount::{Amount, AmountError};
use super::constraints::{ConstraintError, Grouping, Rule, Tally};
use super::roles::Roles;
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
    /// Of whose resources it takes.
    pub(super) roles: Roles,
    /// Whether it stays away from agents with GPUs that are free, because it asks for none.
    pub(super) leaves_gpus: bool,
    /// Whether the app itself says so, or the opposite.
    says_about_gpus: bool,
    pub(crate) rules: Vec<Rule>,
    /// Of how many instances it is one.
    pub(crate) instances: InstanceCount,
}

/// Whether apps that ask for no GPU may use agents that have some.
///
/// Source: Marathon's `--gpu_scheduling_behavior`. It came with 1.7, at first without a restriction
/// unless asked for; the last releases restrict unless told otherwise. It is on no route of the API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "Marathon's own words, which no longer grow")]
pub enum GpuScheduling {
    /// They may. What is assumed where nobody says.
    #[default]
    Unrestricted,
    /// They may not: GPUs are kept for those that ask.
    Restricted,
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
    /// no GPU, and one port. The disk is that of the task and of its persistent volumes together, be
    /// they of the root disk or of another one: Mesos adds up all disks of an agent, too.
    ///
    /// Of Marathon itself it is assumed that it has no role, and does not restrict the use of agents
    /// with GPUs; see [`with_role`](Self::with_role) and [`with_gpus`](Self::with_gpus).
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
            disk: amount("disk", 0)?.plus(persistent_volumes(json)?),
            gpus: gpus(amount("gpus", 0)?),
            n_ports: u32::try_from(ports.len()).unwrap_or(u32::MAX),
        };
        let says_about_gpus = says_about_gpus(json);
        let rules = app.constraints().iter().map(|constraint| Rule::new(constraint, grouping));
        Ok(Self {
            resources,
            ports,
            roles: Roles::of(json),
            leaves_gpus: resources.gpus == 0 && says_about_gpus == Some(GpuScheduling::Restricted),
            says_about_gpus: says_about_gpus.is_some(),
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

    /// The same of a Marathon that has a role of its own: an app that says nothing about roles takes
    /// what is reserved for it, too.
    ///
    /// Source: Marathon's `--mesos_role`.
    #[must_use]
    pub fn with_role(mut self, role: &str) -> Self {
        self.roles.of_framework(role);
        self
    }

    /// The same of a Marathon that was told this about GPUs. An app that says otherwise for itself
    /// is taken at its word.
    #[must_use]
    pub fn with_gpus(mut self, scheduling: GpuScheduling) -> Self {
        if !self.says_about_gpus {
            self.leaves_gpus = self.resources.gpus == 0 && scheduling == GpuScheduling::Restricted;
        }
        self
    }
}

/// A part of a GPU needs a whole one.
fn gpus(amount: Amount) -> u32 {
    u32::try_from(amount.as_thousandths().div_ceil(1000)).unwrap_or(u32::MAX)
}

/// What the app says itself, for its own instances.
///
/// Source: Marathon's label `GPU_SCHEDULING_BEHAVIOR`.
fn says_about_gpus(json: &Map<String, Value>) -> Option<GpuScheduling> {
    match json.get("labels")?.get("GPU_SCHEDULING_BEHAVIOR")?.as_str()? {
        "restricted" => Some(GpuScheduling::Restricted),
        "unrestricted" => Some(GpuScheduling::Unrestricted),
        _ => None,
    }
}

/// The sizes of all volumes that outlive a task, in MiB.
fn persistent_volumes(json: &Map<String, Value>) -> Result<Amount, DemandError> {
    let volumes = json.get("container").and_then(|container| container.get("volumes"));
    let volumes = volumes.and_then(Value::as_array).into_iter().flatten();
    let sizes = volumes.filter_map(|volume| volume.get("persistent")?.get("size"));
    sizes.filter(|size| !size.is_null()).try_fold(Amount::ZERO, |sum, size| {
        let size = size.as_f64().ok_or_else(|| AmountError::of(size)).and_then(Amount::try_from);
        let field = "container.volumes.persistent.size";
        size.map(|size| sum.plus(size)).map_err(|cause| DemandError::Amount { field, cause })
    })
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
    fn volumes_that_stay_need_disk_besides() {
        let volumes = r#""disk": 64, "container": {"volumes": [
            {"containerPath": "a", "mode": "RW", "persistent": {"size": 128}},
            {"containerPath": "b", "hostPath": "/b", "mode": "RO"},
            {"containerPath": "c", "mode": "RW", "persistent": {"size": 1.5, "type": "mount"}}]}"#;
        let json = alloc::format!(r#"{{"id": "/a", "cmd": "a", {volumes}}}"#);
        assert_eq!(demand(&json).unwrap().resources.disk.to_string(), "193.5");
        let error = demand(&json.replace("1.5", "-1.5")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "container.volumes.persistent.size: `-1.5` is not an amount: a number that is not below 0"
        );
    }

    #[test]
    fn gpus_are_left_to_others_by_those_that_ask_for_none() {
        let leaves = |fields: &str, scheduling| {
            let json = alloc::format!(r#"{{"id": "/a", "cmd": "a"{fields}}}"#);
            demand(&json).unwrap().with_gpus(scheduling).leaves_gpus
        };
        let label = |word| alloc::format!(r#", "labels": {{"GPU_SCHEDULING_BEHAVIOR": "{word}"}}"#);
        assert!(leaves("", GpuScheduling::Restricted));
        assert!(!leaves("", GpuScheduling::Unrestricted));
        assert!(!leaves(r#", "gpus": 1"#, GpuScheduling::Restricted));
        assert!(!leaves(&label("unrestricted"), GpuScheduling::Restricted));
        assert!(leaves(&label("restricted"), GpuScheduling::Unrestricted));
        assert!(leaves(&label("no such word"), GpuScheduling::Restricted));
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
