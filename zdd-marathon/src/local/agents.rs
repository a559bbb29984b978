//! The agents of a lab.

use std::collections::BTreeSet;
use std::io;
use std::net::{IpAddr, Ipv4Addr, TcpListener};

use zdd_core::placement::{Agent, Amount, Resources};

/// So many agents a lab has unless it is told otherwise: enough to see instances spread, and one less
/// than the instances of most examples, so that they also share.
const DEFAULT_COUNT: u8 = 3;

/// Why an agent cannot be simulated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AgentError {
    /// There is none.
    #[error("a lab needs at least one agent")]
    None,
    /// Two have the same id.
    #[error("two agents have the id `{0}`")]
    SameId(String),
    /// Two have the same host name.
    #[error("two agents have the host name `{0}`")]
    SameName(String),
    /// The host name does not lead to the agent's tasks.
    #[error("the host name `{name}` of an agent does not resolve to {}", address.map_or_else(|| "a loopback address".into(), |address| address.to_string()))]
    Unresolved {
        /// The name.
        name: String,
        /// The address that it should have, if one is given.
        address: Option<IpAddr>,
    },
    /// The address is not one of this machine alone.
    #[error("the address {address} of agent `{name}` is not a loopback address")]
    NotLoopback {
        /// The agent's host name.
        name: String,
        /// Its address.
        address: IpAddr,
    },
    /// Nothing can listen on the address.
    #[error("nothing can listen on the address {address} of agent `{name}`")]
    Unusable {
        /// The agent's host name.
        name: String,
        /// Its address.
        address: IpAddr,
        /// What the system says.
        #[source]
        source: io::Error,
    },
}

impl AgentError {
    /// How to go on.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unresolved { name, address } => {
                let address = address.unwrap_or(Ipv4Addr::LOCALHOST.into());
                Some(format!(
                    "use the address {address} as the name, or add `{address} {name}` to /etc/hosts"
                ))
            }
            Self::NotLoopback { .. } => Some("use addresses from 127.0.0.1 on".into()),
            Self::Unusable { address, .. } => Some(format!(
                "make {address} an address of the loopback interface, or use 127.0.0.1"
            )),
            Self::None | Self::SameId(_) | Self::SameName(_) => None,
        }
    }
}

/// Agents on 127.0.0.1 and the addresses after it, as far as this system has them, each with 8 cpus,
/// 32 GiB of memory and no attributes.
///
/// Their host names are these addresses: whoever reads `host` of a task, a load balancer above all,
/// has to be able to connect to it, and no made-up name resolves everywhere.
pub fn default_agents() -> Vec<Agent> {
    (1..=DEFAULT_COUNT)
        .map(|last| Ipv4Addr::new(127, 0, 0, last))
        // Only Linux has all of 127.0.0.0/8 without being asked.
        .filter(|address| *address == Ipv4Addr::LOCALHOST || listen(IpAddr::V4(*address)).is_ok())
        .filter_map(|address| {
            let id = format!("lab-S{}", address.octets()[3] - 1).parse().ok()?;
            let mut agent = Agent::new(id, address.to_string(), default_resources());
            agent.ip = Some(address.into());
            Some(agent)
        })
        .collect()
}

/// What an agent of a lab has unless it is told otherwise. All ports: which of them are free, this
/// machine decides.
pub fn default_resources() -> Resources {
    Resources {
        cpus: Amount::whole(8),
        mem: Amount::whole(32 << 10),
        disk: Amount::whole(256 << 10),
        gpus: 0,
        n_ports: 65_535,
    }
}

/// Checks that tasks can run on these agents and be reached at their host names. Gives each the
/// address that its name leads to, if it has none.
pub(crate) async fn prepare(mut agents: Vec<Agent>) -> Result<Vec<Agent>, AgentError> {
    if agents.is_empty() {
        return Err(AgentError::None);
    }
    let (mut ids, mut names) = (BTreeSet::new(), BTreeSet::new());
    for agent in &mut agents {
        if !ids.insert(agent.id.clone()) {
            return Err(AgentError::SameId(agent.id.to_string()));
        }
        if !names.insert(agent.hostname.clone()) {
            return Err(AgentError::SameName(agent.hostname.clone()));
        }
        let address = address_of(agent).await?;
        let name = || agent.hostname.clone();
        if !address.is_loopback() {
            return Err(AgentError::NotLoopback { name: name(), address });
        }
        listen(address).map_err(|source| AgentError::Unusable { name: name(), address, source })?;
        agent.ip = Some(address);
    }
    Ok(agents)
}

async fn address_of(agent: &Agent) -> Result<IpAddr, AgentError> {
    if let Ok(address) = agent.hostname.parse()
        && agent.ip.is_none_or(|given| given == address)
    {
        return Ok(address);
    }
    let found = tokio::net::lookup_host((agent.hostname.as_str(), 0)).await;
    let mut found = found.into_iter().flatten().map(|at| at.ip());
    found
        .find(|found| agent.ip.map_or(found.is_loopback(), |given| given == *found))
        .ok_or_else(|| AgentError::Unresolved { name: agent.hostname.clone(), address: agent.ip })
}

fn listen(address: IpAddr) -> io::Result<()> {
    TcpListener::bind((address, 0)).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agent(id: &str, name: &str, address: Option<&str>) -> Agent {
        let mut agent = Agent::new(id.parse().unwrap(), name, default_resources());
        agent.ip = address.map(|address| address.parse().unwrap());
        agent
    }

    #[tokio::test]
    async fn the_default_agents_can_be_used() {
        let agents = prepare(default_agents()).await.unwrap();
        assert_eq!(agents[0].hostname, "127.0.0.1");
        assert_eq!(agents[0].id.as_str(), "lab-S0");
        #[cfg(target_os = "linux")]
        assert_eq!(agents.len(), 3);
    }

    #[tokio::test]
    async fn a_name_leads_to_an_address() {
        let agents = prepare(vec![agent("a", "localhost", None)]).await.unwrap();
        assert!(agents[0].ip.unwrap().is_loopback());
        let agents = prepare(vec![agent("a", "127.0.0.1", None)]).await.unwrap();
        assert_eq!(agents[0].ip, Some("127.0.0.1".parse().unwrap()));
    }

    #[tokio::test]
    async fn what_cannot_be_an_agent_is_refused() {
        for (agents, text) in [
            (vec![], "a lab needs at least one agent"),
            (
                vec![agent("a", "127.0.0.1", None), agent("a", "127.0.0.2", None)],
                "two agents have the id `a`",
            ),
            (
                vec![agent("a", "127.0.0.1", None), agent("b", "127.0.0.1", None)],
                "two agents have the host name `127.0.0.1`",
            ),
            (
                vec![agent("a", "10.0.0.1", None)],
                "the address 10.0.0.1 of agent `10.0.0.1` is not a loopback address",
            ),
            (
                vec![agent("a", "127.0.0.1", Some("127.0.0.2"))],
                "the host name `127.0.0.1` of an agent does not resolve to 127.0.0.2",
            ),
            (
                // A label may not begin with a hyphen, so nobody has to be asked.
                vec![agent("a", "-no-host-.invalid", None)],
                "the host name `-no-host-.invalid` of an agent does not resolve to a loopback address",
            ),
        ] {
            assert_eq!(prepare(agents).await.unwrap_err().to_string(), text);
        }
    }
}
