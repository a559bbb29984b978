//! What all tasks of a lab share: the machine that they run on.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use tokio_util::task::TaskTracker;
use zdd_core::placement::Agent;
use zdd_core::units::AgentId;

use super::guard::{Guard, Marker};
use super::ports::Ports;
use super::probe::Prober;
use super::process;
use super::process_sandbox::Sandboxes;
use super::process_strays::Strays;

/// The machine, as far as tasks have to do with it.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) marker: Marker,
    pub(crate) guard: Guard,
    pub(crate) strays: Strays,
    pub(crate) ports: Ports,
    pub(crate) sandboxes: Sandboxes,
    pub(crate) prober: Prober,
    /// Everything that must have ended before the lab has.
    pub(crate) tracker: TaskTracker,
    hosts: BTreeMap<AgentId, Host>,
}

/// Where an agent's tasks can be reached.
#[derive(Clone, Debug)]
pub(crate) struct Host {
    pub(crate) name: String,
    pub(crate) address: IpAddr,
}

impl Machine {
    /// Makes the machine ready for tasks.
    pub(crate) fn start(agents: &[Agent], seed: u64) -> io::Result<Arc<Self>> {
        process::adopt_orphans();
        let marker = Marker::new();
        let folder = std::env::temp_dir().join(format!("zdd-lab-{}", marker.as_str()));
        let prober = Prober::new().map_err(io::Error::other)?;
        // From here on the guard removes the folder, if there is nobody else.
        let guard = Guard::start(&marker, &folder)?;
        let sandboxes = Sandboxes::new(folder)?;
        Ok(Arc::new(Self {
            guard,
            marker,
            strays: Strays::start(),
            ports: Ports::new(seed ^ u64::from(std::process::id())),
            sandboxes,
            prober,
            tracker: TaskTracker::new(),
            hosts: agents.iter().map(|agent| (agent.id.clone(), Host::of(agent))).collect(),
        }))
    }

    /// Where the tasks of an agent can be reached.
    pub(crate) fn host(&self, agent: &AgentId) -> Option<&Host> {
        self.hosts.get(agent)
    }
}

impl Host {
    fn of(agent: &Agent) -> Self {
        let address = agent.ip.or_else(|| agent.hostname.parse().ok());
        Self {
            name: agent.hostname.clone(),
            address: address.unwrap_or(Ipv4Addr::LOCALHOST.into()),
        }
    }
}
