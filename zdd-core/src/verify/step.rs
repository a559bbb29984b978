//! One step of a timeline, as the judge sees it.

use crate::timeline::Version;

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "whoever makes steps knows them all")]
pub enum Change {
    /// Instances were launched.
    Launched,
    /// Launched instances run, and are not yet through their checks.
    Running,
    /// Instances came through their checks, for the first time or again.
    Healthy,
    /// Healthy instances failed their checks.
    Unhealthy,
    /// Instances were told to stop.
    ToldToStop,
    /// Instances that had been told to stop are gone.
    Stopped,
    /// Instances ended by themselves.
    Failed,
}

/// One step of a timeline: `count` instances of one version did one thing at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "whoever makes steps says all of it")]
pub struct Observed<'a> {
    /// Which version.
    pub version: Version,
    /// What.
    pub change: Change,
    /// How many instances.
    pub count: u32,
    /// The task, where one is known.
    pub task: Option<&'a str>,
}
