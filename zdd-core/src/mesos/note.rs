//! What an answer leaves open.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::fmt;

use super::cluster::{Answer, Cluster, Node};
use crate::placement::Resources;

/// Something that is to be known before one trusts a room.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// So many agents are not active, and get no new instances.
    Inactive(usize),
    /// Of so many agents with reservations the answer does not say whose resources are in use.
    RolesInUse(usize),
    /// Of so many agents something is offered to a framework at this moment.
    Offered(usize),
    /// The answer does not say which tasks run, so that no old instance can be told from the rest.
    NoTasks(Answer),
    /// So many tasks run on agents that are not listed.
    Elsewhere(usize),
}

impl Note {
    pub(super) fn of(cluster: &Cluster) -> Vec<Self> {
        let nodes = &cluster.nodes;
        let inactive = nodes.iter().filter(|node| !node.agent.is_active).count();
        let is_open = |node: &&Node| {
            !node.use_is_by_role
                && !node.agent.reserved.is_empty()
                && node.used.total() != Resources::NONE
        };
        let roles = nodes.iter().filter(is_open).count();
        let has_offers = |node: &&Node| node.offered.total() != Resources::NONE;
        let offered = nodes.iter().filter(has_offers).count();
        let ids: BTreeSet<_> = nodes.iter().map(|node| &node.agent.id).collect();
        let tasks = cluster.tasks.iter().flatten();
        let elsewhere = tasks.filter(|task| !ids.contains(&task.agent)).count();
        let counted = [
            (inactive, Self::Inactive as fn(usize) -> Self),
            (roles, Self::RolesInUse),
            (offered, Self::Offered),
            (elsewhere, Self::Elsewhere),
        ];
        let counted = counted.into_iter().filter(|(n, _)| *n > 0).map(|(n, note)| note(n));
        let no_tasks = cluster.tasks.is_none().then_some(Self::NoTasks(cluster.answer));
        counted.chain(no_tasks).collect()
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |f: &mut fmt::Formatter<'_>, n: usize| match n {
            1 => f.write_str("1 agent"),
            _ => write!(f, "{n} agents"),
        };
        match self {
            Self::Inactive(1) => f.write_str("1 agent is not active and gets nothing new"),
            Self::Inactive(n) => write!(f, "{n} agents are not active and get nothing new"),
            Self::RolesInUse(n) => {
                f.write_str("the answer does not say whether reservations of ")?;
                count(f, *n)?;
                f.write_str(" are in use: what runs there is taken to use what all may take")
            }
            Self::Offered(n) => {
                f.write_str("parts of ")?;
                count(f, *n)?;
                f.write_str(" are offered to some framework at this moment, and taken to be free")
            }
            Self::NoTasks(answer) => {
                let route = match answer {
                    Answer::Slaves => "/slaves",
                    Answer::State => "/state",
                    Answer::StateSummary => "/state-summary",
                };
                write!(f, "{route} names no tasks: nothing that runs can be told from the rest")
            }
            Self::Elsewhere(1) => f.write_str("1 task runs on an agent that is not listed"),
            Self::Elsewhere(n) => write!(f, "{n} tasks run on agents that are not listed"),
        }
    }
}
