//! Orders of a big scene, by slots alone.

use alloc::vec::Vec;

use super::count::needs;
use super::run::{len, new_task};
use super::scene::{Exchange, Scene};
use super::slots::{Slots, Spread};
use super::verdict::Stall;
use crate::placement::Room;

/// How two orders end: one in which the old instances go first that make least room, and one in which
/// those do that make most. Nothing where slots are not all that matters.
pub(super) fn walk(scene: &Scene) -> Vec<Result<(), Stall>> {
    let [step] = scene.steps.as_slice() else {
        return Vec::new();
    };
    let [exchange] = step.as_slice() else {
        return Vec::new();
    };
    let slots = Slots::of(exchange, &scene.room)
        .filter(|slots| slots.spread == Spread::No && !slots.keeps_place);
    let (Some(slots), Some(needs)) = (slots, needs(exchange)) else {
        return Vec::new();
    };
    let least = by_room(&slots);
    let most: Vec<usize> = least.iter().rev().copied().collect();
    [least, most].map(|order| one(exchange, &scene.room, &slots, &needs, &order)).into()
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

fn one(
    exchange: &Exchange,
    room: &Room,
    slots: &Slots,
    needs: &[u32],
    order: &[usize],
) -> Result<(), Stall> {
    let mut state = State::new(slots);
    let mut agents =
        order.iter().flat_map(|agent| slots.agents[*agent].olds.iter().map(|_| *agent));
    let mut gone = 0;
    for (placed, needed) in needs.iter().enumerate() {
        while gone < *needed {
            gone += 1;
            if let Some(agent) = agents.next() {
                state.stops(agent);
            }
        }
        if state.total <= placed as u64 {
            return Err(state.stall(exchange, room, len(placed)));
        }
    }
    Ok(())
}

struct State<'a> {
    slots: &'a Slots,
    /// Old instances that are gone, by agent and by group.
    gone: Vec<usize>,
    gone_of: Vec<usize>,
    /// Slots of the agents of each group.
    sums: Vec<u64>,
    total: u64,
}

impl<'a> State<'a> {
    fn new(slots: &'a Slots) -> Self {
        let of_group = |agents: &Vec<usize>| {
            agents.iter().map(|agent| u64::from(slots.agents[*agent].after[0])).sum()
        };
        let sums: Vec<u64> = slots.groups.iter().map(|group| of_group(&group.agents)).collect();
        let mut state = Self {
            slots,
            gone: slots.agents.iter().map(|_| 0).collect(),
            gone_of: slots.groups.iter().map(|_| 0).collect(),
            sums,
            total: 0,
        };
        state.total = (0..slots.groups.len()).map(|group| state.usable(group)).sum();
        state
    }

    fn usable(&self, group: usize) -> u64 {
        let most = self.slots.groups[group].most.as_ref();
        let most = most.and_then(|most| most.get(self.gone_of[group]));
        most.map_or(self.sums[group], |most| self.sums[group].min((*most).into()))
    }

    fn stops(&mut self, agent: usize) {
        let it = &self.slots.agents[agent];
        self.total -= self.usable(it.group);
        let gone = self.gone[agent];
        self.sums[it.group] -= u64::from(it.after[gone]);
        self.sums[it.group] += u64::from(it.after[gone + 1]);
        self.gone[agent] += 1;
        self.gone_of[it.group] += 1;
        self.total += self.usable(it.group);
    }

    /// The state in the room, with `placed` new instances in the first slots.
    fn stall(&self, exchange: &Exchange, room: &Room, placed: u32) -> Stall {
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
        let mut left = placed;
        for (group, of_group) in self.slots.groups.iter().enumerate() {
            let mut usable = self.usable(group);
            for position in &of_group.agents {
                let here = u64::from(self.slots.agents[*position].after[self.gone[*position]]);
                let takes = here.min(usable).min(left.into());
                let agent = room.agents()[*position].id.clone();
                for _ in 0..takes {
                    if let Some(task) = new_task(0, 0, left as usize) {
                        room.take(&task, &agent, &exchange.demand);
                    }
                    counted.push(agent.clone());
                    left -= 1;
                }
                usable -= takes;
            }
        }
        Stall {
            step: 0,
            exchange: 0,
            placed: placed + len(exchange.present.len()),
            waiting: 1,
            old: len(n_old),
            rejections: room.place(&exchange.demand, &counted).err().unwrap_or_default(),
            moves: Vec::new(),
        }
    }
}
