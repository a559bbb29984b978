//! An instance, as somebody who waits for it sees it.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::ports::{AppStatus, Task, TaskState};
use crate::standing::Age;
use crate::units::{TaskId, Timestamp};

/// An instance that is there, or is about to be.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Seat {
    /// Its task.
    pub task: TaskId,
    /// Whether it is of the newest definition.
    pub age: Age,
    /// How it is.
    pub condition: Condition,
    /// The version of the definition that it was made from.
    pub version: Option<Timestamp>,
    /// The host name of its agent.
    pub host: Option<String>,
    /// Its ports on that host.
    pub ports: Vec<u16>,
    /// When it was launched.
    pub launched_at: Option<Timestamp>,
    /// Since when it is in this condition: as Marathon says it, or since it was first seen in it.
    pub since: Option<Timestamp>,
}

/// How an instance is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Condition {
    /// It is being started.
    Starting,
    /// It runs, and no health check said anything yet.
    Unchecked,
    /// It runs, and its readiness check did not pass yet.
    NotReady,
    /// It runs, and all its checks pass.
    Serving,
    /// A health check fails.
    Unhealthy,
    /// It has been told to stop.
    Stopping,
    /// Mesos cannot reach its agent.
    Unreachable,
    /// It has ended; Mesos' word for how.
    Ended(String),
}

impl Condition {
    fn of(task: &Task, status: &AppStatus) -> Self {
        match &task.state {
            TaskState::Staging | TaskState::Starting => Self::Starting,
            TaskState::Killing => Self::Stopping,
            TaskState::Unreachable => Self::Unreachable,
            TaskState::Other(word) => Self::Ended(word.clone()),
            TaskState::Running => match task.is_healthy() {
                Some(false) => Self::Unhealthy,
                None if !status.app.health_checks().is_empty() => Self::Unchecked,
                Some(true) | None if is_not_ready(task, status) => Self::NotReady,
                Some(true) | None => Self::Serving,
            },
        }
    }
}

fn is_not_ready(task: &Task, status: &AppStatus) -> bool {
    status.readiness.iter().any(|result| result.task == task.id && !result.ready)
}

/// In a word or a few.
impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Starting => "starting",
            Self::Unchecked => "in its checks",
            Self::NotReady => "not ready",
            Self::Serving => "serving",
            Self::Unhealthy => "unhealthy",
            Self::Stopping => "stopping",
            Self::Unreachable => "unreachable",
            Self::Ended(word) => word,
        })
    }
}

impl Seat {
    /// All of an app, in the order in which they are shown.
    pub(super) fn all(status: &AppStatus) -> Vec<Self> {
        let mut seats: Vec<Self> =
            status.tasks.iter().flatten().map(|task| Self::of(task, status)).collect();
        let order = |seat: &Self| (seat.age == Age::Old, seat.launched_at, seat.task.clone());
        seats.sort_by_cached_key(order);
        seats
    }

    fn of(task: &Task, status: &AppStatus) -> Self {
        let condition = Condition::of(task, status);
        let checked = |at: fn(&crate::ports::HealthResult) -> Option<Timestamp>| {
            task.health.iter().filter_map(at).max()
        };
        let since = match condition {
            Condition::Starting => task.staged_at,
            Condition::Unchecked | Condition::NotReady => task.started_at,
            Condition::Serving if task.health.is_empty() => task.started_at,
            Condition::Serving => checked(|result| result.first_success),
            // When it began is said nowhere, only when the last check failed.
            Condition::Unhealthy
            | Condition::Stopping
            | Condition::Unreachable
            | Condition::Ended(_) => None,
        };
        Self {
            task: task.id.clone(),
            age: Age::of(task, &status.app),
            condition,
            version: task.version,
            host: task.host.clone(),
            ports: task.ports.clone(),
            launched_at: task.staged_at.or(task.started_at),
            since,
        }
    }

    /// Whether it is of the newest definition.
    pub fn is_new(&self) -> bool {
        self.age == Age::Current
    }
}
