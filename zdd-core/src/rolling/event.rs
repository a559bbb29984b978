//! What a replacement sees, and what it asks for.

use serde::{Deserialize, Serialize};

use crate::scaling::{Condition, Goal};
use crate::timeline::Version;
use crate::units::InstanceId;

/// An instance that Marathon tracks when a replacement starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    /// Which.
    pub id: InstanceId,
    /// Of which definition.
    pub version: Version,
    /// What is wanted of it.
    pub goal: Goal,
    /// Whether Marathon since 1.10 takes it for healthy: its own definition has no checks of any
    /// kind, or its [recorded health](Self::recorded_healthy) is good.
    pub considered_healthy: bool,
    /// Whether a health check of Mesos reported it healthy.
    pub recorded_healthy: bool,
}

impl Instance {
    /// An instance that should run and is healthy in every sense.
    pub fn running(id: InstanceId, version: Version) -> Self {
        Self { id, version, goal: Goal::Running, considered_healthy: true, recorded_healthy: true }
    }
}

/// Something that happened to an instance of the app. Events of other apps, and health of other
/// versions than the new one, are left out by whoever feeds the engine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// To which instance.
    pub id: InstanceId,
    /// Of which definition.
    pub version: Version,
    /// What.
    pub change: Change,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(clippy::exhaustive_enums, reason = "an engine that ignores one stands still")]
pub enum Change {
    /// Its condition or its goal is now this.
    Instance {
        /// What Mesos says about it.
        condition: Condition,
        /// What is wanted of it.
        goal: Goal,
    },
    /// Its health checks pass, or fail.
    Health(bool),
    /// Its readiness check passes, or does not.
    Ready(bool),
}

/// Something to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(clippy::exhaustive_enums, reason = "a new action must break every executor")]
pub enum Action {
    /// Set the goal of a running instance, which tells it to stop.
    Kill {
        /// Which instance.
        id: InstanceId,
        /// What is wanted of it from now on.
        goal: Goal,
    },
    /// Set the goal of an instance that died by itself, so that nobody restarts it.
    Forget {
        /// Which instance.
        id: InstanceId,
        /// What is wanted of it from now on.
        goal: Goal,
    },
    /// Ask for so many more instances of the new version. Resident apps take up stopped instances
    /// with their reservations first.
    Launch {
        /// How many.
        count: u32,
    },
    /// Begin the readiness check of an instance.
    CheckReadiness {
        /// Which instance.
        id: InstanceId,
    },
    /// Forget the launch delay that the app earned by failing.
    ResetBackoff,
}
