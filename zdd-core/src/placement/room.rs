//! Agents, and what of them is in use. Where an instance goes is up to [`rules`](super::rules).

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::agents::{Agent, Resources};
use super::demand::Demand;
use super::held::Held;
use super::parts::Parts;
use super::ports::PortRanges;

use crate::units::{AgentId, TaskId};

/// Agents, and what of them is in use.
///
/// ```
/// use zdd_core::app::App;
/// use zdd_core::placement::{Agent, Amount, Demand, Grouping, Resources, Room};
///
/// let resources =
///     Resources { cpus: Amount::whole(1), mem: Amount::whole(512), n_ports: 10, ..Default::default() };
/// let agents = ["a1", "a2"].map(|id| Agent::new(id.parse().unwrap(), id, resources));
/// let mut room = Room::new(agents.into());
///
/// let app = App::parse(r#"{"id": "/shop", "cmd": "./shop", "cpus": 0.6}"#)?;
/// let demand = Demand::of(&app, Grouping::default())?;
/// for (task, agent) in [("shop.1", "a1"), ("shop.2", "a2")] {
///     let placed = room.place(&demand, &[]).unwrap();
///     assert_eq!(placed.as_str(), agent);
///     room.take(&task.parse()?, &placed, &demand);
/// }
/// let rejections = room.place(&demand, &[]).unwrap_err();
/// assert_eq!(rejections.agents[0].1[0].to_string(), "0.4 of 0.6 cpus free");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Room {
    /// Shared by copies, for they never change.
    pub(super) agents: Arc<[Agent]>,
    positions: Arc<BTreeMap<AgentId, usize>>,
    /// What is in use of the agent at the same position.
    pub(super) used: Vec<Used>,
    tasks: BTreeMap<TaskId, Holding>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Used {
    pub(super) parts: Parts,
    /// Ports of which the number is known.
    pub(super) ports: PortRanges,
    pub(super) n_tasks: usize,
}

/// What a task has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Holding {
    position: usize,
    parts: Parts,
    ports: PortRanges,
}

impl Holding {
    /// Whether it is as much as another task has, wherever.
    pub(crate) fn is_as_much_as(&self, other: &Self) -> bool {
        (&self.parts, &self.ports) == (&other.parts, &other.ports)
    }
}

impl Room {
    /// All of `agents`, with nothing in use. Of several with one id the last counts.
    pub fn new(agents: Vec<Agent>) -> Self {
        let positions = agents.iter().enumerate().map(|(at, agent)| (agent.id.clone(), at));
        Self {
            positions: Arc::new(positions.collect()),
            used: agents.iter().map(|_| Used::default()).collect(),
            agents: agents.into(),
            tasks: BTreeMap::new(),
        }
    }

    /// Gives `task` what it needs of `agent`, whether or not that is free; takes back what it had
    /// before. An agent that is not there gives nothing.
    pub fn take(&mut self, task: &TaskId, agent: &AgentId, demand: &Demand) {
        self.free(task);
        if let Some(&position) = self.positions.get(agent) {
            let parts = Parts::taken(demand, &self.agents[position], &self.used[position].parts);
            let fixed = demand.ports.iter().filter_map(|port| *port).collect();
            self.give(task, position, parts, &fixed);
        }
    }

    /// Gives `task` this very much of `agent`, whether or not that is free; takes back what it had
    /// before. An agent that is not there gives nothing.
    pub fn hold(&mut self, task: &TaskId, agent: &AgentId, held: &Held) {
        self.free(task);
        if let Some(&position) = self.positions.get(agent) {
            let parts = Parts::of(held, &self.agents[position]);
            self.give(task, position, parts, &held.ports);
        }
    }

    /// Says that this much of `agent` is in use for good, by whatever it is.
    pub fn occupy(&mut self, agent: &AgentId, held: &Held) {
        if let Some(&position) = self.positions.get(agent) {
            let used = &mut self.used[position];
            used.parts.add(&Parts::of(held, &self.agents[position]));
            used.ports = used.ports.plus(&held.ports);
        }
    }

    fn give(&mut self, task: &TaskId, position: usize, parts: Parts, numbers: &PortRanges) {
        let used = &mut self.used[position];
        used.parts.add(&parts);
        used.n_tasks += 1;
        // A port that another task has stays with that one.
        let new = numbers.minus(&used.ports);
        used.ports = used.ports.plus(&new);
        self.tasks.insert(task.clone(), Holding { position, parts, ports: new });
    }

    /// Says which ports a task got besides those that it asked for by number: no other task can be
    /// given them. A task that has nothing gets none.
    pub fn takes_ports(&mut self, task: &TaskId, ports: &[u16]) {
        if let Some(holding) = self.tasks.get_mut(task) {
            let used = &mut self.used[holding.position].ports;
            let ports: PortRanges = ports.iter().copied().collect();
            let ports = ports.minus(used);
            *used = used.plus(&ports);
            holding.ports = holding.ports.plus(&ports);
        }
    }

    /// Takes back what `task` has. Whether it had something.
    pub fn free(&mut self, task: &TaskId) -> bool {
        self.release(task).is_some()
    }

    /// Takes back what `task` has, and says what that was.
    pub(crate) fn release(&mut self, task: &TaskId) -> Option<Holding> {
        let holding = self.tasks.remove(task)?;
        let used = &mut self.used[holding.position];
        used.parts.remove(&holding.parts);
        used.n_tasks -= 1;
        used.ports = used.ports.minus(&holding.ports);
        Some(holding)
    }

    /// Gives `task` again what was taken from it.
    pub(crate) fn put_back(&mut self, task: TaskId, holding: Holding) {
        let used = &mut self.used[holding.position];
        used.parts.add(&holding.parts);
        used.n_tasks += 1;
        used.ports = used.ports.plus(&holding.ports);
        self.tasks.insert(task, holding);
    }

    /// What `task` has.
    pub(crate) fn holding(&self, task: &TaskId) -> Option<&Holding> {
        self.tasks.get(task)
    }

    /// Whether two agents have the same, and the same of it is in use.
    pub(crate) fn are_alike(&self, one: usize, other: usize) -> bool {
        self.agents[one].has_what_has(&self.agents[other]) && self.used[one] == self.used[other]
    }

    /// Where in the order of the agents the one with this id stands.
    pub(crate) fn position(&self, id: &AgentId) -> Option<usize> {
        self.positions.get(id).copied()
    }

    /// The agents, in the order in which they were given.
    pub fn agents(&self) -> &[Agent] {
        &self.agents
    }

    /// The agent with this id.
    pub fn agent(&self, id: &AgentId) -> Option<&Agent> {
        self.positions.get(id).map(|position| &self.agents[*position])
    }

    /// Whether it is known what `task` has.
    pub fn holds(&self, task: &TaskId) -> bool {
        self.tasks.contains_key(task)
    }

    /// More agents, with nothing in use.
    pub(crate) fn add(&mut self, agents: impl Iterator<Item = Agent>) {
        self.agents = self.agents.iter().cloned().chain(agents).collect();
        self.used.resize_with(self.agents.len(), Used::default);
        let positions = self.agents.iter().enumerate().map(|(at, agent)| (agent.id.clone(), at));
        self.positions = Arc::new(positions.collect());
    }

    /// Lets an agent have so much more. One that is not there stays as it is.
    pub(crate) fn grow(&mut self, id: &AgentId, more: Resources) {
        if let Some(position) = self.positions.get(id) {
            let agent = &mut Arc::make_mut(&mut self.agents)[*position];
            agent.resources = agent.resources.plus(more);
        }
    }

    /// What is free of an agent, whoever it is reserved for.
    pub fn free_of(&self, id: &AgentId) -> Option<Resources> {
        self.positions.get(id).map(|position| self.free_at(*position))
    }

    /// What of it an instance may take, by its role.
    pub fn free_for(&self, id: &AgentId, demand: &Demand) -> Option<Resources> {
        self.positions.get(id).map(|position| self.open_at(*position, demand).resources)
    }

    /// What is in use of an agent.
    pub fn used_of(&self, id: &AgentId) -> Option<Held> {
        let position = *self.positions.get(id)?;
        let used = &self.used[position];
        Some(Held { ports: used.ports.clone(), ..used.parts.held(&self.agents[position]) })
    }

    /// What a task has, and of which agent. None if it has nothing.
    pub fn held_by(&self, task: &TaskId) -> Option<(&AgentId, Held)> {
        let holding = self.tasks.get(task)?;
        let agent = &self.agents[holding.position];
        Some((&agent.id, Held { ports: holding.ports.clone(), ..holding.parts.held(agent) }))
    }
}

#[cfg(test)]
#[path = "room_tests.rs"]
mod tests;
