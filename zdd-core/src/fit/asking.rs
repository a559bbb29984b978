//! Asking once more, with something changed.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::cell::Cell;

use super::count::count;
use super::fix::Fix;
use super::least::{self, Least};
use super::question::{Question, Way};
use super::scene::{Exchange, Scene};
use super::search::{Effort, Search};
use super::verdict::{Stall, Verdict};
use crate::app::Constraint;
use crate::placement::{Agent, Amount, Rejection, Resources};
use crate::units::AgentId;

/// A question with the exchange that stands still.
#[derive(Debug)]
pub(super) struct Asking<'a> {
    pub(super) question: &'a Question,
    pub(super) stall: &'a Stall,
    pub(super) exchange: &'a Exchange,
    pub(super) way: Way,
    effort: Effort,
    /// Questions that are left for changes of the present kind.
    left: Cell<usize>,
}

/// More agents than that are no answer to one plan that does not fit.
const MOST_AGENTS: u32 = 64;
/// So many kinds of agents are tried, the biggest first.
const MOST_KINDS: usize = 3;

impl<'a> Asking<'a> {
    /// None if there is no such exchange.
    pub(super) fn of(question: &'a Question, stall: &'a Stall, effort: Effort) -> Option<Self> {
        let Stall { step, exchange, .. } = *stall;
        let way = question.way(step, exchange)?;
        let exchange = question.scene.exchange(step, exchange)?;
        let left = Cell::new(0);
        Some(Self { question, stall, exchange, way, effort, left })
    }

    /// Goes over to another kind of changes, with questions of its own. The bigger the scene, the fewer
    /// they are.
    pub(super) fn anew(&self) -> &Self {
        let Scene { room, steps } = &self.question.scene;
        let comes_and_goes = steps
            .iter()
            .flatten()
            .map(|exchange| exchange.old.len() + exchange.moves.target().get() as usize);
        let size = room.agents().len() + comes_and_goes.sum::<usize>();
        self.left.set((150_000 / size.max(1)).clamp(16, 64));
        self
    }

    /// Whether the scene fits, which has to be proven, when this is done to it. If no questions are
    /// left, it is taken not to.
    pub(super) fn fits_with(&self, change: impl FnOnce(&mut Scene)) -> bool {
        let Some(left) = self.left.get().checked_sub(1) else { return false };
        self.left.set(left);
        let mut scene = self.question.scene.clone();
        change(&mut scene);
        // Orders that are tried prove nothing, so none are.
        let searched = || Some(Search::new(&scene, self.effort).run()?.verdict);
        count(&scene).or_else(searched) == Some(Verdict::Fits)
    }

    /// The smallest number from 1 to `most` with which it `holds`, as far as questions are left.
    pub(super) fn least(&self, most: u32, holds: impl FnMut(u32) -> bool) -> Option<Least> {
        let found = least::least(most, holds)?;
        Some(Least { is_proven: found.is_proven && self.left.get() > 0, ..found })
    }

    /// Whether it fits when this is done to the exchange that stands still.
    pub(super) fn fits_if(&self, change: impl FnOnce(&mut Exchange)) -> bool {
        self.fits_with(|scene| {
            let step = scene.steps.get_mut(self.stall.step);
            if let Some(exchange) = step.and_then(|step| step.get_mut(self.stall.exchange)) {
                change(exchange);
            }
        })
    }

    /// The port that is in the way; if none is by itself, all of them together.
    pub(super) fn ports(&self) -> Option<Fix> {
        let ports: BTreeSet<u16> = self.rejections().filter_map(port_in_the_way).collect();
        let singles = ports.iter().map(|port| Vec::from([*port]));
        let all = (ports.len() > 1).then(|| ports.iter().copied().collect());
        let mut choices = singles.chain(all);
        let ports = choices.find(|ports: &Vec<u16>| {
            self.fits_if(|exchange| {
                for port in &mut exchange.demand.ports {
                    *port = port.filter(|port| !ports.contains(port));
                }
            })
        });
        ports.map(|ports| Fix::AnyPort { app: self.exchange.app.clone(), ports })
    }

    /// The constraints each of which is in the way.
    pub(super) fn constraints(&self) -> Vec<Fix> {
        let mut all = BTreeSet::new();
        for rule in &self.exchange.demand.rules {
            all.insert(rule.constraint());
        }
        let in_the_way = all.into_iter().filter(|constraint| {
            self.fits_if(|exchange| {
                exchange.demand.rules.retain(|rule| rule.constraint() != *constraint);
            })
        });
        let fix = |constraint: &Constraint| Fix::NoConstraint {
            app: self.exchange.app.clone(),
            constraint: constraint.clone(),
        };
        in_the_way.map(fix).collect()
    }

    /// What is missing on the agent of which least is, for one instance or for several of those that
    /// have no place yet.
    pub(super) fn resources(&self) -> Option<Fix> {
        let agents = self.stall.rejections.agents.iter();
        let missing = agents.filter_map(|(agent, why)| Some((agent, missing(why)?)));
        let needed = self.exchange.demand.resources;
        let (agent, one) = missing.min_by_key(|(_, more)| parts(*more, needed))?;
        let more = |count: u32| {
            // Of what is not short for one there may be enough for several.
            (1..count).fold(one, |sum, _| sum.plus(where_short(needed, one)))
        };
        let missing = self.exchange.moves.target().get().saturating_sub(self.stall.placed);
        let found = self.least(missing.max(1), |count| {
            self.fits_with(|scene| scene.room.grow(agent, more(count)))
        })?;
        let (resources, agent) = (more(found.value), agent.clone());
        Some(Fix::More { agent, resources, is_least: found.is_proven })
    }

    /// How many more agents like one of the biggest it takes.
    pub(super) fn agents(&self) -> Option<Fix> {
        self.kinds().into_iter().find_map(|like| {
            let found = self.least(MOST_AGENTS, |count| {
                self.fits_with(|scene| scene.room.add((1..=count).map(|n| another(like, n))))
            })?;
            let like = like.id.clone();
            Some(Fix::Agents { count: found.value, like, is_least: found.is_proven })
        })
    }

    /// An agent of each kind.
    fn kinds(&self) -> Vec<&'a Agent> {
        let agents = self.question.scene.room.agents().iter();
        let mut agents: Vec<&Agent> = agents.filter(|agent| agent.is_active).collect();
        agents.sort_by_key(|agent| {
            let Resources { cpus, mem, disk, gpus, n_ports } = agent.total();
            core::cmp::Reverse((cpus, mem, disk, gpus, n_ports))
        });
        let mut kinds: Vec<&Agent> = Vec::new();
        for agent in agents {
            if kinds.len() < MOST_KINDS && !kinds.iter().any(|kind| is_of_one_kind(kind, agent)) {
                kinds.push(agent);
            }
        }
        kinds
    }

    fn rejections(&self) -> impl Iterator<Item = &Rejection> {
        self.stall.rejections.agents.iter().flat_map(|(_, why)| why)
    }
}

const fn port_in_the_way(rejection: &Rejection) -> Option<u16> {
    match rejection {
        Rejection::PortInUse(port) | Rejection::PortOutside(port) => Some(*port),
        _ => None,
    }
}

/// What is missing on an agent of which nothing but resources is short.
fn missing(why: &[Rejection]) -> Option<Resources> {
    let mut more = Resources::default();
    for rejection in why {
        match rejection {
            Rejection::Cpus(short) => more.cpus = short.needed.minus(short.free),
            Rejection::Memory(short) => more.mem = short.needed.minus(short.free),
            Rejection::Disk(short) => more.disk = short.needed.minus(short.free),
            Rejection::Gpus(short) => more.gpus = short.needed.saturating_sub(short.free),
            _ => return None,
        }
    }
    (more != Resources::default()).then_some(more)
}

/// How much `more` is, in thousandths of what is `needed`.
fn parts(more: Resources, needed: Resources) -> u128 {
    let part = |more: u64, needed: u64| u128::from(more) * 1000 / u128::from(needed.max(1));
    let amount = |of: fn(&Resources) -> u64| part(of(&more), of(&needed));
    amount(|of| of.cpus.as_thousandths())
        + amount(|of| of.mem.as_thousandths())
        + amount(|of| of.disk.as_thousandths())
        + amount(|of| u64::from(of.gpus))
}

/// `needed`, as far as there is some of `short`.
fn where_short(needed: Resources, short: Resources) -> Resources {
    let amount = |of: fn(&Resources) -> Amount| {
        if of(&short) == Amount::ZERO { Amount::ZERO } else { of(&needed) }
    };
    Resources {
        cpus: amount(|of| of.cpus),
        mem: amount(|of| of.mem),
        disk: amount(|of| of.disk),
        gpus: if short.gpus == 0 { 0 } else { needed.gpus },
        n_ports: 0,
    }
}

/// Whether both are the same but for their names.
fn is_of_one_kind(one: &Agent, other: &Agent) -> bool {
    let mut renamed = other.clone();
    (renamed.id, renamed.hostname, renamed.ip) = (one.id.clone(), one.hostname.clone(), one.ip);
    renamed == *one
}

/// An agent like this one, with a name of its own.
fn another(like: &Agent, n: u32) -> Agent {
    let mut agent = like.clone();
    agent.ip = None;
    agent.hostname = alloc::format!("{}/like/{n}", like.hostname);
    // An id that is as long as may be is the only one that has no room for a name.
    agent.id = alloc::format!("{}/like/{n}", like.id).parse().unwrap_or_else(|_| short_id(n));
    agent
}

/// A name without that of the agent.
fn short_id(n: u32) -> AgentId {
    alloc::format!("like/{n}").parse().expect("a short text is an id")
}
