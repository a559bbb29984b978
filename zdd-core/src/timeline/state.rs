//! How many instances are in which stage.

use core::fmt;

use serde::{Deserialize, Serialize};

/// The version that an instance is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(clippy::exhaustive_enums, reason = "there is no third side")]
pub enum Version {
    /// Any version but the new one.
    Old,
    /// The version being deployed.
    New,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Old => "old",
            Self::New => "new",
        })
    }
}

/// Instances of one version, by stage. An instance is in exactly one of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Side {
    /// Launched, and not yet seen running.
    pub starting: u32,
    /// Running, and not yet through its health and readiness checks.
    pub running: u32,
    /// Through its checks (without checks: running): it can serve.
    pub healthy: u32,
    /// Told to stop, and not yet seen dead. It no longer counts as healthy, but it still runs.
    pub dying: u32,
}

impl Side {
    /// Instances that hold resources: those in any stage.
    pub const fn alive(self) -> u64 {
        self.starting as u64 + self.running as u64 + self.healthy as u64 + self.dying as u64
    }
}

/// Instances of the old and of the new version, by stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct State {
    /// Instances of any version but the new one.
    pub old: Side,
    /// Instances of the version being deployed.
    pub new: Side,
}

impl State {
    /// Instances that count against the ceiling: all that hold resources.
    pub const fn running(self) -> u64 {
        self.old.alive() + self.new.alive()
    }

    /// Instances that count for the floor.
    pub const fn healthy(self) -> u64 {
        self.old.healthy as u64 + self.new.healthy as u64
    }
}
