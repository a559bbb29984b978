//! Orders of a big scene, by slots alone.

use alloc::vec::Vec;
use core::iter;

use super::count::needs;
use super::run::{len, new_task};
use super::scene::{Exchange, Scene};
use super::slots::{Slots, Spread};
use super::verdict::Stall;
use crate::placement::Room;

/// More groups than these are not walked over: each instance looks at all of them.
const MOST_GROUPS: usize = 64;

/// How some orders end. Old instances go first where they make least room, or where they make most; and
/// where new ones have to be spread, one group after the other, so that the last one is short for long.
/// Nothing where slots are not all that matters.
pub(super) fn walk(scene: &Scene) -> Vec<Result<(), Stall>> {
    let [step] = scene.steps.as_slice() else {
        return Vec::new();
    };
    let [exchange] = step.as_slice() else {
        return Vec::new();
    };
    let slots = Slots::of(exchange, &scene.room).filter(|slots| {
        !slots.keeps_place && (slots.spread == Spread::No || slots.groups.len() <= MOST_GROUPS)
    });
    let (Some(slots), Some(needs)) = (slots, needs(exchange)) else {
        return Vec::new();
    };
    let least = by_room(&slots);
    let mut orders = Vec::from([reversed(&least), least]);
    if slots.spread != Spread::No {
        let groups: Vec<usize> =
            slots.groups.iter().flat_map(|group| group.agents.iter().copied()).collect();
        orders.extend([reversed(&groups), groups]);
    }
    let way = Way { exchange, room: &scene.room, slots: &slots, needs: &needs };
    orders.iter().map(|order| way.walk(order)).collect()
}

fn reversed(order: &[usize]) -> Vec<usize> {
    order.iter().rev().copied().collect()
}

/// The agents with old instances, those first that make least room for each.
fn by_room(slots: &Slots) -> Vec<usize> {
    let with_olds = slots.agents.iter().enumerate().filter(|(_, agent)| !agent.olds.is_empty());
    let mut order: Vec<usize> = with_olds.map(|(position, _)| position).collect();
    order.sort_by_key(|position| {
        let agent = &slots.agents[*position];
        let (first, last) = (agent.after.first(), agent.after.last());
        let room = last.zip(first).map_or(0, |(last, first)| last - first);
        // In millionths of a slot for each.
        u64::from(room) * 1_000_000 / agent.olds.len() as u64
    });
    order
}

struct Way<'a> {
    exchange: &'a Exchange,
    room: &'a Room,
    slots: &'a Slots,
    needs: &'a [u32],
}

impl Way<'_> {
    fn walk(&self, order: &[usize]) -> Result<(), Stall> {
        let mut state = State::new(self.slots);
        let times = |agent: usize| self.slots.agents[agent].olds.len();
        let mut agents = order.iter().flat_map(|agent| iter::repeat_n(*agent, times(*agent)));
        let mut gone = 0;
        for needed in self.needs {
            while gone < *needed {
                gone += 1;
                if let Some(agent) = agents.next() {
                    state.stops(agent);
                }
            }
            match self.next_group(&state) {
                Some(group) => state.placed[group] += 1,
                None => return Err(self.stall(&state, gone)),
            }
        }
        Ok(())
    }

    fn stall(&self, state: &State<'_>, gone: u32) -> Stall {
        let stall = state.stall(self.exchange, self.room);
        let n_new = stall.placed as usize - self.exchange.present.len();
        let waits = self.needs[n_new..].iter().take_while(|needed| **needed <= gone);
        Stall { waiting: len(waits.count()), ..stall }
    }

    /// The first group that has room for one more and that the constraint allows.
    fn next_group(&self, state: &State<'_>) -> Option<usize> {
        let mut groups = 0..self.slots.groups.len();
        let has_room = |group: &usize| state.usable(*group) > state.placed[*group];
        let Spread::Over(grouping, over) = self.slots.spread else {
            return groups.find(has_room);
        };
        let used =
            || state.placed.iter().filter(|placed| **placed > 0).map(|placed| len32(*placed));
        let instances = self.exchange.demand.instances.get();
        groups
            .filter(has_room)
            .find(|group| grouping.takes(len32(state.placed[*group]), used(), instances, over))
    }
}

fn len32(n: u64) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

struct State<'a> {
    slots: &'a Slots,
    /// Old instances that are gone, by agent and by group.
    gone: Vec<usize>,
    gone_of: Vec<usize>,
    /// Slots of the agents of each group.
    sums: Vec<u64>,
    /// New instances in each group.
    placed: Vec<u64>,
}

impl<'a> State<'a> {
    fn new(slots: &'a Slots) -> Self {
        let of_group = |agents: &Vec<usize>| {
            agents.iter().map(|agent| u64::from(slots.agents[*agent].after[0])).sum()
        };
        let sums: Vec<u64> = slots.groups.iter().map(|group| of_group(&group.agents)).collect();
        Self {
            slots,
            gone: slots.agents.iter().map(|_| 0).collect(),
            gone_of: slots.groups.iter().map(|_| 0).collect(),
            placed: slots.groups.iter().map(|_| 0).collect(),
            sums,
        }
    }

    fn usable(&self, group: usize) -> u64 {
        let most = self.slots.groups[group].most.as_ref();
        let most = most.and_then(|most| most.get(self.gone_of[group]));
        most.map_or(self.sums[group], |most| self.sums[group].min((*most).into()))
    }

    fn stops(&mut self, agent: usize) {
        let it = &self.slots.agents[agent];
        let gone = self.gone[agent];
        self.sums[it.group] -= u64::from(it.after[gone]);
        self.sums[it.group] += u64::from(it.after[gone + 1]);
        self.gone[agent] += 1;
        self.gone_of[it.group] += 1;
    }

    /// The state in the room, with the new instances of each group in its first slots.
    fn stall(&self, exchange: &Exchange, room: &Room) -> Stall {
        let mut room = room.clone();
        let mut counted = Vec::new();
        for (gone, agent) in self.gone.iter().zip(&self.slots.agents) {
            let (goes, stays) = agent.olds.split_at(*gone);
            for old in goes {
                room.free(&exchange.old[*old].task);
            }
            counted.extend(stays.iter().filter(|old| exchange.old[**old].counts).copied());
        }
        counted.sort_unstable();
        let n_old = self.gone.iter().zip(&self.slots.agents).map(|(gone, at)| at.olds.len() - gone);
        let n_old: usize = n_old.sum();
        let mut counted: Vec<_> =
            counted.into_iter().map(|old| exchange.old[old].agent.clone()).collect();
        counted.extend(exchange.present.iter().cloned());
        let mut n_new = 0;
        for (of_group, placed) in self.slots.groups.iter().zip(&self.placed) {
            let mut left = *placed;
            for position in &of_group.agents {
                let here = u64::from(self.slots.agents[*position].after[self.gone[*position]]);
                let agent = room.agents()[*position].id.clone();
                for _ in 0..here.min(left) {
                    if let Some(task) = new_task(0, 0, n_new) {
                        room.take(&task, &agent, &exchange.demand);
                    }
                    counted.push(agent.clone());
                    (n_new, left) = (n_new + 1, left - 1);
                }
            }
        }
        Stall {
            step: 0,
            exchange: 0,
            placed: len(n_new + exchange.present.len()),
            waiting: 0,
            old: len(n_old),
            rejections: room.place(&exchange.demand, &counted).err().unwrap_or_default(),
            moves: Vec::new(),
        }
    }
}
