//! Where an instance goes, and what speaks against an agent.

use alloc::vec::Vec;

use super::agents::{Agent, Resources};
use super::constraints::Tally;
use super::demand::Demand;
use super::rejection::{Rejection, Rejections, Short};
use super::room::Room;
use crate::units::AgentId;

impl Room {
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
        let tallies = self.tallies(demand, counted);
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

    /// What speaks against an agent: nothing if it is good enough for an instance, and
    /// [`Rejection::Inactive`] of one that is not there. `counted` is as for [`place`](Self::place).
    pub fn rejections_of(
        &self,
        agent: &AgentId,
        demand: &Demand,
        counted: &[AgentId],
    ) -> Vec<Rejection> {
        self.of(agent, demand, counted, |position, tallies| {
            self.rejections(position, demand, tallies)
        })
    }

    /// Which constraints speak against an instance that comes back to an agent where its resources are
    /// reserved. `counted` is as for [`place`](Self::place), without that instance.
    ///
    /// Source: Marathon's `InstanceOpFactoryImpl`, which looks at constraints then, too.
    pub fn violations_of(
        &self,
        agent: &AgentId,
        demand: &Demand,
        counted: &[AgentId],
    ) -> Vec<Rejection> {
        self.of(agent, demand, counted, |position, tallies| {
            violations(&self.agents[position], demand, tallies)
        })
    }

    /// What a rule says of an agent by its position, or that it is not there.
    fn of(
        &self,
        agent: &AgentId,
        demand: &Demand,
        counted: &[AgentId],
        rule: impl FnOnce(usize, &[Tally<'_>]) -> Vec<Rejection>,
    ) -> Vec<Rejection> {
        match self.position(agent) {
            Some(position) => rule(position, &self.tallies(demand, counted)),
            None => [Rejection::Inactive].into(),
        }
    }

    fn tallies(&self, demand: &Demand, counted: &[AgentId]) -> Vec<Tally<'_>> {
        demand.tallies(&counted.iter().filter_map(|id| self.agent(id)))
    }

    /// What speaks against the agent at a position.
    pub(crate) fn rejections(
        &self,
        position: usize,
        demand: &Demand,
        tallies: &[Tally<'_>],
    ) -> Vec<Rejection> {
        let agent = &self.agents[position];
        if !agent.is_active {
            return [Rejection::Inactive].into();
        }
        let open = self.open_at(position, demand);
        if !open.is_any {
            return [Rejection::Role].into();
        }
        let short = short_of(open.resources, demand.resources);
        if !short.is_empty() {
            return short;
        }
        let violated = violations(agent, demand, tallies);
        if !violated.is_empty() {
            return violated;
        }
        let ports = self.ports_short_of(position, demand, open.resources.n_ports);
        let keeps_gpus = demand.leaves_gpus && self.free_at(position).gpus > 0;
        if ports.is_empty() && keeps_gpus { [Rejection::ScarceGpus].into() } else { ports }
    }

    /// How many instances the agent at a position takes one after the other, if constraints look at
    /// no other instance: as often as [`rejections`](Self::rejections) has nothing to say.
    pub(crate) fn slots(&self, position: usize, demand: &Demand) -> u32 {
        let alone = demand.rules.iter().filter(|rule| !rule.suits(&self.agents[position])).count();
        if alone > 0 || !self.rejections(position, demand, &[]).is_empty() {
            return 0;
        }
        if demand.ports.iter().any(Option::is_some) {
            return 1;
        }
        let (free, needed) = (self.open_at(position, demand).resources, demand.resources);
        free.times(needed)
    }

    fn ports_short_of(&self, position: usize, demand: &Demand, free: u32) -> Vec<Rejection> {
        let (agent, in_use) = (&self.agents[position], &self.used[position].ports);
        let unreserved = demand.roles.take_unreserved().then_some(&agent.ports);
        let reserved = agent.reserved.iter().filter(|(role, _)| demand.roles.take(role));
        let open = || unreserved.into_iter().chain(reserved.clone().map(|(_, part)| &part.ports));
        let is_inside = |port| open().any(|it| it.as_ref().is_none_or(|it| it.contains(port)));
        let fixed = demand.ports.iter().filter_map(|port| *port);
        let taken = fixed.filter_map(|port| match () {
            () if in_use.contains(port) => Some(Rejection::PortInUse(port)),
            () if is_inside(port) => None,
            () => Some(Rejection::PortOutside(port)),
        });
        taken.chain(Short::of(free, demand.resources.n_ports).map(Rejection::Ports)).collect()
    }

    pub(super) fn free_at(&self, position: usize) -> Resources {
        let (agent, used) = (&self.agents[position], &self.used[position].parts);
        let reserved = agent.reserved.values().enumerate();
        let free = reserved.map(|(at, part)| part.resources.minus(used.reserved_at(at)));
        // Part by part: where more is in use than there is, it is not missing elsewhere.
        free.fold(agent.resources.minus(used.unreserved), Resources::plus)
    }

    /// What is free of what an instance may take.
    pub(super) fn open_at(&self, position: usize, demand: &Demand) -> Open {
        let (agent, used) = (&self.agents[position], &self.used[position].parts);
        let mut open = Open { is_any: false, resources: Resources::NONE };
        if demand.roles.take_unreserved() && agent.resources != Resources::NONE {
            open.add(agent.resources.minus(used.unreserved));
        }
        for (at, (role, part)) in agent.reserved.iter().enumerate() {
            if demand.roles.take(role) {
                open.add(part.resources.minus(used.reserved_at(at)));
            }
        }
        open
    }

    fn load(&self, position: usize) -> Load {
        let (all, used) = (self.agents[position].total(), self.used[position].parts.total());
        let share = |used: u64, all: u64| u128::from(used) * 1_000_000 / u128::from(all.max(1));
        let cpus = share(used.cpus.as_thousandths(), all.cpus.as_thousandths());
        let mem = share(used.mem.as_thousandths(), all.mem.as_thousandths());
        Load { share: cpus.max(mem), n_tasks: self.used[position].n_tasks }
    }
}

/// What an instance may take of an agent.
pub(super) struct Open {
    /// Whether there is anything for its roles, in use or not.
    is_any: bool,
    pub(super) resources: Resources,
}

impl Open {
    fn add(&mut self, free: Resources) {
        self.is_any = true;
        self.resources = self.resources.plus(free);
    }
}

fn violations(agent: &Agent, demand: &Demand, tallies: &[Tally<'_>]) -> Vec<Rejection> {
    let rules = demand.rules.iter().zip(tallies);
    rules
        .filter(|(rule, tally)| !rule.accepts(agent, tally, demand.instances))
        .map(|(rule, _)| Rejection::Constraint(rule.constraint().clone()))
        .collect()
}

fn short_of(free: Resources, needed: Resources) -> Vec<Rejection> {
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

/// How much an agent is used: the share of its scarcest resource in millionths, then its tasks.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Load {
    share: u128,
    n_tasks: usize,
}
