//! What Mesos says about an instance, and what is wanted of it.

use serde::{Deserialize, Serialize};

/// What Mesos last said about an instance.
///
/// Names and spelling are those of Marathon's `instance_changed_event`. The order of the variants
/// is the order of a life; in particular it is not the order in which a scale-down picks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[expect(
    clippy::exhaustive_enums,
    reason = "Marathon's line is closed: these are all conditions there will ever be"
)]
pub enum Condition {
    /// Wanted, and nothing is at Mesos yet.
    Scheduled,
    /// An offer was accepted.
    Provisioned,
    /// Mesos has the task: the agent is fetching and preparing.
    Staging,
    /// The executor is starting the task.
    Starting,
    /// The task runs.
    Running,
    /// The task was told to stop and still runs.
    Killing,
    /// The agent does not answer; the task may still run.
    Unreachable,
    /// Unreachable for so long that a replacement is wanted.
    UnreachableInactive,
    /// Ended by itself, successfully.
    Finished,
    /// Ended by itself, with a failure.
    Failed,
    /// Mesos refused the task.
    Error,
    /// Stopped on request.
    Killed,
    /// The agent is gone for good, and the task with it.
    Gone,
    /// The task was never launched.
    Dropped,
    /// Mesos does not know the task.
    Unknown,
}

impl Condition {
    /// Every condition, in the order of a life.
    pub const ALL: [Self; 15] = [
        Self::Scheduled,
        Self::Provisioned,
        Self::Staging,
        Self::Starting,
        Self::Running,
        Self::Killing,
        Self::Unreachable,
        Self::UnreachableInactive,
        Self::Finished,
        Self::Failed,
        Self::Error,
        Self::Killed,
        Self::Gone,
        Self::Dropped,
        Self::Unknown,
    ];

    /// Whether a deployment treats the instance as dead.
    ///
    /// Unreachable counts, although such a task may still run: Marathon's deployment actors draw the
    /// line there (`considerTerminal`).
    pub const fn is_gone(self) -> bool {
        match self {
            Self::Unreachable
            | Self::UnreachableInactive
            | Self::Finished
            | Self::Failed
            | Self::Error
            | Self::Killed
            | Self::Gone
            | Self::Dropped
            | Self::Unknown => true,
            Self::Scheduled
            | Self::Provisioned
            | Self::Staging
            | Self::Starting
            | Self::Running
            | Self::Killing => false,
        }
    }

    /// Whether the task has ended for good: [gone](Self::is_gone), and not merely out of reach.
    pub const fn is_terminal(self) -> bool {
        self.is_gone() && !matches!(self, Self::Unreachable | Self::UnreachableInactive)
    }

    /// Whether something of the instance is at Mesos, or will be when its agent answers again.
    ///
    /// An unreachable instance is both active and [gone](Self::is_gone): it keeps its slot in a
    /// count, and no deployment waits for it.
    pub const fn is_active(self) -> bool {
        match self {
            Self::Provisioned
            | Self::Staging
            | Self::Starting
            | Self::Running
            | Self::Killing
            | Self::Unreachable => true,
            Self::Scheduled
            | Self::UnreachableInactive
            | Self::Finished
            | Self::Failed
            | Self::Error
            | Self::Killed
            | Self::Gone
            | Self::Dropped
            | Self::Unknown => false,
        }
    }
}

/// What the orchestrator wants of an instance.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[expect(
    clippy::exhaustive_enums,
    reason = "Marathon's line is closed: these are all goals there will ever be"
)]
pub enum Goal {
    /// It should run; when its task dies it is launched again.
    #[default]
    Running,
    /// It should stop and keep its reservation: the end of an instance of a resident app.
    Stopped,
    /// It should stop and be forgotten.
    Decommissioned,
}

impl Goal {
    /// Whether the instance is to end: stopped or decommissioned.
    pub const fn is_terminal(self) -> bool {
        match self {
            Self::Running => false,
            Self::Stopped | Self::Decommissioned => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unreachable_is_both_gone_and_active() {
        let both: alloc::vec::Vec<_> =
            Condition::ALL.into_iter().filter(|c| c.is_gone() && c.is_active()).collect();
        assert_eq!(both, [Condition::Unreachable]);
        // Neither: nothing was launched for it yet.
        let neither: alloc::vec::Vec<_> =
            Condition::ALL.into_iter().filter(|c| !c.is_gone() && !c.is_active()).collect();
        assert_eq!(neither, [Condition::Scheduled]);
    }

    #[test]
    fn the_spelling_is_marathons() {
        let text = serde_json::to_string(&Condition::UnreachableInactive).unwrap();
        assert_eq!(text, "\"UnreachableInactive\"");
        let goal: Goal = serde_json::from_str("\"Decommissioned\"").unwrap();
        assert!(goal.is_terminal() && !Goal::Running.is_terminal());
    }
}
