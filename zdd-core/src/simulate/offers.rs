//! Offers of agents, and what is launched with them.

use alloc::collections::BTreeSet;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::agenda::Timer;
use super::instance::{Instance, Made};
use super::marathon::Marathon;
use super::order::{Launch, Order};
use super::settings::Offering;
use crate::placement::{Rejection, Rejections};
use crate::scaling::Condition;
use crate::units::{AgentId, AppId, TaskId, Timestamp};

impl Marathon {
    /// An agent offers what is free of it. The first waiting instance that it is good enough for is
    /// launched there, one an offer: apps in the order of their ids, instances of an app in the order
    /// in which they came. Which task that is; `None` if nobody takes the offer, or there is none
    /// because the agent is not there or not active.
    ///
    /// An app with a launch delay takes no offer before that is over.
    pub fn offer_from(&mut self, now: Timestamp, agent: &AgentId) -> Option<TaskId> {
        self.clock(now);
        self.settle();
        let is_offered = self.room.agent(agent).is_some_and(|agent| agent.is_active);
        let waiting: Vec<AppId> = self.waiting.iter().filter(|_| is_offered).cloned().collect();
        let taken = waiting.iter().find_map(|app| self.offer_one(app, agent));
        self.settle();
        taken
    }

    /// All agents offer what is free of them, as they do by themselves with [`Offering::AtOnce`]: what
    /// waits and finds its place is launched, each instance on the agent that is used least.
    pub fn offer_from_all(&mut self, now: Timestamp) {
        self.clock(now);
        self.settle();
        while let Some(app) = self.agenda.to_offer.pop_first() {
            self.offer(&app);
            self.settle();
        }
    }

    /// An app for which offers are to be looked at now.
    pub(super) fn next_offered(&mut self) -> Option<AppId> {
        match self.settings.offering {
            Offering::AtOnce => self.agenda.to_offer.pop_first(),
            Offering::WhenTold => None,
        }
    }

    /// Launches those waiting instances of an app for which there is an agent.
    pub(super) fn offer(&mut self, app: &AppId) {
        let Some(fleet) = self.fleets.get(app) else {
            return;
        };
        let mut blocked = BTreeSet::new();
        for number in fleet.waiting.iter().copied().collect::<Vec<_>>() {
            let Some(instance) = self.instance_at(app, number) else {
                continue;
            };
            let (made, is_reserved) = (Arc::clone(&instance.made), instance.is_reserved());
            if blocked.contains(&made.version) && !is_reserved {
                continue;
            }
            if let Some(until) = self.backoff.until(&made.app).filter(|until| *until > self.now) {
                self.at(until, Timer::Offer(app.clone()));
                blocked.insert(made.version);
                continue;
            }
            match self.place(app, number, &made) {
                Ok(agent) => self.provision(app, number, &made, agent),
                // Each of these has an agent of its own.
                Err(rejections) if is_reserved => {
                    for (agent, rejected) in rejections.agents {
                        self.decline_one(app, &agent, rejected);
                    }
                }
                Err(rejections) => {
                    self.decline_all(app, rejections);
                    blocked.insert(made.version);
                }
            }
        }
    }

    /// Offers an app what is free of an agent.
    fn offer_one(&mut self, app: &AppId, agent: &AgentId) -> Option<TaskId> {
        let mut turned_down: Option<Vec<Rejection>> = None;
        let mut blocked = BTreeSet::new();
        for number in self.fleets.get(app)?.waiting.iter().copied().collect::<Vec<_>>() {
            let Some(instance) = self.instance_at(app, number) else {
                continue;
            };
            let (made, reserved) = (Arc::clone(&instance.made), instance.agent.clone());
            let is_delayed = self.backoff.until(&made.app).is_some_and(|until| until > self.now);
            let is_elsewhere = reserved.as_ref().is_some_and(|reserved| reserved != agent);
            let is_blocked = reserved.is_none() && blocked.contains(&made.version);
            if is_delayed || is_elsewhere || is_blocked {
                continue;
            }
            let counted = self.counted(app, number, &made);
            let rejected = if reserved.is_some() {
                self.room.violations_of(agent, &made.demand, &counted)
            } else {
                self.room.rejections_of(agent, &made.demand, &counted)
            };
            if rejected.is_empty() {
                self.provision(app, number, &made, agent.clone());
                return self.instance_at(app, number).map(|instance| instance.task.clone());
            }
            turned_down.get_or_insert(rejected);
            if reserved.is_none() {
                blocked.insert(made.version);
            }
        }
        self.decline_one(app, agent, turned_down?);
        None
    }

    fn place(&self, app: &AppId, number: u64, made: &Made) -> Result<AgentId, Rejections> {
        let fleet = self.fleets.get(app);
        let reserved = fleet.and_then(|fleet| fleet.instances.get(&number)?.agent.clone());
        let counted = self.counted(app, number, made);
        let Some(agent) = reserved else {
            return self.room.place(&made.demand, &counted);
        };
        let violated = self.room.violations_of(&agent, &made.demand, &counted);
        if violated.is_empty() {
            return Ok(agent);
        }
        Err(Rejections { agents: [(agent, violated)].into() })
    }

    /// The agents of the instances that the constraints of an app look at.
    fn counted(&self, app: &AppId, number: u64, made: &Made) -> Vec<AgentId> {
        match self.fleets.get(app) {
            Some(fleet) if !made.app.constraints().is_empty() => {
                let counting = self.settings.counting;
                // One that comes back to what is reserved for it is not in its own way.
                let counts = |one: &Instance| {
                    one.number != number && counting.counts(one.version, &made.app)
                };
                fleet.agents_of(counts)
            }
            _ => Vec::new(),
        }
    }

    fn provision(&mut self, app: &AppId, number: u64, made: &Made, agent: AgentId) {
        let now = self.now;
        let host = self.room.agent(&agent).map(|agent| agent.hostname.clone());
        let Some(fleet) = self.fleets.get_mut(app) else {
            return;
        };
        fleet.offers.processed += 1;
        let Some(instance) = fleet.instances.get_mut(&number) else {
            return;
        };
        (instance.agent, instance.host) = (Some(agent.clone()), host);
        instance.staged_at = Some(now);
        let (task, id) = (instance.task.clone(), instance.id.clone());
        self.room.take(&task, &agent, &made.demand);
        self.waits_no_more(app, number);
        self.set_condition(app, number, Condition::Provisioned);
        let (app, ports) = (Arc::clone(&made.app), made.demand.ports.clone());
        self.orders.push(Order::Launch(Launch { task, instance: id, app, agent, ports }));
    }

    /// All agents turned an app down.
    fn decline_all(&mut self, app: &AppId, rejections: Rejections) {
        let n_offers = rejections.n_offers();
        if let Some(fleet) = self.fleets.get_mut(app) {
            fleet.declined = rejections;
        }
        self.note_unused(app, n_offers);
    }

    /// One agent turned an app down. Of each agent the last time counts.
    ///
    /// Source: Marathon's `OfferMatchStatisticsActor`, which keeps the last unused offer by agent
    /// until nothing of the app waits any more.
    fn decline_one(&mut self, app: &AppId, agent: &AgentId, why: Vec<Rejection>) {
        if let Some(fleet) = self.fleets.get_mut(app) {
            let known = &mut fleet.declined.agents;
            match known.iter_mut().find(|(known, _)| known == agent) {
                Some((_, known)) => *known = why,
                None => known.push((agent.clone(), why)),
            }
        }
        self.note_unused(app, 1);
    }

    fn note_unused(&mut self, app: &AppId, n_offers: u64) {
        let now = self.now;
        if let Some(fleet) = self.fleets.get_mut(app) {
            fleet.offers.processed += n_offers;
            fleet.offers.unused += n_offers;
            fleet.offers.last_unused_at = Some(now);
            fleet.offers.rejected = fleet.declined.summary();
        }
    }
}
