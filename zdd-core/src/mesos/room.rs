//! From what a master says to a room.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::cluster::{Cluster, Node};
use super::task::Task;
use crate::placement::{Agent, Held, PortRanges, Resources, Room};
use crate::simulate::instance_of;
use crate::units::{AgentId, TaskId};

impl Cluster {
    /// The agents with all that runs there. Each task has what it has by its own id, and can be
    /// freed by itself; whatever else is in use stays, and so does what is kept for tasks that do
    /// not run.
    ///
    /// What is offered to a framework at this moment is taken to be free. Offers go round all the
    /// time; whoever has no use for one, and Marathon above all, declines it within seconds. So what
    /// they hold at one moment says little about the next.
    /// [`room_without_offers`](Self::room_without_offers) is for those who want to be sure.
    ///
    /// Where the answer does not say of whose resources a task has which, it has those of its own
    /// role first, as far as they are known to be in use.
    pub fn room(&self) -> Room {
        let mut room = Room::new(self.nodes.iter().map(|node| node.agent.clone()).collect());
        let mut by_agent: BTreeMap<&AgentId, Vec<&Task>> = BTreeMap::new();
        let mut seen: BTreeSet<&TaskId> = BTreeSet::new();
        for task in self.tasks.iter().flatten() {
            // Two frameworks may use the same id. The second one's stays with what is in use.
            if seen.insert(&task.id) {
                by_agent.entry(&task.agent).or_default().push(task);
            }
        }
        for node in &self.nodes {
            let tasks = by_agent.remove(&node.agent.id).unwrap_or_default();
            fill(&mut room, node, &tasks);
        }
        room
    }

    /// The same without what is offered to a framework at this moment.
    pub fn room_without_offers(&self) -> Room {
        let mut room = self.room();
        for node in &self.nodes {
            room.occupy(&node.agent.id, &node.offered);
        }
        room
    }
}

fn fill(room: &mut Room, node: &Node, tasks: &[&Task]) {
    let agent = &node.agent;
    let mut rest = node.used.clone();
    let mut kept: Vec<_> = node.kept.iter().collect();
    // A port says for certain of whose resources it is, and then the rest is likely to be, too.
    let is_elsewhere = |task: &&Task| {
        let mut of_roles = agent.reserved.values().filter_map(|reserved| reserved.ports.as_ref());
        !of_roles.any(|ports| ports.shared_with(&task.ports).is_some())
    };
    let mut tasks = tasks.to_vec();
    tasks.sort_by_key(|task| is_elsewhere(task));
    for task in tasks {
        let mut held = Held::default();
        // Marathon marks reservations by the task, or since 1.5 by the first run of the instance.
        let instance = instance_of(&task.id);
        kept.retain(|one| {
            let is_its = one.task.as_ref().is_some_and(|id| instance_of(id) == instance);
            if is_its {
                add(&mut held, &one.held);
            }
            !is_its
        });
        let ports = task.ports.minus(&held.ports);
        let more = task.resources.minus(held.total());
        let more = Resources { n_ports: ports.count(), ..more };
        add(&mut held, &taken(&mut rest, more, ports, task.role.as_deref(), agent));
        room.hold(&task.id, &agent.id, &held);
    }
    for one in kept {
        room.occupy(&agent.id, &one.held);
    }
    room.occupy(&agent.id, &rest);
}

/// Takes what a task has out of what is in use: of its own role, of nobody's, of the others', in
/// this order. What is in use of none of them, it has all the same: the task may be newer than what
/// is said to be in use.
fn taken(
    rest: &mut Held,
    needed: Resources,
    ports: PortRanges,
    role: Option<&str>,
    agent: &Agent,
) -> Held {
    let mut left = Resources { n_ports: 0, ..needed };
    let mut taken = Held::default();
    let mut take_of = |role: Option<&str>, rest: &mut Held| {
        let (from, own_ports) = match role {
            None => (Some(&mut rest.unreserved), agent.ports.as_ref()),
            Some(role) => (
                rest.reserved.get_mut(role),
                agent.reserved.get(role).and_then(|reserved| reserved.ports.as_ref()),
            ),
        };
        let Some(from) = from else { return };
        let mut part = left.least(*from);
        left = left.minus(part);
        let others = own_ports.map_or(PortRanges::NONE, |own| ports.minus(own));
        part.n_ports = from.n_ports.min(ports.count() - others.count());
        *from = from.minus(part);
        let to = match role {
            None => &mut taken.unreserved,
            Some(role) => taken.reserved.entry(role.into()).or_default(),
        };
        *to = to.plus(part);
    };
    let own = role.filter(|role| rest.reserved.contains_key(*role));
    let others: Vec<_> =
        rest.reserved.keys().filter(|role| Some(role.as_str()) != own).cloned().collect();
    if own.is_some() {
        take_of(own, rest);
    }
    take_of(None, rest);
    for role in &others {
        take_of(Some(role), rest);
    }
    taken.unreserved = taken.unreserved.plus(left);
    let known = taken.total().n_ports;
    taken.unreserved.n_ports += needed.n_ports.saturating_sub(known);
    rest.ports = rest.ports.minus(&ports);
    taken.ports = ports;
    taken.reserved.retain(|_, part| *part != Resources::NONE);
    taken
}

fn add(to: &mut Held, more: &Held) {
    to.unreserved = to.unreserved.plus(more.unreserved);
    for (role, resources) in &more.reserved {
        let part = to.reserved.entry(role.clone()).or_default();
        *part = part.plus(*resources);
    }
    to.ports = to.ports.plus(&more.ports);
}
