//! An app as it runs.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::net::IpAddr;

use crate::app::App;
use crate::units::{AppId, DeploymentId, TaskId, Timestamp};

/// An app, and what runs of it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct AppStatus {
    /// Its definition: the newest, even while a deployment is still on its way there.
    pub app: App,
    /// When its number of instances was set last, where that is known.
    pub last_scaling_at: Option<Timestamp>,
    /// Tasks that Mesos has not started yet.
    pub staged: u32,
    /// Tasks that run.
    pub running: u32,
    /// Tasks all of whose health checks pass.
    pub healthy: u32,
    /// Tasks of which a health check fails. One without any result counts neither way.
    pub unhealthy: u32,
    /// Its tasks of every version; `None` where they were not asked for.
    pub tasks: Option<Vec<Task>>,
    /// The deployments that hold it.
    pub deployments: Vec<DeploymentId>,
    /// How a task of it failed last.
    pub last_task_failure: Option<TaskFailure>,
    /// What the readiness checks of its instances said last; only during a deployment.
    pub readiness: Vec<ReadinessResult>,
}

impl AppStatus {
    /// An app of which nothing runs.
    pub fn new(app: App) -> Self {
        Self {
            last_scaling_at: app.version_info().map(|info| info.last_scaling_at),
            app,
            staged: 0,
            running: 0,
            healthy: 0,
            unhealthy: 0,
            tasks: None,
            deployments: Vec::new(),
            last_task_failure: None,
            readiness: Vec::new(),
        }
    }
}

/// One run of an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Task {
    /// Which.
    pub id: TaskId,
    /// Of which app.
    pub app: AppId,
    /// What Mesos says about it.
    pub state: TaskState,
    /// The version of the definition that it was made from.
    pub version: Option<Timestamp>,
    /// The host name of its agent.
    pub host: Option<String>,
    /// The id of its agent.
    pub agent_id: Option<String>,
    /// Its ports on the host.
    pub ports: Vec<u16>,
    /// Its addresses, where it has some of its own or the agent says so.
    pub addresses: Vec<IpAddr>,
    /// When it was launched.
    pub staged_at: Option<Timestamp>,
    /// When it began to run.
    pub started_at: Option<Timestamp>,
    /// What its health checks said, in the order of the definition; fewer where some said nothing
    /// yet.
    pub health: Vec<HealthResult>,
}

impl Task {
    /// A task of which no more is known.
    pub const fn new(id: TaskId, app: AppId, state: TaskState) -> Self {
        Self {
            id,
            app,
            state,
            version: None,
            host: None,
            agent_id: None,
            ports: Vec::new(),
            addresses: Vec::new(),
            staged_at: None,
            started_at: None,
            health: Vec::new(),
        }
    }

    /// Whether it is healthy: all of its results are alive, and there are some. `None` while no check
    /// said anything, which counts neither way.
    ///
    /// Source: Marathon's counts of healthy and unhealthy tasks.
    pub fn is_healthy(&self) -> Option<bool> {
        (!self.health.is_empty()).then(|| self.health.iter().all(|result| result.alive))
    }
}

/// What Mesos says about a task.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(clippy::exhaustive_enums, reason = "a state is known or it is not")]
pub enum TaskState {
    /// Launched and not yet prepared.
    Staging,
    /// Being started.
    Starting,
    /// Running.
    Running,
    /// Told to stop, still running.
    Killing,
    /// The agent does not answer.
    Unreachable,
    /// Ended, or a state that is not in Mesos' list. The word is as it came.
    Other(String),
}

impl TaskState {
    /// The state of Mesos' word for it.
    pub fn of(word: &str) -> Self {
        match word {
            "TASK_STAGING" | "TASK_CREATED" => Self::Staging,
            "TASK_STARTING" => Self::Starting,
            "TASK_RUNNING" => Self::Running,
            "TASK_KILLING" => Self::Killing,
            "TASK_UNREACHABLE" => Self::Unreachable,
            other => Self::Other(other.into()),
        }
    }
}

impl fmt::Display for TaskState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Staging => "TASK_STAGING",
            Self::Starting => "TASK_STARTING",
            Self::Running => "TASK_RUNNING",
            Self::Killing => "TASK_KILLING",
            Self::Unreachable => "TASK_UNREACHABLE",
            Self::Other(word) => word,
        })
    }
}

/// What one health check of a task said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct HealthResult {
    /// Whether it passes.
    pub alive: bool,
    /// How often it failed in a row.
    pub consecutive_failures: u32,
    /// When it passed first.
    pub first_success: Option<Timestamp>,
    /// When it passed last.
    pub last_success: Option<Timestamp>,
    /// When it failed last.
    pub last_failure: Option<Timestamp>,
    /// How it failed last.
    pub last_failure_cause: Option<String>,
}

/// How a task failed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TaskFailure {
    /// Which task.
    pub task: TaskId,
    /// What Mesos called it: `TASK_FAILED` and the like.
    pub state: String,
    /// Mesos' words.
    pub message: String,
    /// On which host.
    pub host: Option<String>,
    /// Of which version of the app.
    pub version: Option<Timestamp>,
    /// When.
    pub at: Option<Timestamp>,
}

impl TaskFailure {
    /// A failure of which no more is known.
    pub const fn new(task: TaskId, state: String, message: String) -> Self {
        Self { task, state, message, host: None, version: None, at: None }
    }
}

/// What a readiness check said last.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReadinessResult {
    /// The task.
    pub task: TaskId,
    /// The name of the check.
    pub name: String,
    /// Whether the task is ready.
    pub ready: bool,
    /// The last answer, where it is kept: its HTTP status.
    pub last_status: Option<u16>,
}

impl ReadinessResult {
    /// What a check said of which the answer was not kept.
    pub const fn new(task: TaskId, name: String, ready: bool) -> Self {
        Self { task, name, ready, last_status: None }
    }
}
