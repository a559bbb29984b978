//! What can be proven by counting: that there is always a slot, or that there is none in the end.

use alloc::vec;
use alloc::vec::Vec;

use super::moves::Mover;
use super::run::len;
use super::scene::{Exchange, Scene};
use super::slots::{Slots, Spread};
use super::verdict::Verdict;
use crate::placement::{Demand, Grouping, Room};

/// The verdict, if counting proves it.
pub(super) fn count(scene: &Scene) -> Option<Verdict> {
    let mut always = true;
    for (step, exchanges) in scene.steps.iter().enumerate() {
        for (at, exchange) in exchanges.iter().enumerate() {
            let needs = needs(exchange)?;
            let scope = Scope { scene, step, at };
            match scope.answer(exchange, &needs) {
                Answer::Never => return Some(Verdict::Stalls),
                Answer::Always => {}
                Answer::Open => always = false,
            }
        }
    }
    always.then_some(Verdict::Fits)
}

/// For each new instance, in the order in which they come: how many old ones are gone by then at the
/// latest. None if the moves come to an end before their end, which is no matter of places.
pub(super) fn needs(exchange: &Exchange) -> Option<Vec<u32>> {
    let present = len(exchange.present.len());
    let (mut mover, orders) = Mover::start(&exchange.moves, len(exchange.old.len()), present);
    let (mut to_stop, mut to_place) = (orders.kill, orders.launch);
    let (mut gone, mut needs) = (0, Vec::new());
    loop {
        let orders = if to_stop > 0 {
            (to_stop, gone) = (to_stop - 1, gone + 1);
            mover.old_gone()
        } else if to_place > 0 {
            to_place -= 1;
            needs.push(gone);
            mover.new_ready()
        } else {
            return mover.is_done().then_some(needs);
        };
        to_stop += orders.kill;
        to_place += orders.launch;
    }
}

/// One exchange among the others.
struct Scope<'a> {
    scene: &'a Scene,
    step: usize,
    at: usize,
}

enum Answer {
    /// Whenever an instance is to be placed, an agent is good enough.
    Always,
    /// At some instance none is, however it came there.
    Never,
    Open,
}

impl Scope<'_> {
    fn answer(&self, exchange: &Exchange, needs: &[u32]) -> Answer {
        // At best, all that others have to stop is gone, and nothing new of them is there.
        let best = Slots::of(exchange, &self.room(true)).map(|slots| Range::of(&slots));
        let is_short = |range: &Range| {
            let places = needs.iter().enumerate();
            places.clone().any(|(placed, gone)| range.total(*gone).1 <= len(placed))
        };
        if best.as_ref().is_some_and(is_short) {
            return Answer::Never;
        }
        let Some(slots) = Slots::of(exchange, &self.room(false)) else {
            return Answer::Open;
        };
        let range = Range::of(&slots);
        let lost = self.lost(&exchange.demand);
        let has_place = |placed: u32, gone: u32| match slots.spread {
            Spread::No => range.total(gone).0.saturating_sub(lost) > placed,
            Spread::Over(grouping, over) => {
                let spread =
                    Spreading { grouping, over, instances: exchange.demand.instances.get() };
                spread.has_place(&range, placed, gone, lost)
            }
        };
        let mut places = needs.iter().enumerate();
        if places.all(|(placed, gone)| has_place(len(placed), *gone)) {
            Answer::Always
        } else {
            Answer::Open
        }
    }

    /// The room without the old instances of the steps before; and, at best, of this one's others.
    fn room(&self, at_best: bool) -> Room {
        let mut room = self.scene.room.clone();
        for (step, exchanges) in self.scene.steps.iter().take(self.step + 1).enumerate() {
            for (at, exchange) in exchanges.iter().enumerate() {
                let is_gone = step < self.step || at_best && at != self.at;
                for old in
                    exchange.old.iter().filter(|old| is_gone && (at_best || !old.keeps_place))
                {
                    room.free(&old.task);
                }
            }
        }
        room
    }

    /// Slots for `demand` that new instances of others take at most, those of the steps before and of
    /// this one.
    fn lost(&self, demand: &Demand) -> u32 {
        let mut lost: u32 = 0;
        for (step, exchanges) in self.scene.steps.iter().take(self.step + 1).enumerate() {
            for (at, other) in exchanges.iter().enumerate() {
                if (step, at) != (self.step, self.at) {
                    let comes = other.moves.target().get().saturating_sub(len(other.present.len()));
                    lost = lost.saturating_add(comes.saturating_mul(taken(&other.demand, demand)));
                }
            }
        }
        lost
    }
}

/// How many slots for `demand` one instance of another app takes on an agent at most.
fn taken(other: &Demand, demand: &Demand) -> u32 {
    let by_resources = other.resources.covers(demand.resources);
    let fixed = |demand: &Demand| demand.ports.iter().any(Option::is_some);
    let by_ports = u32::from(fixed(demand) && !other.ports.is_empty());
    by_resources.max(by_ports)
}

/// For 0, 1, … old instances that are gone: the fewest and the most slots there are, by which ones.
struct Range {
    groups: Vec<Vec<(u32, u32)>>,
    total: Vec<(u32, u32)>,
    /// Whether what old instances leave is for new ones, each one slot more.
    keeps_place: bool,
}

impl Range {
    fn of(slots: &Slots) -> Self {
        let mut groups = Vec::with_capacity(slots.groups.len());
        let mut total = vec![(0, 0)];
        for group in &slots.groups {
            let mut sum = vec![(0, 0)];
            for agent in &group.agents {
                let after = &slots.agents[*agent].after;
                let pairs: Vec<_> = after.iter().map(|slots| (*slots, *slots)).collect();
                sum = with(sum, &pairs);
            }
            if let Some(most) = &group.most {
                for ((fewest, greatest), most) in sum.iter_mut().zip(most) {
                    (*fewest, *greatest) = ((*fewest).min(*most), (*greatest).min(*most));
                }
            }
            total = with(total, &sum);
            groups.push(sum);
        }
        Self { groups, total, keeps_place: slots.keeps_place }
    }

    fn total(&self, gone: u32) -> (u32, u32) {
        let kept = if self.keeps_place { gone } else { 0 };
        let (fewest, most) = at(&self.total, gone);
        (fewest.saturating_add(kept), most.saturating_add(kept))
    }

    fn n_old(&self) -> u32 {
        len(self.total.len() - 1)
    }

    /// The fewest slots of each group, wherever the `gone` ones were.
    fn fewest(&self, gone: u32) -> impl Iterator<Item = u32> + '_ {
        self.groups.iter().map(move |group| {
            let elsewhere = self.n_old() - len(group.len() - 1);
            at(group, gone.saturating_sub(elsewhere)).0
        })
    }
}

fn at(range: &[(u32, u32)], gone: u32) -> (u32, u32) {
    range.get(gone as usize).or(range.last()).copied().unwrap_or_default()
}

/// Both together: for each number that is gone, the best and the worst way to divide it.
fn with(sum: Vec<(u32, u32)>, one: &[(u32, u32)]) -> Vec<(u32, u32)> {
    if let [(fewest, most)] = one {
        let plus = |(a, b): (u32, u32)| (a.saturating_add(*fewest), b.saturating_add(*most));
        return sum.into_iter().map(plus).collect();
    }
    let mut both = vec![(u32::MAX, 0_u32); sum.len() + one.len() - 1];
    for (gone, (fewest, most)) in sum.into_iter().enumerate() {
        for (both, (fewer, more)) in both[gone..].iter_mut().zip(one) {
            both.0 = both.0.min(fewest.saturating_add(*fewer));
            both.1 = both.1.max(most.saturating_add(*more));
        }
    }
    both
}

/// `GROUP_BY` over the groups.
struct Spreading {
    grouping: Grouping,
    over: u32,
    instances: u32,
}

impl Spreading {
    /// Whether each group that can be chosen has a slot for the next instance, in the worst case.
    ///
    /// By the older rule a value that is used is good when it has the fewest; and as soon as there are
    /// `over` values, the fewest are at most `placed / over`. By the newer one it is good up to its
    /// share. Unused values are good where more are wanted, so there have to be as many with a slot.
    fn has_place(&self, range: &Range, placed: u32, gone: u32, lost: u32) -> bool {
        let over = self.over.max(1);
        let each = match self.grouping {
            Grouping::Shares if self.over > 0 => {
                let (share, rest) = (self.instances / over, self.instances % over);
                (placed + 1).min(share + u32::from(rest > 0))
            }
            _ => placed / over + 1,
        };
        let usable = range.fewest(gone).map(|slots| slots.saturating_sub(lost));
        let mut usable = usable.zip(&range.groups).filter(|(_, group)| {
            // A group that never has a slot is never chosen.
            group.last().is_some_and(|(_, most)| *most > 0)
        });
        let mut n_usable = 0;
        usable.all(|(slots, _)| {
            n_usable += 1;
            slots >= each
        }) && n_usable >= over
    }
}
