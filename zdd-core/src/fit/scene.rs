//! What has to fit where.

use alloc::vec::Vec;

use super::moves::Moves;
use crate::placement::{Demand, Room};
use crate::units::{AgentId, AppId, TaskId};

/// A cluster, and what is to be done on it.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "a cluster and a plan")]
pub struct Scene {
    /// The agents with all that runs on them, the old instances of the apps among it.
    pub room: Room,
    /// Steps, one after the other. What is in one step happens at the same time.
    pub steps: Vec<Vec<Exchange>>,
}

/// New instances of an app that come, and old ones that go.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "all that matters of it for its place")]
pub struct Exchange {
    /// Whose instances come.
    pub app: AppId,
    /// What one of them needs.
    pub demand: Demand,
    /// The instances that go, the oldest first. What they hold is in the room under their ids; one
    /// that holds nothing there makes no room when it goes.
    pub old: Vec<Old>,
    /// Where instances of the new version run already, the oldest first.
    pub present: Vec<AgentId>,
    /// How many come and go, and when.
    pub moves: Moves,
}

/// An instance that goes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "all that matters of it for the place of others")]
pub struct Old {
    /// Its task, as the room knows it.
    pub task: TaskId,
    /// Where it runs.
    pub agent: AgentId,
    /// Whether constraints look at it as long as it runs: see
    /// [`Counting`](crate::placement::Counting).
    pub counts: bool,
    /// Whether what it holds stays reserved for the next instance, as that of an app with
    /// persistent volumes.
    pub keeps_place: bool,
}

impl Scene {
    /// One step with one exchange.
    pub fn of(room: Room, exchange: Exchange) -> Self {
        Self { room, steps: [[exchange].into()].into() }
    }

    /// The exchange at a step and a position within it.
    pub fn exchange(&self, step: usize, exchange: usize) -> Option<&Exchange> {
        self.steps.get(step)?.get(exchange)
    }
}
