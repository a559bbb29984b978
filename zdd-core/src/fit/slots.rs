//! How many new instances each agent can hold, by how many of its old ones are gone.
//!
//! New instances of one app are all alike. Where no constraint makes a difference between orders, as
//! many of them find a place as there are slots, whichever goes where: so counting is enough.

use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;

use super::run::{are_alike, len};
use super::scene::Exchange;
use crate::placement::{Demand, Grouping, Looks, Room, Rule};

/// The agents, seen by one exchange.
#[derive(Clone, Debug)]
pub(super) struct Slots {
    /// By position in the room.
    pub(super) agents: Vec<AgentSlots>,
    /// Agents that constraints see as one.
    pub(super) groups: Vec<GroupSlots>,
    pub(super) spread: Spread,
    /// Whether what old instances leave is for new ones only.
    pub(super) keeps_place: bool,
}

#[derive(Clone, Debug)]
pub(super) struct AgentSlots {
    /// For 0, 1, … old instances that are gone. It never falls.
    pub(super) after: Vec<u32>,
    /// The old instances that run on it, by their positions in the exchange.
    pub(super) olds: Vec<usize>,
    pub(super) group: usize,
}

#[derive(Clone, Debug, Default)]
pub(super) struct GroupSlots {
    pub(super) agents: Vec<usize>,
    /// How many new instances it may have, for 0, 1, … old ones of it that are gone; none if any
    /// number.
    pub(super) most: Option<Vec<u32>>,
}

/// Whether new instances have to be spread over the groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spread {
    No,
    Over(Grouping, u32),
}

impl Slots {
    /// None where constraints make a difference between orders that counting does not see.
    pub(super) fn of(exchange: &Exchange, room: &Room) -> Option<Self> {
        let counts = exchange.old.first().is_some_and(|old| old.counts);
        let keeps_place = exchange.old.first().is_some_and(|old| old.keeps_place);
        let are_uniform =
            exchange.old.iter().all(|old| (old.counts, old.keeps_place) == (counts, keeps_place));
        let rules = &exchange.demand.rules;
        let looks = |rule: &&Rule| rule.looks() != Looks::Nowhere;
        if !are_uniform || keeps_place && !rules.is_empty() {
            return None;
        }
        let mut agents = agents_of(exchange, room, keeps_place)?;
        let mut shared: Option<(&str, Looks)> = None;
        for rule in rules.iter().filter(looks) {
            let field = rule.constraint().field.as_str();
            let values = Values::of(field, room);
            match rule.looks() {
                // With one value for all there is nothing to choose.
                Looks::AtFirst if values.positions.len() <= 1 => {}
                Looks::AtFirst => return None,
                Looks::AtSame(most) if values.are_own() => {
                    for (position, agent) in agents.iter_mut().enumerate() {
                        agent.at_most(&left(
                            most,
                            exchange,
                            &[position],
                            agent.olds.len(),
                            counts,
                            room,
                        ));
                    }
                }
                looks => match shared {
                    None => shared = Some((field, looks)),
                    Some(_) => return None,
                },
            }
        }
        let (groups, spread) = grouped(shared, &mut agents, exchange, counts, room)?;
        Some(Self { agents, groups, spread, keeps_place })
    }
}

impl AgentSlots {
    fn at_most(&mut self, most: &[u32]) {
        for (slots, most) in self.after.iter_mut().zip(most) {
            *slots = (*slots).min(*most);
        }
    }
}

/// What is left of `most` at a value that these agents have, for 0, 1, … of its `n_old` old instances
/// that are gone.
fn left(
    most: u32,
    exchange: &Exchange,
    positions: &[usize],
    n_old: usize,
    counts: bool,
    room: &Room,
) -> Vec<u32> {
    let is_here =
        |agent| room.position(agent).is_some_and(|at| positions.binary_search(&at).is_ok());
    let present = exchange.present.iter().filter(|agent| is_here(*agent)).count();
    let left = |gone: usize| {
        let counted = if counts { n_old - gone } else { 0 };
        most.saturating_sub(len(present + counted))
    };
    (0..=n_old).map(left).collect()
}

/// Each agent by itself; none if old instances on one differ, so that it matters which one goes.
fn agents_of(exchange: &Exchange, room: &Room, keeps_place: bool) -> Option<Vec<AgentSlots>> {
    let mut olds: Vec<Vec<usize>> = vec![Vec::new(); room.agents().len()];
    for (n, old) in exchange.old.iter().enumerate() {
        olds.get_mut(room.position(&old.agent)?)?.push(n);
    }
    let mut room = room.clone();
    let demand: &Demand = &exchange.demand;
    olds.into_iter()
        .enumerate()
        .map(|(position, olds)| {
            let old = |n: &usize| &exchange.old[*n];
            let first = olds.first().map(old);
            if olds
                .iter()
                .map(old)
                .any(|one| first.is_some_and(|first| !are_alike(first, one, &room)))
            {
                return None;
            }
            let mut after = vec![room.slots(position, demand)];
            for one in olds.iter().map(old) {
                if !keeps_place {
                    room.free(&one.task);
                }
                after.push(room.slots(position, demand));
            }
            Some(AgentSlots { after, olds, group: 0 })
        })
        .collect()
}

/// The groups that a constraint on a value of several agents makes.
fn grouped(
    shared: Option<(&str, Looks)>,
    agents: &mut [AgentSlots],
    exchange: &Exchange,
    counts: bool,
    room: &Room,
) -> Option<(Vec<GroupSlots>, Spread)> {
    let Some((field, looks)) = shared else {
        return Some((
            [GroupSlots { agents: (0..agents.len()).collect(), most: None }].into(),
            Spread::No,
        ));
    };
    let mut groups = Vec::new();
    // Agents without a value have no slots: what becomes of their old instances is a group, too.
    let values = Values::of(field, room);
    for positions in values.positions.into_values().chain([values.without]) {
        for position in &positions {
            agents[*position].group = groups.len();
        }
        let n_old = positions.iter().map(|position| agents[*position].olds.len()).sum();
        let most = match looks {
            Looks::AtSame(most) => Some(left(most, exchange, &positions, n_old, counts, room)),
            _ => None,
        };
        groups.push(GroupSlots { agents: positions, most });
    }
    match looks {
        Looks::AtAll(..) if counts || !exchange.present.is_empty() => None,
        Looks::AtAll(grouping, over) => Some((groups, Spread::Over(grouping, over))),
        _ => Some((groups, Spread::No)),
    }
}

/// Which agents have which value of a field.
struct Values<'a> {
    positions: BTreeMap<Cow<'a, str>, Vec<usize>>,
    without: Vec<usize>,
}

impl<'a> Values<'a> {
    fn of(field: &str, room: &'a Room) -> Self {
        let mut values = Self { positions: BTreeMap::new(), without: Vec::new() };
        for (position, agent) in room.agents().iter().enumerate() {
            match agent.value_of(field) {
                Some(value) => values.positions.entry(value).or_default().push(position),
                None => values.without.push(position),
            }
        }
        values
    }

    /// Whether no two agents have the same.
    fn are_own(&self) -> bool {
        self.positions.values().all(|positions| positions.len() == 1)
    }
}
