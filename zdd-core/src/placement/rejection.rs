//! Why agents are not good enough for an instance.

use alloc::string::ToString;
use alloc::vec::Vec;
use core::fmt;

use super::amount::Amount;
use crate::app::Constraint;
use crate::ports::Rejected;
use crate::units::AgentId;

/// Why an agent is not good enough.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rejection {
    /// The agent is gone or being drained: Mesos offers nothing of it.
    Inactive,
    /// The agent has nothing for the roles that the app takes.
    Role,
    /// The agent's value does not suit a constraint.
    Constraint(Constraint),
    /// Too few cpus are free.
    Cpus(Short<Amount>),
    /// Too little memory is free; in MiB.
    Memory(Short<Amount>),
    /// Too little disk is free; in MiB.
    Disk(Short<Amount>),
    /// Too few GPUs are free.
    Gpus(Short<u32>),
    /// Too few ports are free.
    Ports(Short<u32>),
    /// The very port that the app asks for is in use.
    PortInUse(u16),
    /// The very port that the app asks for is not among those of the agent that it may take.
    PortOutside(u16),
    /// The agent has GPUs that are free, and the app asks for none; see
    /// [`GpuScheduling`](super::GpuScheduling).
    ScarceGpus,
}

/// How much is free, and how much of it is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "two amounts")]
pub struct Short<T> {
    /// So much is free.
    pub free: T,
    /// So much is needed.
    pub needed: T,
}

impl<T: PartialOrd> Short<T> {
    /// What is short, if something is.
    pub(super) fn of(free: T, needed: T) -> Option<Self> {
        (free < needed).then_some(Self { free, needed })
    }
}

impl Rejection {
    /// Marathon's word for it in its launch queue. An inactive agent is in nothing that Marathon
    /// says, because it offers nothing that could be turned down: its word is ours.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Inactive => "Inactive",
            Self::Role => "UnfulfilledRole",
            Self::Constraint(_) => "UnfulfilledConstraint",
            Self::Cpus(_) => "InsufficientCpus",
            Self::Memory(_) => "InsufficientMemory",
            Self::Disk(_) => "InsufficientDisk",
            Self::Gpus(_) => "InsufficientGpus",
            Self::Ports(_) | Self::PortInUse(_) | Self::PortOutside(_) => "InsufficientPorts",
            Self::ScarceGpus => "DeclinedScarceResources",
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inactive => f.write_str("not active"),
            Self::Role => f.write_str("nothing is reserved for the roles that the app takes"),
            Self::Constraint(Constraint { field, operator, value, .. }) => {
                write!(f, "does not suit {field} {}", operator.as_str())?;
                value.iter().try_for_each(|value| write!(f, " {value}"))
            }
            Self::Cpus(Short { free, needed }) => write!(f, "{free} of {needed} cpus free"),
            Self::Memory(Short { free, needed }) => {
                write!(f, "{free} of {needed} MiB of memory free")
            }
            Self::Disk(Short { free, needed }) => write!(f, "{free} of {needed} MiB of disk free"),
            Self::Gpus(Short { free, needed }) => write!(f, "{free} of {needed} GPUs free"),
            Self::Ports(Short { free, needed }) => write!(f, "{free} of {needed} ports free"),
            Self::PortInUse(port) => write!(f, "port {port} is in use"),
            Self::PortOutside(port) => write!(f, "port {port} is not one that the app may take"),
            Self::ScarceGpus => {
                f.write_str("has GPUs free, which are kept for apps that need some")
            }
        }
    }
}

/// Why none of the agents is good enough.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rejections {
    /// Each agent with all that speaks against it, in the order of the agents. Resources are looked
    /// at first, constraints only where there is enough of them, and ports only after both.
    pub agents: Vec<(AgentId, Vec<Rejection>)>,
}

impl Rejections {
    /// The reasons in the order of Marathon, which counts each offer under the first that applies.
    const WORDS: [&str; 10] = [
        "UnfulfilledRole",
        "UnfulfilledConstraint",
        "NoCorrespondingReservationFound",
        "AgentMaintenance",
        "InsufficientCpus",
        "InsufficientMemory",
        "InsufficientDisk",
        "InsufficientGpus",
        "InsufficientPorts",
        "DeclinedScarceResources",
    ];

    /// How many agents each of Marathon's reasons turned down, of those that the reasons before it
    /// left; also the reasons that turned down none. Agents that are not active are not among them.
    ///
    /// Source: `rejectSummaryLastOffers` of `GET /v2/queue`.
    pub fn summary(&self) -> Vec<Rejected> {
        let mut left: Vec<_> = self.offered().collect();
        let stages = Self::WORDS.iter().map(|word| {
            let processed = left.len() as u64;
            left.retain(|why| why.iter().all(|rejection| rejection.word() != *word));
            let declined = processed - left.len() as u64;
            Rejected { reason: (*word).to_string(), declined, processed }
        });
        stages.collect()
    }

    /// How many agents had something to offer.
    pub(crate) fn n_offers(&self) -> u64 {
        self.offered().count() as u64
    }

    fn offered(&self) -> impl Iterator<Item = &Vec<Rejection>> {
        let why = self.agents.iter().map(|(_, why)| why);
        why.filter(|why| !why.contains(&Rejection::Inactive))
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    #[test]
    fn each_agent_counts_once_and_under_the_first_reason() {
        let cpus = Rejection::Cpus(Short { free: Amount::ZERO, needed: Amount::whole(1) });
        let memory = Rejection::Memory(Short { free: Amount::ZERO, needed: Amount::whole(1) });
        let agents = vec![
            ("a".parse().unwrap(), vec![memory.clone(), cpus]),
            ("b".parse().unwrap(), vec![memory]),
            ("c".parse().unwrap(), vec![Rejection::PortInUse(80)]),
            ("d".parse().unwrap(), vec![Rejection::Inactive]),
        ];
        let summary = Rejections { agents }.summary();
        let counts: Vec<_> = summary.iter().map(|one| (one.declined, one.processed)).collect();
        assert_eq!(summary.len(), 10);
        assert_eq!(
            counts,
            [(0, 3), (0, 3), (0, 3), (0, 3), (1, 3), (1, 2), (0, 1), (0, 1), (1, 1), (0, 0)]
        );
    }
}
