//! What Mesos says about a task.

use core::fmt;

use serde::{Serialize, Serializer};

use crate::scaling::Condition;

/// The state of a task in a status update of Mesos.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "all that Mesos sends to a framework that knows of partitions, and what it sent before"
)]
pub enum MesosState {
    /// Launched; the agent is fetching and preparing.
    Staging,
    /// The executor is starting it.
    Starting,
    /// It runs.
    Running,
    /// It was told to stop, and still runs.
    Killing,
    /// It ended by itself, with success.
    Finished,
    /// It ended by itself, without success.
    Failed,
    /// It was stopped on request.
    Killed,
    /// Mesos refuses it.
    Error,
    /// It is gone, from a Mesos that does not say how.
    Lost,
    /// It was never launched.
    Dropped,
    /// Its agent does not answer; it may still run.
    Unreachable,
    /// Its agent is gone, and the task with it.
    Gone,
    /// An operator declared its agent gone; it may still run.
    GoneByOperator,
    /// Mesos does not know it.
    Unknown,
}

impl MesosState {
    /// Every state, in the order of a life.
    pub const ALL: [Self; 14] = [
        Self::Staging,
        Self::Starting,
        Self::Running,
        Self::Killing,
        Self::Finished,
        Self::Failed,
        Self::Killed,
        Self::Error,
        Self::Lost,
        Self::Dropped,
        Self::Unreachable,
        Self::Gone,
        Self::GoneByOperator,
        Self::Unknown,
    ];

    /// Mesos' word for it, `TASK_RUNNING` for one.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Staging => "TASK_STAGING",
            Self::Starting => "TASK_STARTING",
            Self::Running => "TASK_RUNNING",
            Self::Killing => "TASK_KILLING",
            Self::Finished => "TASK_FINISHED",
            Self::Failed => "TASK_FAILED",
            Self::Killed => "TASK_KILLED",
            Self::Error => "TASK_ERROR",
            Self::Lost => "TASK_LOST",
            Self::Dropped => "TASK_DROPPED",
            Self::Unreachable => "TASK_UNREACHABLE",
            Self::Gone => "TASK_GONE",
            Self::GoneByOperator => "TASK_GONE_BY_OPERATOR",
            Self::Unknown => "TASK_UNKNOWN",
        }
    }

    /// The condition of an instance whose task is in this state.
    ///
    /// Source: Marathon's `TaskConditionMapping`, which takes a lost task for one out of reach when
    /// Mesos might find it again; here a lost task is gone.
    pub const fn condition(self) -> Condition {
        match self {
            Self::Staging => Condition::Staging,
            Self::Starting => Condition::Starting,
            Self::Running => Condition::Running,
            Self::Killing => Condition::Killing,
            Self::Finished => Condition::Finished,
            Self::Failed => Condition::Failed,
            Self::Killed => Condition::Killed,
            Self::Error => Condition::Error,
            Self::Lost | Self::Gone | Self::GoneByOperator => Condition::Gone,
            Self::Dropped => Condition::Dropped,
            Self::Unreachable => Condition::Unreachable,
            Self::Unknown => Condition::Unknown,
        }
    }

    /// Whether no further update can come: the task has ended.
    pub const fn is_terminal(self) -> bool {
        self.condition().is_terminal()
    }
}

impl fmt::Display for MesosState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Written as Mesos' word.
impl Serialize for MesosState {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;
    use crate::verify::Stage;

    #[test]
    fn words_and_conditions_say_the_same_to_the_verifier() {
        for state in MesosState::ALL {
            let of_condition = Stage::of_condition(&format!("{:?}", state.condition()));
            assert_eq!(Stage::of_task(state.word()), of_condition, "{state}");
            assert!(of_condition.is_some(), "{state}");
        }
    }

    #[test]
    fn a_task_out_of_reach_may_come_back() {
        let going_on = [
            MesosState::Staging,
            MesosState::Starting,
            MesosState::Running,
            MesosState::Killing,
            MesosState::Unreachable,
        ];
        for state in MesosState::ALL {
            assert_eq!(state.is_terminal(), !going_on.contains(&state), "{state}");
        }
    }
}
