//! What a Marathon tells those who listen.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::net::IpAddr;

use serde_json::Value;

use super::state::MesosState;
use crate::app::{App, Group};
use crate::group::DeploymentPlan;
use crate::scaling::Condition;
use crate::units::{AgentId, AppId, DeploymentId, GroupId, InstanceId, TaskId, Timestamp};

/// One event.
///
/// Serializes as the object on Marathon's event stream, in the form of its last line (1.8 to 1.11):
/// plans are light. [`heavy`](Self::heavy) is the form of earlier ones.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a moment and what happened")]
pub struct Event {
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub what: What,
}

/// The plan of a deployment.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "all that Marathon says of a plan")]
pub struct PlanOf {
    /// The deployment.
    pub id: DeploymentId,
    /// The version of the root group that it leads to.
    pub version: Timestamp,
    /// What it does.
    pub plan: Arc<DeploymentPlan>,
    /// The root group that it leads from; only heavy plans tell it.
    pub original: Arc<Group>,
    /// The root group that it leads to; only heavy plans tell it.
    pub target: Arc<Group>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "a new event must break whoever counts them")]
pub enum What {
    /// A step of a deployment begins.
    StepBegins {
        /// Of which deployment.
        plan: PlanOf,
        /// Which step, from 0.
        step: usize,
    },
    /// A step of a deployment succeeded.
    StepSucceeded {
        /// Of which deployment.
        plan: PlanOf,
        /// Which step, from 0.
        step: usize,
    },
    /// A step of a deployment failed.
    StepFailed {
        /// Of which deployment.
        plan: PlanOf,
        /// Which step, from 0.
        step: usize,
    },
    /// A deployment reached its end.
    DeploymentSucceeded {
        /// Which.
        plan: PlanOf,
    },
    /// A deployment failed, was cancelled, or was never started.
    DeploymentFailed {
        /// Which.
        plan: PlanOf,
        /// Why.
        reason: String,
    },
    /// The stored root group, or a group in it, changed.
    GroupChanged {
        /// Which.
        group: GroupId,
        /// Its version now.
        version: Timestamp,
    },
    /// A change was refused.
    GroupChangeFailed {
        /// Of which group.
        group: GroupId,
        /// The version that it would have had.
        version: Timestamp,
        /// Why.
        reason: String,
    },
    /// Someone changed an app over the API.
    ApiPost {
        /// Who.
        client_ip: String,
        /// Where.
        uri: String,
        /// The app as it is now wanted.
        app: Arc<App>,
    },
    /// Mesos said something about a task.
    Task(TaskUpdate),
    /// The condition of an instance changed.
    InstanceChanged {
        /// Which.
        instance: InstanceId,
        /// Of which app.
        app: AppId,
        /// Of which version.
        version: Timestamp,
        /// What is true of it now.
        condition: Condition,
        /// Where it is, if it is somewhere.
        agent: Option<AgentId>,
        /// The name of that agent.
        host: Option<String>,
    },
    /// The health of an instance changed.
    InstanceHealthChanged {
        /// Which.
        instance: InstanceId,
        /// Of which app.
        app: AppId,
        /// Of which version.
        version: Timestamp,
        /// Whether it is healthy; `None` while that is not known.
        healthy: Option<bool>,
    },
    /// Something ended that Marathon did not know.
    UnknownInstanceTerminated {
        /// Which.
        instance: InstanceId,
        /// Of which app.
        app: AppId,
        /// How it ended.
        condition: Condition,
    },
    /// A health check of an instance passes now, or fails.
    HealthStatusChanged {
        /// Of which instance.
        instance: InstanceId,
        /// Of which app.
        app: AppId,
        /// Of which version.
        version: Timestamp,
        /// Whether it passes.
        alive: bool,
    },
    /// The checks of a version of an app begin.
    HealthCheckAdded {
        /// Of which app.
        app: AppId,
        /// Of which version.
        version: Timestamp,
        /// The check, as the definition has it.
        check: Value,
    },
    /// The checks of an app end.
    HealthCheckRemoved {
        /// Of which app.
        app: AppId,
    },
    /// A health check failed.
    HealthCheckFailed {
        /// Of which app.
        app: AppId,
        /// Of which instance.
        instance: InstanceId,
        /// The check, as the definition has it.
        check: Value,
    },
    /// An instance is killed because it fails its health checks.
    UnhealthyKill(UnhealthyKill),
    /// All instances of a removed app are gone.
    AppTerminated {
        /// Which.
        app: AppId,
    },
    /// Someone listens to the events.
    StreamAttached {
        /// From where.
        remote: String,
    },
    /// Someone listens no more.
    StreamDetached {
        /// From where.
        remote: String,
    },
}

/// What Mesos said about a task.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "all that Marathon says")]
pub struct TaskUpdate {
    /// Which task.
    pub task: TaskId,
    /// Of which app.
    pub app: AppId,
    /// Of which version.
    pub version: Timestamp,
    /// What is true of it now.
    pub state: MesosState,
    /// Mesos' words.
    pub message: String,
    /// Where it runs.
    pub agent: AgentId,
    /// The name of that agent.
    pub host: String,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
    /// Its ports on the host.
    pub ports: Vec<u16>,
}

/// An instance that is killed because it fails its health checks.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "all that Marathon says")]
pub struct UnhealthyKill {
    /// Which instance.
    pub instance: InstanceId,
    /// Its task.
    pub task: TaskId,
    /// Of which app.
    pub app: AppId,
    /// Of which version.
    pub version: Timestamp,
    /// How the check failed.
    pub reason: String,
    /// Where it runs.
    pub agent: AgentId,
    /// The name of that agent.
    pub host: String,
}

impl What {
    /// Marathon's name of the event.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::StepBegins { .. } => "deployment_info",
            Self::StepSucceeded { .. } => "deployment_step_success",
            Self::StepFailed { .. } => "deployment_step_failure",
            Self::DeploymentSucceeded { .. } => "deployment_success",
            Self::DeploymentFailed { .. } => "deployment_failed",
            Self::GroupChanged { .. } => "group_change_success",
            Self::GroupChangeFailed { .. } => "group_change_failed",
            Self::ApiPost { .. } => "api_post_event",
            Self::Task(_) => "status_update_event",
            Self::InstanceChanged { .. } => "instance_changed_event",
            Self::InstanceHealthChanged { .. } => "instance_health_changed_event",
            Self::UnknownInstanceTerminated { .. } => "unknown_instance_terminated_event",
            Self::HealthStatusChanged { .. } => "health_status_changed_event",
            Self::HealthCheckAdded { .. } => "add_health_check_event",
            Self::HealthCheckRemoved { .. } => "remove_health_check_event",
            Self::HealthCheckFailed { .. } => "failed_health_check_event",
            Self::UnhealthyKill(_) => "unhealthy_instance_kill_event",
            Self::AppTerminated { .. } => "app_terminated_event",
            Self::StreamAttached { .. } => "event_stream_attached",
            Self::StreamDetached { .. } => "event_stream_detached",
        }
    }
}

impl Event {
    /// Marathon's name of the event, `deployment_success` for one.
    pub const fn name(&self) -> &'static str {
        self.what.name()
    }
}
