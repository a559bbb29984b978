//! The events that a verdict depends on, whatever release of Marathon sent them.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::snapshot::Snapshot;
use crate::capacity::UpgradeStrategy;
use crate::units::{InstanceCount, Timestamp};

/// One event of Marathon's stream. It borrows its texts from the recording.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a moment, a place and what happened")]
pub struct Event<'a> {
    /// When Marathon says that it happened.
    pub at: Timestamp,
    /// Line of the recording, from 1.
    pub line: u64,
    /// What happened.
    pub what: What<'a>,
}

/// What an event says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum What<'a> {
    /// An instance reached a stage (`status_update_event`, `instance_changed_event`).
    Stage(About<'a>, Stage),
    /// An instance passed (`true`) or failed its health checks (`health_status_changed_event`,
    /// `instance_health_changed_event`).
    Health(About<'a>, bool),
    /// An app has a new definition (`api_post_event`).
    Defined(Definition<'a>),
    /// An app has health checks (`add_health_check_event`).
    HealthCheckAdded {
        /// The app.
        app: Cow<'a, str>,
    },
    /// A step of a deployment begins, succeeded or failed (`deployment_info`,
    /// `deployment_step_success`, `deployment_step_failure`).
    Step {
        /// The plan that the step is part of.
        plan: Plan<'a>,
        /// What became of the step.
        progress: Progress,
        /// What the step does.
        current: Vec<Action<'a>>,
    },
    /// A deployment ended (`deployment_success`, `deployment_failed`).
    Ended {
        /// The deployment.
        id: Cow<'a, str>,
        /// Whether it reached its end.
        success: bool,
        /// Whether its plan had no step at all: there was nothing to do.
        empty: bool,
    },
    /// What there was at one moment, read by whoever recorded (`zdd_snapshot`).
    Snapshot(Snapshot<'a>),
    /// A known event that says nothing about instances.
    Other,
}

/// The instance that an event is about.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "all that such events have in common")]
pub struct About<'a> {
    /// Id of the app, with its leading slash.
    pub app: Cow<'a, str>,
    /// Id of the task, or of the instance.
    pub task: Cow<'a, str>,
    /// Version of the definition that the instance was made from; may be empty.
    pub version: Cow<'a, str>,
}

/// How far an instance is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "every task state and condition is one of these")]
pub enum Stage {
    /// Wanted, and nothing exists yet or any more (condition `Scheduled`).
    Wanted,
    /// Launched.
    Starting,
    /// Running.
    Running,
    /// Told to stop.
    Stopping,
    /// Gone because it was told to.
    Killed,
    /// Gone for any other reason. Marathon counts unreachable instances among them.
    Ended,
}

impl Stage {
    /// The stage that a Mesos task state, such as `TASK_RUNNING`, means.
    pub fn of_task(state: &str) -> Option<Self> {
        Some(match state {
            "TASK_CREATED" | "TASK_STAGING" | "TASK_STARTING" => Self::Starting,
            "TASK_RUNNING" => Self::Running,
            "TASK_KILLING" => Self::Stopping,
            "TASK_KILLED" => Self::Killed,
            "TASK_FINISHED"
            | "TASK_FAILED"
            | "TASK_ERROR"
            | "TASK_LOST"
            | "TASK_DROPPED"
            | "TASK_GONE"
            | "TASK_GONE_BY_OPERATOR"
            | "TASK_UNREACHABLE"
            | "TASK_UNKNOWN" => Self::Ended,
            _ => return None,
        })
    }

    /// The stage that a condition of Marathon's instances, such as `Running`, means.
    pub fn of_condition(condition: &str) -> Option<Self> {
        Some(match condition {
            "Scheduled" => Self::Wanted,
            "Created" | "Provisioned" | "Staging" | "Starting" => Self::Starting,
            "Running" => Self::Running,
            "Killing" => Self::Stopping,
            "Killed" => Self::Killed,
            "Finished"
            | "Failed"
            | "Error"
            | "Gone"
            | "Dropped"
            | "Unreachable"
            | "UnreachableInactive"
            | "Unknown"
            | "Reserved" => Self::Ended,
            _ => return None,
        })
    }
}

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "Marathon has these three")]
pub enum Progress {
    /// It begins.
    Begins,
    /// It succeeded.
    Succeeded,
    /// It failed.
    Failed,
}

/// One action of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "all that Marathon says")]
pub struct Action<'a> {
    /// The app (or pod).
    pub app: Cow<'a, str>,
    /// What is done to it.
    pub kind: Kind,
}

/// What a deployment does to an app. In ascending order of what it does to running instances: when
/// several actions of one deployment concern an app, the greatest names the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// An action that no release known here has.
    Other,
    /// The app is created, with no instances.
    Start,
    /// The number of instances changes.
    Scale,
    /// The app is removed.
    Stop,
    /// All instances are replaced.
    Restart,
}

/// The plan of a deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "all that a verdict needs of a plan")]
pub struct Plan<'a> {
    /// Id of the deployment.
    pub id: Cow<'a, str>,
    /// Version of the definitions that it brings.
    pub version: Cow<'a, str>,
    /// The actions, step by step.
    pub steps: Vec<Vec<Action<'a>>>,
    /// Affected apps as they were; only heavy plans (Marathon up to 1.7) say.
    pub original: Vec<Definition<'a>>,
    /// Affected apps as they shall be; likewise.
    pub target: Vec<Definition<'a>>,
}

/// What a verdict needs to know of an app's definition.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "an id, a version and the facts")]
pub struct Definition<'a> {
    /// The app.
    pub app: Cow<'a, str>,
    /// The version of the definition; may be empty.
    pub version: Cow<'a, str>,
    /// What it says.
    pub facts: Facts,
}

/// The part of a definition that decides about healthy instances and bounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "callers say all of it")]
pub struct Facts {
    /// Instances.
    pub instances: Option<InstanceCount>,
    /// Strategy.
    pub strategy: Option<UpgradeStrategy>,
    /// Whether there are health checks: then running is not healthy yet.
    pub has_health_checks: bool,
    /// Whether there are readiness checks. Their results are not in the event stream, so a verdict
    /// can only take an instance for ready when it is healthy.
    pub has_readiness_checks: bool,
}
