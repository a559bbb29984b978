//! An exchange under way.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::vec::Vec;

use super::moves::Mover;
use super::scene::{Exchange, Old};
use super::world::Choice;
use crate::placement::{Agent, Looks, Rejection, Rejections, Room};
use crate::rolling::Orders;
use crate::units::{AgentId, TaskId};

/// An exchange under way.
pub(super) struct Run<'a> {
    pub(super) exchange: &'a Exchange,
    pub(super) mover: Mover<'a>,
    pub(super) to_stop: u32,
    pub(super) to_place: u32,
    pub(super) olds: Vec<OldRun>,
    /// Where new instances are, in the order in which they came.
    pub(super) new: Vec<Place>,
}

/// An old instance under way.
pub(super) struct OldRun {
    /// None for an agent that the room does not know.
    pub(super) position: Option<usize>,
    /// In the order of agents and of what they hold: those that are alike are stopped one after the
    /// other, which is one order instead of many.
    pub(super) class: u32,
    pub(super) state: OldState,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum OldState {
    Runs,
    /// What it held is reserved for the next one.
    KeepsPlace,
    Gone,
}

pub(super) struct Place {
    pub(super) position: usize,
    /// The task in the room; none for one that took a reserved place or was there at the start.
    pub(super) task: Option<TaskId>,
}

impl<'a> Run<'a> {
    pub(super) fn start(exchange: &'a Exchange, room: &Room) -> Self {
        let present = exchange.present.iter().filter_map(|agent| room.position(agent));
        let new: Vec<_> = present.map(|position| Place { position, task: None }).collect();
        let (mover, orders) =
            Mover::start(&exchange.moves, len(exchange.old.len()), len(new.len()));
        let olds = olds(exchange, room);
        let mut run = Self { exchange, mover, to_stop: 0, to_place: 0, olds, new };
        run.follow(orders);
        run
    }

    pub(super) fn follow(&mut self, orders: Orders) {
        self.to_stop += orders.kill;
        self.to_place += orders.launch;
    }

    /// A new instance has a place, and is healthy at once: that it may take its time is no other
    /// order than one in which the old instances take theirs.
    pub(super) fn comes(&mut self, place: Place) {
        self.to_place -= 1;
        self.new.push(place);
        let orders = self.mover.new_ready();
        self.follow(orders);
    }

    /// Old instances that are left.
    pub(super) fn n_old(&self) -> usize {
        self.olds.iter().filter(|old| old.state == OldState::Runs).count()
    }

    pub(super) fn is_done(&self) -> bool {
        self.to_stop == 0 && self.to_place == 0 && self.mover.is_done()
    }

    /// The agents of the instances that constraints look at, the oldest first.
    pub(super) fn counted(&self, room: &Room) -> Vec<AgentId> {
        self.counted_agents(room, None).map(|agent| agent.id.clone()).collect()
    }

    /// The same without the one that comes back to the place of the old instance at `returning`.
    fn counted_agents<'r>(
        &'r self,
        room: &'r Room,
        returning: Option<usize>,
    ) -> impl Iterator<Item = &'r Agent> + Clone {
        let n_kept = self.kept().count();
        // Those that wait for their places are of the new version already.
        let are_new = n_kept <= self.to_place as usize;
        let counts = move |old: &Old, state| match state {
            OldState::Runs => old.counts,
            OldState::KeepsPlace => old.counts || are_new,
            OldState::Gone => false,
        };
        let olds = self.olds.iter().zip(&self.exchange.old).enumerate();
        let olds =
            olds.filter(move |(at, (run, old))| Some(*at) != returning && counts(old, run.state));
        let positions = olds.filter_map(|(_, (run, _))| run.position);
        let positions = positions.chain(self.new.iter().map(|place| place.position));
        positions.filter_map(|position| room.agents().get(position))
    }

    /// What can happen to it next.
    pub(super) fn choices(&self, exchange: usize, room: &Room, choices: &mut Vec<Choice>) {
        if self.to_stop > 0 {
            let mut seen = BTreeSet::new();
            let running = self.olds.iter().enumerate();
            let running = running.filter(|(_, old)| old.state == OldState::Runs);
            let first = running.filter(|(_, old)| seen.insert((old.position, old.class)));
            choices.extend(first.map(|(old, _)| Choice::Stop { exchange, old }));
        }
        if self.to_place == 0 {
            return;
        }
        let mut seen = BTreeSet::new();
        let first = self.kept().filter(|(_, old)| seen.insert((old.position, old.class)));
        let good = first.filter(|(old, _)| self.violations(*old, room).is_empty());
        let good: Vec<(usize, &OldRun)> = good.collect();
        choices.extend(good.iter().map(|(old, _)| Choice::TakeOver { exchange, old: *old }));
        if self.to_place as usize <= self.kept().count() {
            // All that come do so to places that are kept.
            return;
        }
        let demand = &self.exchange.demand;
        let tallies = demand.tallies(&self.counted_agents(room, None));
        // An offer goes to an instance that comes back before any other.
        let is_taken = |position| good.iter().any(|(_, old)| old.position == Some(position));
        let open = (0..room.agents().len()).filter(|position| {
            !is_taken(*position) && room.rejections(*position, demand, &tallies).is_empty()
        });
        choices.extend(open.map(|position| Choice::Place { exchange, position }));
    }

    fn kept(&self) -> impl Iterator<Item = (usize, &OldRun)> {
        let olds = self.olds.iter().enumerate();
        olds.filter(|(_, old)| old.state == OldState::KeepsPlace)
    }

    /// What speaks against the next instance in the place that an old one left for it.
    fn violations(&self, old: usize, room: &Room) -> Vec<Rejection> {
        let others: Vec<_> =
            self.counted_agents(room, Some(old)).map(|agent| agent.id.clone()).collect();
        room.violations_of(&self.exchange.old[old].agent, &self.exchange.demand, &others)
    }

    /// What speaks against the next instance, wherever it can go.
    pub(super) fn rejections(&self, room: &Room) -> Rejections {
        if self.to_place == 0 {
            return Rejections::default();
        }
        // An agent is asked once, however many wait for it.
        let mut seen = BTreeSet::new();
        let kept = self.kept().filter(|(_, old)| seen.insert(old.position));
        let kept =
            kept.map(|(old, _)| (self.exchange.old[old].agent.clone(), self.violations(old, room)));
        let mut agents: Vec<_> = kept.collect();
        if self.to_place as usize > self.kept().count() {
            let others = room.place(&self.exchange.demand, &self.counted(room)).err();
            let mut others = others.unwrap_or_default().agents;
            others.retain(|(agent, _)| agents.iter().all(|(known, _)| known != agent));
            agents.append(&mut others);
        }
        Rejections { agents }
    }

    /// Whether it matters which instance is the first.
    pub(super) fn looks_at_first(&self) -> bool {
        self.exchange.demand.rules.iter().any(|rule| rule.looks() == Looks::AtFirst)
    }

    /// The agent of the first instance that counts.
    pub(super) fn first(&self, room: &Room) -> Option<usize> {
        room.position(&self.counted_agents(room, None).next()?.id)
    }
}

/// The old instances with their classes.
fn olds(exchange: &Exchange, room: &Room) -> Vec<OldRun> {
    let looks_at_first = exchange.demand.rules.iter().any(|rule| rule.looks() == Looks::AtFirst);
    let mut first_of: Vec<&Old> = Vec::new();
    let olds = exchange.old.iter().map(|old| {
        // Where the first one matters, so does which of several is stopped.
        let matters = looks_at_first && (old.counts || old.keeps_place);
        let known = first_of.iter().position(|first| are_alike(first, old, room));
        let class = known.filter(|_| !matters).unwrap_or_else(|| {
            first_of.push(old);
            first_of.len() - 1
        });
        OldRun { position: room.position(&old.agent), class: len(class), state: OldState::Runs }
    });
    olds.collect()
}

/// Whether it makes no difference which of two old instances on one agent is stopped.
pub(super) fn are_alike(one: &Old, other: &Old, room: &Room) -> bool {
    let is_as_much = match (room.holding(&one.task), room.holding(&other.task)) {
        (Some(one), Some(other)) => one.is_as_much_as(other),
        (one, other) => one.is_none() && other.is_none(),
    };
    is_as_much && (one.counts, one.keeps_place) == (other.counts, other.keeps_place)
}

/// The name in the room of the new instance at a position of an exchange.
pub(super) fn new_task(step: usize, exchange: usize, n: usize) -> Option<TaskId> {
    Box::<str>::from(format!("{step}/{exchange}/{n}")).try_into().ok()
}

pub(super) fn len(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
