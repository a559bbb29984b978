//! Agents as they are written on a command line.

use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;

use zdd_core::placement::{Agent, Amount, AmountError, Attribute, Resources};
use zdd_core::units::AgentId;
use zdd_marathon::local::default_resources;

/// An agent that is asked for: `127.0.0.2=cpus:4,mem:8192,rack:r1`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AgentSpec(Agent);

/// Why a text is no agent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AgentSpecError {
    #[error("an agent needs a name")]
    NoName,
    #[error("`{0}` is not of the form KEY:VALUE")]
    NotAPair(String),
    #[error("`{0}` is said twice")]
    Twice(String),
    #[error("{key}: {error}")]
    Amount { key: String, error: AmountError },
    #[error("{key}: `{value}` is not a whole number")]
    Count { key: String, value: String },
    #[error("ip: `{0}` is not an address")]
    Address(String),
}

impl AgentSpec {
    /// The agent, as the one at a position among all of a lab.
    pub(super) fn at(&self, position: usize) -> Agent {
        let mut agent = self.0.clone();
        agent.id = id(position);
        agent
    }
}

/// So many agents, at the first addresses of the loopback network: a name that is an address needs
/// nobody to look it up.
pub(super) fn numbered(count: u8) -> Vec<Agent> {
    let agent = |last: u8| {
        let address = Ipv4Addr::new(127, 0, 0, last);
        Agent::new(id(usize::from(last) - 1), address.to_string(), default_resources())
    };
    (1..=count).map(agent).collect()
}

/// The id that Mesos would give: agents are numbered as they come.
fn id(position: usize) -> AgentId {
    format!("lab-S{position}").parse().expect("a short text that is not empty is an id")
}

impl FromStr for AgentSpec {
    type Err = AgentSpecError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, rest) = text.split_once('=').unwrap_or((text, ""));
        if name.trim().is_empty() {
            return Err(AgentSpecError::NoName);
        }
        let mut agent = Agent::new(id(0), name.trim(), default_resources());
        let mut said = Vec::new();
        for pair in rest.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            let (key, value) = pair
                .split_once(':')
                .filter(|(key, value)| !key.is_empty() && !value.is_empty())
                .ok_or_else(|| AgentSpecError::NotAPair(pair.into()))?;
            if said.contains(&key) {
                return Err(AgentSpecError::Twice(key.into()));
            }
            said.push(key);
            set(&mut agent, key, value)?;
        }
        Ok(Self(agent))
    }
}

fn set(agent: &mut Agent, key: &str, value: &str) -> Result<(), AgentSpecError> {
    let Resources { cpus, mem, disk, gpus, n_ports } = &mut agent.resources;
    match key {
        "cpus" => *cpus = amount(key, value)?,
        "mem" => *mem = amount(key, value)?,
        "disk" => *disk = amount(key, value)?,
        "gpus" => *gpus = count(key, value)?,
        "ports" => *n_ports = count(key, value)?,
        "ip" => agent.ip = Some(address(value)?),
        "region" => agent.region = Some(value.into()),
        "zone" => agent.zone = Some(value.into()),
        _ => {
            agent.attributes.insert(key.into(), attribute(value));
        }
    }
    Ok(())
}

fn amount(key: &str, value: &str) -> Result<Amount, AgentSpecError> {
    value.parse().map_err(|error| AgentSpecError::Amount { key: key.into(), error })
}

fn count(key: &str, value: &str) -> Result<u32, AgentSpecError> {
    let refused = |_| AgentSpecError::Count { key: key.into(), value: value.into() };
    value.parse().map_err(refused)
}

fn address(value: &str) -> Result<IpAddr, AgentSpecError> {
    value.parse().map_err(|_| AgentSpecError::Address(value.into()))
}

/// What looks like a number is one to Mesos, too.
fn attribute(value: &str) -> Attribute {
    match value.parse::<f64>() {
        Ok(number) if number.is_finite() => Attribute::Number(number),
        _ => Attribute::Text(value.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_has_what_is_said_and_else_what_all_have() {
        let spec: AgentSpec =
            "one=cpus:0.5, mem:512,ports:2,ip:127.0.0.9,zone:z1,rack:r1,level:2".parse().unwrap();
        let agent = spec.at(4);
        assert_eq!((agent.id.as_str(), agent.hostname.as_str()), ("lab-S4", "one"));
        assert_eq!(agent.resources.cpus, Amount::thousandths(500));
        assert_eq!(agent.resources.mem, Amount::whole(512));
        assert_eq!(agent.resources.n_ports, 2);
        assert_eq!(agent.resources.disk, default_resources().disk);
        assert_eq!(agent.ip, Some("127.0.0.9".parse().unwrap()));
        let value = |field| agent.value_of(field).map(String::from);
        assert_eq!(value("@zone").as_deref(), Some("z1"));
        assert_eq!(value("rack").as_deref(), Some("r1"));
        assert_eq!(agent.attributes["level"], Attribute::Number(2.0));
        let plain: AgentSpec = "127.0.0.2".parse().unwrap();
        assert_eq!(plain.at(0).resources, default_resources());
    }

    #[test]
    fn what_is_no_agent_is_refused() {
        for (text, why) in [
            ("", "an agent needs a name"),
            ("=cpus:1", "an agent needs a name"),
            ("a=cpus", "`cpus` is not of the form KEY:VALUE"),
            ("a=cpus:1,cpus:2", "`cpus` is said twice"),
            ("a=cpus:-1", "cpus: `-1` is not an amount: a number that is not below 0"),
            ("a=ports:1.5", "ports: `1.5` is not a whole number"),
            ("a=ip:here", "ip: `here` is not an address"),
        ] {
            assert_eq!(text.parse::<AgentSpec>().unwrap_err().to_string(), why);
        }
    }

    #[test]
    fn numbered_agents_have_addresses_for_names() {
        let agents = numbered(3);
        let names: Vec<_> = agents.iter().map(|agent| agent.hostname.as_str()).collect();
        assert_eq!(names, ["127.0.0.1", "127.0.0.2", "127.0.0.3"]);
        assert_eq!(agents[2].id.as_str(), "lab-S2");
        assert_eq!(numbered(250).len(), 250);
    }
}
