//! One step of a timeline.

use core::time::Duration;

use serde::{Deserialize, Serialize};

use super::State;

/// What one step changes. Counts are numbers of instances.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "change")]
#[expect(clippy::exhaustive_enums, reason = "a new kind of step must break every reader")]
pub enum Change {
    /// Old instances are told to stop.
    Stop {
        /// How many.
        count: u32,
    },
    /// Old instances are confirmed dead.
    Die {
        /// How many.
        count: u32,
    },
    /// New instances are launched.
    Launch {
        /// How many.
        count: u32,
    },
    /// New instances run, and their checks begin.
    Run {
        /// How many.
        count: u32,
    },
    /// New instances are through their checks.
    BecomeHealthy {
        /// How many.
        count: u32,
    },
    /// New instances get through their checks one after the other, and for each of the first
    /// `stopped` of them one old instance is told to stop before the next one is looked at.
    Exchange {
        /// How many became healthy.
        healthy: u32,
        /// How many old ones were told to stop.
        stopped: u32,
    },
}

impl Change {
    /// The state after this change of `state`. Counts that would go below zero stay there.
    #[must_use]
    pub const fn applied_to(self, state: State) -> State {
        let State { mut old, mut new } = state;
        match self {
            Self::Stop { count } => {
                old.healthy = old.healthy.saturating_sub(count);
                old.dying += count;
            }
            Self::Die { count } => old.dying = old.dying.saturating_sub(count),
            Self::Launch { count } => new.starting += count,
            Self::Run { count } => {
                new.starting = new.starting.saturating_sub(count);
                new.running += count;
            }
            Self::BecomeHealthy { count } => {
                new.running = new.running.saturating_sub(count);
                new.healthy += count;
            }
            Self::Exchange { healthy, stopped } => {
                new.running = new.running.saturating_sub(healthy);
                new.healthy += healthy;
                old.healthy = old.healthy.saturating_sub(stopped);
                old.dying += stopped;
            }
        }
        State { old, new }
    }
}

/// One change of a timeline, and what there is after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// When, counted from the start of the replacement.
    pub at: Duration,
    /// What changes.
    #[serde(flatten)]
    pub change: Change,
    /// Instances after the change.
    pub state: State,
}

impl Step {
    /// The same step later, after so many healthy instances turned from old into new.
    pub(super) fn moved(mut self, later: Duration, exchanged: u32) -> Self {
        self.at += later;
        self.state.old.healthy -= exchanged;
        self.state.new.healthy += exchanged;
        self
    }
}
