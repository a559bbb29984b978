//! Why instances wait, in words.

use std::collections::{BTreeMap, BTreeSet};

use zdd_core::fit::{Scene, Stall};
use zdd_core::placement::{Amount, Rejection, Rejections, Room, Short};
use zdd_core::units::AgentId;

use crate::text::plural;

/// One reason, and the agents that are not good enough for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TurnedDown<'a> {
    /// Such as `InsufficientCpus`.
    pub(super) word: &'static str,
    kind: Kind,
    pub(super) n_agents: usize,
    /// The one that lacks the least, where something is short.
    pub(super) nearest: Option<Nearest<'a>>,
}

/// The agent that comes nearest to being good enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Nearest<'a> {
    pub(super) agent: &'a AgentId,
    pub(super) free: Amount,
    pub(super) needed: Amount,
}

/// Which clause says it. Their order is the one in which Marathon looks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Inactive,
    Role,
    /// With the constraint.
    Constraint(String),
    Cpus,
    Memory,
    Disk,
    Gpus,
    Ports,
    PortInUse(u16),
    PortOutside(u16),
    ScarceGpus,
    /// In its own words.
    Other(String),
}

/// The reasons, those first that speak against most agents. An agent counts under each of its reasons.
pub(super) fn turned_down(rejections: &Rejections) -> Vec<TurnedDown<'_>> {
    let mut found: BTreeMap<Kind, TurnedDown<'_>> = BTreeMap::new();
    for (agent, why) in &rejections.agents {
        let mut seen = BTreeSet::new();
        for rejection in why {
            let (kind, short) = taken_apart(rejection);
            let entry = found.entry(kind.clone()).or_insert_with(|| TurnedDown {
                word: rejection.word(),
                kind: kind.clone(),
                n_agents: 0,
                nearest: None,
            });
            if seen.insert(kind) {
                entry.n_agents += 1;
            }
            if let Some(Short { free, needed }) = short
                && entry
                    .nearest
                    .is_none_or(|nearest| lacks(nearest.free, nearest.needed) > lacks(free, needed))
            {
                entry.nearest = Some(Nearest { agent, free, needed });
            }
        }
    }
    let mut found: Vec<_> = found.into_values().collect();
    // Stable: of equally many the one that Marathon looks at first.
    found.sort_by_key(|it| std::cmp::Reverse(it.n_agents));
    found
}

const fn lacks(free: Amount, needed: Amount) -> Amount {
    needed.minus(free)
}

fn taken_apart(rejection: &Rejection) -> (Kind, Option<Short<Amount>>) {
    let whole = |short: &Short<u32>| {
        Some(Short { free: Amount::whole(short.free), needed: Amount::whole(short.needed) })
    };
    match rejection {
        Rejection::Inactive => (Kind::Inactive, None),
        Rejection::Role => (Kind::Role, None),
        Rejection::Constraint(it) => {
            let value = it.value.as_deref().map_or_else(String::new, |value| format!(" {value}"));
            (Kind::Constraint(format!("{} {}{value}", it.field, it.operator.as_str())), None)
        }
        Rejection::Cpus(short) => (Kind::Cpus, Some(*short)),
        Rejection::Memory(short) => (Kind::Memory, Some(*short)),
        Rejection::Disk(short) => (Kind::Disk, Some(*short)),
        Rejection::Gpus(short) => (Kind::Gpus, whole(short)),
        Rejection::Ports(short) => (Kind::Ports, whole(short)),
        Rejection::PortInUse(port) => (Kind::PortInUse(*port), None),
        Rejection::PortOutside(port) => (Kind::PortOutside(*port), None),
        Rejection::ScarceGpus => (Kind::ScarceGpus, None),
        other => (Kind::Other(other.to_string()), None),
    }
}

impl TurnedDown<'_> {
    /// `have too few cpus (at best 0.4 of 1 free on host-2)`, what its agents do.
    pub(super) fn clause(&self, room: &Room) -> String {
        let is_one = self.n_agents == 1;
        let verb = |one: &'static str, several: &'static str| if is_one { one } else { several };
        let has = verb("has", "have");
        let short = |what: &str, unit: &str| {
            let best = self.nearest.map_or_else(String::new, |it| {
                let (at, host) = (verb("", "at best "), host(room, it.agent));
                format!(" ({at}{} of {}{unit} free on {host})", it.free, it.needed)
            });
            format!("{has} {what}{best}")
        };
        match &self.kind {
            Kind::Inactive => format!("{} not active", verb("is", "are")),
            Kind::Role => format!("{has} nothing for the roles that the app takes"),
            Kind::Constraint(it) => format!("{} not suit {it}", verb("does", "do")),
            Kind::Cpus => short("too few cpus", ""),
            Kind::Memory => short("too little memory", " MiB"),
            Kind::Disk => short("too little disk", " MiB"),
            Kind::Gpus => short("too few GPUs", ""),
            Kind::Ports => short("too few ports", ""),
            Kind::PortInUse(port) => format!("{has} port {port} in use"),
            Kind::PortOutside(port) => format!("{has} no port {port} for the app"),
            Kind::ScarceGpus => {
                format!("{} GPUs for apps that need some", verb("keeps", "keep"))
            }
            Kind::Other(text) => format!("{}: {text}", verb("is turned down", "are turned down")),
        }
    }

    /// The constraint or the port that it is about, in words.
    pub(super) fn about(&self) -> Option<String> {
        match &self.kind {
            Kind::Constraint(it) => Some(it.clone()),
            Kind::PortInUse(port) | Kind::PortOutside(port) => Some(port.to_string()),
            Kind::Other(text) => Some(text.clone()),
            _ => None,
        }
    }
}

/// `3 of 5 agents have too few cpus (…), 2 do not suit hostname UNIQUE`.
pub(super) fn reasons(room: &Room, rejections: &Rejections) -> String {
    let n_agents = room.agents().len();
    let several = plural(n_agents as u64, "agent");
    let clauses = turned_down(rejections).into_iter().enumerate().map(|(n, it)| {
        let who = match (n, it.n_agents, n_agents) {
            (1.., count, _) => count.to_string(),
            (0, 1, 1) => "the only agent".into(),
            (0, 2, 2) => "both agents".into(),
            (0, count, all) if count == all => format!("all {several}"),
            (0, count, _) => format!("{count} of {several}"),
        };
        format!("{who} {}", it.clause(room))
    });
    clauses.collect::<Vec<_>>().join(", ")
}

/// What an agent is called: by its name, unless another one has that, too.
pub(super) fn host<'r>(room: &'r Room, id: &'r AgentId) -> &'r str {
    let Some(agent) = room.agent(id) else { return id.as_str() };
    let alike = room.agents().iter().filter(|other| other.hostname == agent.hostname);
    if alike.take(2).count() == 1 { &agent.hostname } else { id.as_str() }
}

/// `2 of 4 placed, 1 waits`, and which app in which step it is where there are several.
pub(crate) fn waiting(scene: &Scene, stall: &Stall) -> String {
    let Some(exchange) = scene.exchange(stall.step, stall.exchange) else { return String::new() };
    let target = exchange.moves.target();
    let step = match scene.steps.len() {
        0 | 1 => String::new(),
        all => format!("step {} of {all}, ", stall.step + 1),
    };
    let app = match scene.steps.iter().flatten().take(2).count() {
        0 | 1 => String::new(),
        _ => format!("{}: ", exchange.app),
    };
    let wait = if stall.waiting == 1 { "waits" } else { "wait" };
    format!("{step}{app}{} of {target} placed, {} {wait}", stall.placed, stall.waiting)
}

/// All of it as a sentence.
pub(super) fn stands_still(scene: &Scene, stall: &Stall) -> String {
    let old = match stall.old {
        0 => String::new(),
        1 => ", 1 old stays".into(),
        old => format!(", {old} old stay"),
    };
    let text = format!("{}{old}", waiting(scene, stall));
    if scene.room.agents().is_empty() {
        return format!("{text}: there is no agent");
    }
    if stall.rejections.agents.is_empty() {
        return format!("{text}: nothing is stopped or launched any more");
    }
    format!("{text}: {}", reasons(&scene.room, &stall.rejections))
}
