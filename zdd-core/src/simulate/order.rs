//! What a Marathon wants done, and what it is told about it.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use crate::app::App;
use crate::units::{AgentId, InstanceId, TaskId};

/// Something that whoever runs the tasks has to do now.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "a new order must break every executor")]
pub enum Order {
    /// Start a task. To be answered with [`launched`](super::Marathon::launched), and from then on
    /// with what becomes of it.
    Launch(Launch),
    /// Tell a task to stop, and end it when `grace` is over. Each task gets this once at most, unless
    /// it comes back from where nobody could reach it.
    Kill {
        /// Which task.
        task: TaskId,
        /// How long it may take to stop by itself.
        grace: Duration,
    },
    /// Ask a running task whether it is ready: at once, and again and again until told to stop.
    CheckReadiness {
        /// Which task.
        task: TaskId,
    },
    /// Stop asking. Also sent for a task that answered that it is ready.
    StopReadiness {
        /// Which task.
        task: TaskId,
    },
}

/// A task to start.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "all that Mesos is told")]
pub struct Launch {
    /// The task's id. None was launched under it before.
    pub task: TaskId,
    /// The instance that it is a run of.
    pub instance: InstanceId,
    /// What to run.
    pub app: Arc<App>,
    /// Where.
    pub agent: AgentId,
    /// The ports that it needs on the host: this very one, or any that is free.
    pub ports: Vec<Option<u16>>,
}

/// What a task answered when it was asked whether it is ready.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "all that Marathon keeps of an answer")]
pub struct ReadinessAnswer {
    /// Whether the status is one of those that mean ready.
    pub ready: bool,
    /// The HTTP status; 504 where no answer came.
    pub status: u16,
    /// The content type; empty where none is said.
    pub content_type: String,
    /// The beginning of the body.
    pub body: String,
}

/// What the readiness check of a task said last.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Readiness {
    /// The task.
    pub task: TaskId,
    /// The name of the check.
    pub name: String,
    /// Whether the task is ready.
    pub ready: bool,
    /// The last answer, where the check says that it is kept (`preserveLastResponse`).
    pub last: Option<ReadinessAnswer>,
}
