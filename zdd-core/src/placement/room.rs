//! What is free on which agent, and where an instance goes.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::agents::{Agent, Resources};
use super::constraints::Tally;
use super::demand::Demand;
use super::rejection::{Rejection, Rejections, Short};
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
    agents: Vec<Agent>,
    /// What is in use of the agent at the same position.
    used: Vec<Used>,
    positions: BTreeMap<AgentId, usize>,
    tasks: BTreeMap<TaskId, Held>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Used {
    resources: Resources,
    /// Ports of which the number is known.
    ports: BTreeSet<u16>,
    n_tasks: usize,
}

/// What a task has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) position: usize,
    pub(crate) resources: Resources,
    pub(crate) ports: BTreeSet<u16>,
}

impl Room {
    /// All of `agents`, with nothing in use. Of several with one id the last counts.
    pub fn new(agents: Vec<Agent>) -> Self {
        let positions = agents.iter().enumerate().map(|(at, agent)| (agent.id.clone(), at));
        Self {
            positions: positions.collect(),
            used: agents.iter().map(|_| Used::default()).collect(),
            agents,
            tasks: BTreeMap::new(),
        }
    }

    /// Gives `task` what it needs of `agent`, whether or not that is free; takes back what it had
    /// before. An agent that is not there gives nothing.
    pub fn take(&mut self, task: &TaskId, agent: &AgentId, demand: &Demand) {
        self.free(task);
        let Some(&position) = self.positions.get(agent) else {
            return;
        };
        let used = &mut self.used[position];
        used.resources = used.resources.plus(demand.resources);
        used.n_tasks += 1;
        let resources = demand.resources;
        self.tasks.insert(task.clone(), Held { position, resources, ports: BTreeSet::new() });
        let fixed: Vec<u16> = demand.ports.iter().filter_map(|port| *port).collect();
        self.takes_ports(task, &fixed);
    }

    /// Says which ports a task got besides those that it asked for by number: no other task can be
    /// given them. A task that has nothing gets none.
    pub fn takes_ports(&mut self, task: &TaskId, ports: &[u16]) {
        if let Some(held) = self.tasks.get_mut(task) {
            // A port that another task has stays with that one.
            let used = &mut self.used[held.position].ports;
            held.ports.extend(ports.iter().filter(|port| used.insert(**port)));
        }
    }

    /// Takes back what `task` has. Whether it had something.
    pub fn free(&mut self, task: &TaskId) -> bool {
        self.release(task).is_some()
    }

    /// Takes back what `task` has, and says what that was.
    pub(crate) fn release(&mut self, task: &TaskId) -> Option<Held> {
        let held = self.tasks.remove(task)?;
        let used = &mut self.used[held.position];
        used.resources = used.resources.minus(held.resources);
        used.n_tasks -= 1;
        used.ports.retain(|port| !held.ports.contains(port));
        Some(held)
    }

    /// Gives `task` again what was taken from it.
    pub(crate) fn put_back(&mut self, task: TaskId, held: Held) {
        let used = &mut self.used[held.position];
        used.resources = used.resources.plus(held.resources);
        used.n_tasks += 1;
        used.ports.extend(&held.ports);
        self.tasks.insert(task, held);
    }

    /// What `task` has.
    pub(crate) fn held(&self, task: &TaskId) -> Option<&Held> {
        self.tasks.get(task)
    }

    /// Whether two agents have the same, and the same of it is in use.
    pub(crate) fn are_alike(&self, one: usize, other: usize) -> bool {
        self.agents[one].resources == self.agents[other].resources
            && self.used[one] == self.used[other]
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

    /// What is free of an agent.
    pub fn free_of(&self, id: &AgentId) -> Option<Resources> {
        self.positions.get(id).map(|position| self.free_at(*position))
    }

    /// Where an instance goes: to the agent that is used least, by the greater of its shares of cpus
    /// and memory, then by its number of tasks; of equal ones to the first. `counted` are the agents
    /// of the app's other instances that constraints look at (see
    /// [`counts_for_constraints`](super::counts_for_constraints)), the oldest first.
    ///
    /// Takes time in proportion to agents and, for an app with constraints, `counted`.
    ///
    /// # Errors
    ///
    /// When no agent is good enough; with what speaks against each.
    pub fn place(&self, demand: &Demand, counted: &[AgentId]) -> Result<AgentId, Rejections> {
        let tallies = demand.tallies(&counted.iter().filter_map(|id| self.agent(id)));
        let mut rejections = Rejections::default();
        let mut best: Option<(Load, &Agent)> = None;
        for (position, agent) in self.agents.iter().enumerate() {
            let rejected = self.rejections(position, demand, &tallies);
            if rejected.is_empty() {
                let load = self.load(position);
                if best.as_ref().is_none_or(|(least, _)| load < *least) {
                    best = Some((load, agent));
                }
            } else {
                rejections.agents.push((agent.id.clone(), rejected));
            }
        }
        best.map(|(_, agent)| agent.id.clone()).ok_or(rejections)
    }

    /// What speaks against the agent at a position.
    pub(crate) fn rejections(
        &self,
        position: usize,
        demand: &Demand,
        tallies: &[Tally<'_>],
    ) -> Vec<Rejection> {
        if !demand.takes_unreserved {
            return [Rejection::Role].into();
        }
        let short = self.short_of(position, demand);
        if !short.is_empty() {
            return short;
        }
        let agent = &self.agents[position];
        let rules = demand.rules.iter().zip(tallies);
        let violated: Vec<Rejection> = rules
            .filter(|(rule, tally)| !rule.accepts(agent, tally, demand.instances))
            .map(|(rule, _)| Rejection::Constraint(rule.constraint().clone()))
            .collect();
        if violated.is_empty() { self.ports_short_of(position, demand) } else { violated }
    }

    fn short_of(&self, position: usize, demand: &Demand) -> Vec<Rejection> {
        let (free, needed) = (self.free_at(position), demand.resources);
        [
            Short::of(free.cpus, needed.cpus).map(Rejection::Cpus),
            Short::of(free.mem, needed.mem).map(Rejection::Memory),
            Short::of(free.disk, needed.disk).map(Rejection::Disk),
            Short::of(free.gpus, needed.gpus).map(Rejection::Gpus),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn ports_short_of(&self, position: usize, demand: &Demand) -> Vec<Rejection> {
        let in_use = &self.used[position].ports;
        let fixed = demand.ports.iter().filter_map(|port| *port);
        let taken = fixed.filter(|port| in_use.contains(port)).map(Rejection::PortInUse);
        let free = self.free_at(position).n_ports;
        taken.chain(Short::of(free, demand.resources.n_ports).map(Rejection::Ports)).collect()
    }

    fn free_at(&self, position: usize) -> Resources {
        self.agents[position].resources.minus(self.used[position].resources)
    }

    fn load(&self, position: usize) -> Load {
        let (all, used) = (&self.agents[position].resources, &self.used[position]);
        let share = |used: u64, all: u64| u128::from(used) * 1_000_000 / u128::from(all.max(1));
        let cpus = share(used.resources.cpus.as_thousandths(), all.cpus.as_thousandths());
        let mem = share(used.resources.mem.as_thousandths(), all.mem.as_thousandths());
        Load { share: cpus.max(mem), n_tasks: used.n_tasks }
    }
}

/// How much an agent is used: the share of its scarcest resource in millionths, then its tasks.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Load {
    share: u128,
    n_tasks: usize,
}

#[cfg(test)]
#[path = "room_tests.rs"]
mod tests;
