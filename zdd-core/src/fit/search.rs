//! All orders, looked at one by one.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::run::{self, OldState, Run, len};
use super::scene::{Exchange, Old, Scene};
use super::verdict::{Basis, Fit, Move, Stall, Verdict};
use super::world::{Choice, Standing, World};
use crate::placement::{Agent, Looks, Room, Rule};
use crate::units::AgentId;

/// How much work an answer may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Effort {
    /// So many states may be looked at before the search gives up.
    pub states: usize,
}

impl Effort {
    /// At most so many states.
    #[must_use]
    pub const fn of_states(self, states: usize) -> Self {
        Self { states }
    }
}

impl Default for Effort {
    /// Enough for eight old and eight new instances on five agents that are all different, within
    /// seconds; for far more where agents are alike.
    fn default() -> Self {
        Self { states: 50_000 }
    }
}

/// The search goes as deep as there are moves, on the stack.
const MOST_MOVES: usize = 256;

pub(super) fn n_moves(scene: &Scene) -> usize {
    let exchanges = scene.steps.iter().flatten();
    exchanges.map(|exchange| exchange.old.len() + exchange.moves.target().get() as usize).sum()
}

/// What can come of a state: to stand still, to get to the end, or both.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Ends {
    stalls: bool,
    finishes: bool,
}

impl Ends {
    const NONE: Self = Self { stalls: false, finishes: false };

    const fn are_both(self) -> bool {
        self.stalls && self.finishes
    }
}

pub(super) struct Search<'a> {
    world: World<'a>,
    classes: Vec<u32>,
    most_states: usize,
    known: BTreeMap<Vec<u32>, Ends>,
    /// What was chosen so far, each with its step.
    path: Vec<(usize, Choice)>,
    stall: Option<Stall>,
    finish: Option<Vec<Move>>,
}

/// That there are more states than may be looked at.
struct TooMany;

impl<'a> Search<'a> {
    pub(super) fn new(scene: &'a Scene, effort: Effort) -> Self {
        let world = World::new(scene);
        Self {
            classes: classes(scene, world.room()),
            world,
            most_states: effort.states,
            known: BTreeMap::new(),
            path: Vec::new(),
            stall: None,
            finish: None,
        }
    }

    /// The answer; none if there are too many states.
    pub(super) fn run(mut self) -> Option<Fit> {
        if n_moves(self.world.scene()) > MOST_MOVES {
            return None;
        }
        let ends = self.ends();
        let both = self.stall.is_some() && self.finish.is_some();
        let verdict = match ends {
            Err(TooMany) if !both => return None,
            _ if both => Verdict::MayStall,
            _ if self.stall.is_some() => Verdict::Stalls,
            _ => Verdict::Fits,
        };
        let basis = Basis::Searched { states: self.known.len() };
        Some(Fit { verdict, basis, stall: self.stall, finish: self.finish })
    }

    /// What can come of the state that the world is in.
    fn ends(&mut self) -> Result<Ends, TooMany> {
        let choices = match self.world.standing() {
            Standing::Ended => {
                if self.finish.is_none() {
                    self.finish = Some(self.world.told(&self.path));
                }
                return Ok(Ends { finishes: true, ..Ends::NONE });
            }
            Standing::Still(exchange) => {
                if self.stall.is_none() {
                    self.stall = Some(self.world.stall(exchange, &self.path));
                }
                return Ok(Ends { stalls: true, ..Ends::NONE });
            }
            Standing::GoesOn(choices) => choices,
        };
        let key = self.key();
        if let Some(ends) = self.known.get(&key) {
            return Ok(*ends);
        }
        if self.known.len() >= self.most_states {
            return Err(TooMany);
        }
        let mut ends = Ends::NONE;
        for choice in choices {
            self.path.push((self.world.step(), choice));
            let undo = self.world.apply(choice);
            let after = self.ends();
            self.world.undo(undo);
            self.path.pop();
            let after = after?;
            ends.stalls |= after.stalls;
            ends.finishes |= after.finishes;
            if ends.are_both() {
                break;
            }
        }
        self.known.insert(key, ends);
        Ok(ends)
    }

    /// The state in numbers: the same for states that differ only by which of several agents that are
    /// alike is which.
    fn key(&self) -> Vec<u32> {
        let room = self.world.room();
        let mut key = Vec::new();
        key.push(len(self.world.step()));
        let mut agents: Vec<Vec<u32>> =
            self.classes.iter().map(|class| Vec::from([*class])).collect();
        for (n, run) in self.world.steps().iter().flatten().enumerate() {
            key.extend(run.mover.numbers());
            key.extend([run.to_stop, run.to_place]);
            if run.looks_at_first() {
                key.push(run.first(room).map_or(u32::MAX, len));
                key.push(run.new.first().map_or(u32::MAX, |place| len(place.position)));
            }
            note(run, len(n), &mut agents);
        }
        agents.sort_unstable();
        key.extend(
            agents.into_iter().flat_map(|agent| core::iter::once(len(agent.len())).chain(agent)),
        );
        key
    }
}

/// Adds to each agent what of the run is on it.
fn note(run: &Run<'_>, n: u32, agents: &mut [Vec<u32>]) {
    for place in &run.new {
        agents[place.position].extend([n, u32::MAX]);
    }
    // Each old instance is written down as its class, in the order of the classes: which of several
    // that are alike it is makes no difference.
    let mut left: Vec<(usize, u32, u32)> = Vec::new();
    for old in &run.olds {
        let state = match old.state {
            OldState::Runs => 0,
            OldState::KeepsPlace => 1,
            OldState::Gone => continue,
        };
        left.extend(old.position.map(|position| (position, old.class, state)));
    }
    left.sort_unstable();
    for (position, class, state) in left {
        agents[position].extend([n, class, state]);
    }
}

/// Which agents are alike: they have the same free and in use, the same old instances, and every
/// constraint says the same of them, but for a value that is theirs alone.
fn classes(scene: &Scene, room: &Room) -> Vec<u32> {
    let mut rules = scene.steps.iter().flatten().flat_map(|exchange| &exchange.demand.rules);
    let agents = room.agents();
    if rules.any(|rule| rule.looks() == Looks::AtFirst) {
        return (0..len(agents.len())).collect();
    }
    let mut first_of: Vec<usize> = Vec::new();
    let class_of = |at: usize| {
        let known = first_of.iter().position(|first| are_alike(*first, at, scene, room));
        len(known.unwrap_or_else(|| {
            first_of.push(at);
            first_of.len() - 1
        }))
    };
    (0..agents.len()).map(class_of).collect()
}

fn are_alike(one: usize, other: usize, scene: &Scene, room: &Room) -> bool {
    let (a, b) = (&room.agents()[one], &room.agents()[other]);
    let is_own = |field: &str, agent: &Agent| {
        let value = agent.value_of(field);
        room.agents().iter().filter(|other| other.value_of(field) == value).count() == 1
    };
    let says_the_same = |rule: &Rule| {
        let field = rule.constraint().field.as_str();
        match rule.looks() {
            Looks::Nowhere => rule.suits(a) == rule.suits(b),
            _ if a.value_of(field) == b.value_of(field) => true,
            _ => is_own(field, a) && is_own(field, b) && rule.suits(a) == rule.suits(b),
        }
    };
    let has_the_same = |exchange: &Exchange| {
        let on = |id: &AgentId| -> Vec<&Old> {
            exchange.old.iter().filter(|old| old.agent == *id).collect()
        };
        let (olds, others) = (on(&a.id), on(&b.id));
        let n_present =
            |agent: &Agent| exchange.present.iter().filter(|at| **at == agent.id).count();
        olds.len() == others.len()
            && olds.iter().zip(others).all(|(old, other)| run::are_alike(old, other, room))
            && n_present(a) == n_present(b)
    };
    let mut exchanges = scene.steps.iter().flatten();
    room.are_alike(one, other)
        && exchanges.all(|exchange| {
            exchange.demand.rules.iter().all(says_the_same) && has_the_same(exchange)
        })
}
