//! Resources of an agent, apart for each role.

use alloc::vec::Vec;

use super::agents::{Agent, Resources};
use super::demand::Demand;
use super::held::Held;

/// Resources of an agent, apart for each role. Most agents have no reservations, and most rooms are
/// copied often: without any, this is no more than [`Resources`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) unreserved: Resources,
    /// In the order of [`Agent::reserved`]; shorter where nothing follows.
    reserved: Vec<Resources>,
}

impl Parts {
    /// What `held` takes of an agent. What it has of a role that the agent has nothing for is taken
    /// of what is reserved for nobody.
    pub(super) fn of(held: &Held, agent: &Agent) -> Self {
        let unknown = held.reserved.iter().filter(|(role, _)| !agent.reserved.contains_key(*role));
        let unreserved =
            unknown.map(|(_, resources)| *resources).fold(held.unreserved, Resources::plus);
        if held.reserved.is_empty() {
            return Self { unreserved, reserved: Vec::new() };
        }
        let of_role = |role| held.reserved.get(role).copied().unwrap_or_default();
        Self { unreserved, reserved: agent.reserved.keys().map(of_role).collect() }
    }

    /// What an instance takes of an agent of which `used` is in use: first of what is reserved, then
    /// of the rest. Only what others can take depends on this order, and only where roles differ.
    /// What nothing is free for is taken all the same, from the last part that the instance takes.
    pub(super) fn taken(demand: &Demand, agent: &Agent, used: &Self) -> Self {
        let mut left = demand.resources;
        let mut taken = Self::default();
        if agent.reserved.is_empty() {
            taken.unreserved = left;
            return taken;
        }
        let n_fixed = demand.ports.iter().flatten().count();
        let mut n_random = left.n_ports.saturating_sub(u32::try_from(n_fixed).unwrap_or(u32::MAX));
        let mut last = None;
        for (at, (role, reserved)) in agent.reserved.iter().enumerate() {
            taken.reserved.push(Resources::NONE);
            if !demand.roles.take(role) {
                continue;
            }
            let free = reserved.resources.minus(used.reserved_at(at));
            let is_here =
                |port: &&u16| reserved.ports.as_ref().is_some_and(|it| it.contains(**port));
            let n_here = demand.ports.iter().flatten().filter(is_here).count();
            let n_here = u32::try_from(n_here).unwrap_or(u32::MAX);
            let n_more = n_random.min(free.n_ports.saturating_sub(n_here));
            n_random -= n_more;
            let mut part = left.least(free);
            part.n_ports = left.n_ports.min(n_here.saturating_add(n_more));
            left = left.minus(part);
            taken.reserved[at] = part;
            last = Some(at);
        }
        match last.filter(|_| !demand.roles.take_unreserved()) {
            Some(last) => taken.reserved[last] = taken.reserved[last].plus(left),
            None => taken.unreserved = left,
        }
        taken
    }

    /// The same, for others to read.
    pub(super) fn held(&self, agent: &Agent) -> Held {
        let mut held = Held { unreserved: self.unreserved, ..Held::default() };
        let reserved = agent.reserved.keys().zip(&self.reserved);
        let there = reserved.filter(|(_, resources)| **resources != Resources::NONE);
        held.reserved = there.map(|(role, resources)| (role.clone(), *resources)).collect();
        held
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.unreserved = self.unreserved.plus(other.unreserved);
        if self.reserved.len() < other.reserved.len() {
            self.reserved.resize(other.reserved.len(), Resources::NONE);
        }
        for (ours, theirs) in self.reserved.iter_mut().zip(&other.reserved) {
            *ours = ours.plus(*theirs);
        }
    }

    pub(super) fn remove(&mut self, other: &Self) {
        self.unreserved = self.unreserved.minus(other.unreserved);
        for (ours, theirs) in self.reserved.iter_mut().zip(&other.reserved) {
            *ours = ours.minus(*theirs);
        }
    }

    pub(super) fn reserved_at(&self, position: usize) -> Resources {
        self.reserved.get(position).copied().unwrap_or_default()
    }

    /// All of it.
    pub(super) fn total(&self) -> Resources {
        self.reserved.iter().copied().fold(self.unreserved, Resources::plus)
    }
}
