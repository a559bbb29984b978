//! The event stream.

use alloc::boxed::Box;
use alloc::string::String;

use async_trait::async_trait;

use super::MarathonError;
use crate::units::{AppId, DeploymentId, InstanceId, TaskId, Timestamp};

/// A stream of events that connects again by itself.
#[async_trait]
pub trait EventStream: Send {
    /// What comes next. `None` when the stream has ended for good, after [`Feed::Ended`].
    ///
    /// May be dropped while it waits, without losing anything.
    async fn next(&mut self) -> Option<Feed>;
}

/// What a stream of events says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "who follows has to handle all of them")]
pub enum Feed {
    /// The stream is connected, for the first time or again. There is no replay: whatever happened
    /// before is known only to whoever reads the state now.
    Connected,
    /// An event.
    Event(Event),
    /// The connection is lost, or events were dropped; it is being made again.
    Lost {
        /// Why.
        why: String,
    },
    /// There will be no further event.
    Ended {
        /// Why.
        why: MarathonError,
    },
}

/// One event. Events come in no guaranteed order and may come twice: they tell what to look at
/// again, and the state tells what is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a name, a moment, what it means, and its text")]
pub struct Event {
    /// Marathon's name of it, `deployment_success` for one.
    pub name: String,
    /// When it happened, where it says.
    pub at: Option<Timestamp>,
    /// What it means to a deployment.
    pub happening: Happening,
    /// The JSON object as it came, in one line.
    pub json: String,
}

/// What an event means to a deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Happening {
    /// A step of a deployment begins.
    StepBegins(DeploymentId),
    /// A step of a deployment succeeded, or failed.
    StepEnds {
        /// Of which deployment.
        deployment: DeploymentId,
        /// Whether it succeeded.
        success: bool,
    },
    /// A deployment reached its end.
    Succeeded(DeploymentId),
    /// A deployment was cancelled or failed.
    Failed {
        /// Which.
        deployment: DeploymentId,
        /// Marathon's words; it has some since 1.6.
        reason: Option<String>,
    },
    /// The state of a task changed.
    Task {
        /// Of which app.
        app: AppId,
        /// Which.
        task: TaskId,
        /// Mesos' word, `TASK_RUNNING` for one.
        state: String,
        /// Mesos' message, often empty.
        message: String,
    },
    /// The condition or the goal of an instance changed.
    Instance {
        /// Of which app.
        app: AppId,
        /// Which.
        instance: InstanceId,
        /// Marathon's word, `Running` for one.
        condition: String,
    },
    /// An instance became healthy or unhealthy, or was killed for failing its checks.
    Health {
        /// Of which app.
        app: AppId,
        /// Whether it is healthy.
        healthy: bool,
    },
    /// An app was changed.
    Changed(AppId),
    /// A group was changed, or could not be.
    Group,
    /// Nothing that a deployment has to know.
    Other,
}

impl Happening {
    /// The app that it is about, where it is about one.
    pub const fn app(&self) -> Option<&AppId> {
        match self {
            Self::Task { app, .. }
            | Self::Instance { app, .. }
            | Self::Health { app, .. }
            | Self::Changed(app) => Some(app),
            Self::StepBegins(_)
            | Self::StepEnds { .. }
            | Self::Succeeded(_)
            | Self::Failed { .. }
            | Self::Group
            | Self::Other => None,
        }
    }

    /// The deployment that it is about, where it is about one.
    pub const fn deployment(&self) -> Option<&DeploymentId> {
        match self {
            Self::StepBegins(deployment)
            | Self::StepEnds { deployment, .. }
            | Self::Succeeded(deployment)
            | Self::Failed { deployment, .. } => Some(deployment),
            Self::Task { .. }
            | Self::Instance { .. }
            | Self::Health { .. }
            | Self::Changed(_)
            | Self::Group
            | Self::Other => None,
        }
    }
}
