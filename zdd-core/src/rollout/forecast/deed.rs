//! What is done and what happens, in numbers rather than names.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::fmt;

use serde::Serialize;

use super::tally::Tally;
use super::world::World;
use crate::ports::{Force, Name, SetState, Setting};
use crate::rollout::{Action, Side};
use crate::timeline;

/// What an [`Action`] does, with counts instead of names: a plan of ten thousand instances stays short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase", tag = "do")]
#[expect(clippy::exhaustive_enums, reason = "one for each kind of action")]
pub enum Deed {
    /// An app is created.
    Create {
        /// Which.
        side: Side,
        /// With how many instances.
        instances: u32,
    },
    /// The number of instances of an app is set.
    Scale {
        /// Of which.
        side: Side,
        /// To how many.
        instances: u32,
        /// Whether deployments that hold it are cancelled.
        force: bool,
    },
    /// Weights of servers are set.
    Weights {
        /// Of which side.
        side: Side,
        /// How many servers get which weight, the heaviest first.
        weights: Vec<Weighed>,
    },
    /// Servers are set to a state.
    State {
        /// Of which side.
        side: Side,
        /// HAProxy's word for it: `ready`, `drain` or `maint`.
        #[serde(serialize_with = "display")]
        state: SetState,
        /// How many.
        servers: u32,
    },
    /// Sessions are cut.
    Cut {
        /// At servers of which side.
        side: Side,
        /// At how many.
        servers: u32,
    },
    /// Instances are told to stop, and the app shrinks by as many.
    Stop {
        /// Of which side.
        side: Side,
        /// How many.
        instances: u32,
    },
    /// An app is removed, with all that runs of it.
    Remove {
        /// Which.
        side: Side,
        /// Whether deployments that hold it are cancelled.
        force: bool,
    },
}

/// Servers with the same weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[expect(clippy::exhaustive_structs, reason = "a weight, and how many have it")]
pub struct Weighed {
    /// The weight, 0 to 256.
    pub weight: u16,
    /// How many servers have it.
    pub servers: u32,
}

/// What happens by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[expect(clippy::exhaustive_structs, reason = "what, to whom and how often")]
pub struct Event {
    /// What.
    pub what: Happening,
    /// To instances of which side.
    pub side: Side,
    /// To how many.
    pub instances: u32,
}

/// What happens to instances.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(clippy::exhaustive_enums, reason = "all that can happen where nothing fails")]
pub enum Happening {
    /// They run, and their checks begin.
    Running,
    /// They are through their checks.
    Healthy,
    /// Their last session has ended.
    Drained,
    /// They have stopped.
    Gone,
}

impl Deed {
    /// What `action` does in `world`, before it is done. Settings that are in force already are left out.
    pub(super) fn of(action: &Action, world: &World) -> Vec<Self> {
        let side = |app| world.side_of(app);
        let one = match action {
            Action::Set(changes) => {
                return settings(changes.iter().map(|it| (&it.server, it.setting)), world);
            }
            Action::Cut(servers) => {
                let of = |side| Self::Cut { side, servers: count_of(servers, side, world) };
                let is_some = |it: &Self| !matches!(it, Self::Cut { servers: 0, .. });
                return Side::BOTH.into_iter().map(of).filter(is_some).collect();
            }
            Action::Create(app) => {
                Self::Create { side: side(app.id()), instances: app.instances().get() }
            }
            Action::Scale { app, instances, force } => Self::Scale {
                side: side(app),
                instances: instances.get(),
                force: *force == Force::Yes,
            },
            Action::Kill { app, tasks } => {
                let instances = u32::try_from(tasks.len()).unwrap_or(u32::MAX);
                Self::Stop { side: side(app), instances }
            }
            Action::Delete { app, force } => {
                Self::Remove { side: side(app), force: *force == Force::Yes }
            }
        };
        alloc::vec![one]
    }
}

fn count_of(servers: &[Name], side: Side, world: &World) -> u32 {
    let servers: BTreeSet<&Name> = servers.iter().collect();
    let all = &world.pools()[index(side)].instances;
    let count = all.iter().filter(|it| servers.contains(&it.server.name)).count();
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn settings<'a>(changes: impl Iterator<Item = (&'a Name, Setting)>, world: &World) -> Vec<Deed> {
    let mut servers = BTreeMap::new();
    for side in Side::BOTH {
        let all = world.pools()[index(side)].instances.iter();
        servers.extend(all.map(|it| (&it.server.name, (side, &it.server))));
    }
    let mut weights: [BTreeMap<u16, u32>; 2] = Default::default();
    let mut is_changed = [false; 2];
    let mut states: BTreeMap<(Side, SetState), u32> = BTreeMap::new();
    for (name, setting) in changes {
        let Some((side, server)) = servers.get(name) else { continue };
        match setting {
            Setting::Weight(weight) => {
                *weights[index(*side)].entry(weight).or_default() += 1;
                is_changed[index(*side)] |= server.weight != Some(weight);
            }
            Setting::State(state) if server.set != Some(state) => {
                *states.entry((*side, state)).or_default() += 1;
            }
            Setting::State(_) => {}
        }
    }
    let states = states.into_iter();
    let states = states.map(|((side, state), servers)| Deed::State { side, state, servers });
    let weights = Side::BOTH.into_iter().zip(weights).filter(|(side, _)| is_changed[index(*side)]);
    let weights = weights.map(|(side, weights)| {
        let weighed = |(weight, servers)| Weighed { weight, servers };
        Deed::Weights { side, weights: weights.into_iter().rev().map(weighed).collect() }
    });
    states.chain(weights).collect()
}

/// Where a side is in a pair.
pub(super) const fn index(side: Side) -> usize {
    match side {
        Side::Old => 0,
        Side::New => 1,
    }
}

impl Event {
    /// What happened between two moments between which nothing was done.
    pub(super) fn between(before: &Tally, after: &Tally) -> Vec<Self> {
        let mut events = Vec::new();
        let stages = |tally: &Tally| [tally.state.old, tally.state.new];
        let both = stages(before).into_iter().zip(stages(after));
        for (n, (side, (before_it, it))) in Side::BOTH.into_iter().zip(both).enumerate() {
            let timeline::Side { starting, running: _, healthy, dying } = it;
            let healthy = healthy.saturating_sub(before_it.healthy);
            let ran = before_it.starting.saturating_sub(starting);
            let counts = [
                // Those that are through their checks at once did not begin them.
                (Happening::Running, ran.saturating_sub(healthy.min(ran))),
                (Happening::Healthy, healthy),
                (Happening::Drained, before.draining[n].saturating_sub(after.draining[n])),
                (Happening::Gone, before_it.dying.saturating_sub(dying)),
            ];
            let some = counts.into_iter().filter(|(_, instances)| *instances > 0);
            events.extend(some.map(|(what, instances)| Self { what, side, instances }));
        }
        events
    }
}

fn display<S: serde::Serializer>(
    value: &impl fmt::Display,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create { side, instances } => write!(f, "create {side} with {instances}"),
            Self::Scale { side, instances, force: false } => {
                write!(f, "scale {side} to {instances}")
            }
            Self::Scale { side, instances, force: true } => {
                write!(f, "scale {side} to {instances}, at once")
            }
            Self::Weights { side, weights } => {
                write!(f, "weights of {side}")?;
                for (n, it) in weights.iter().enumerate() {
                    let plus = if n == 0 { "" } else { " +" };
                    write!(f, "{plus} {} × {}", it.servers, it.weight)?;
                }
                Ok(())
            }
            Self::State { side, state, servers } => write!(f, "{state} {servers} {side}"),
            Self::Cut { side, servers } => write!(f, "cut sessions at {servers} {side}"),
            Self::Stop { side, instances } => write!(f, "stop {instances} {side}"),
            Self::Remove { side, .. } => write!(f, "remove {side}"),
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.what {
            Happening::Running => "running",
            Happening::Healthy => "healthy",
            Happening::Drained => "drained",
            Happening::Gone => "gone",
        };
        write!(f, "{} {} {what}", self.instances, self.side)
    }
}
