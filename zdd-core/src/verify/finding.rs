//! What the verifier finds, and how bad it is.

use alloc::boxed::Box;
use core::fmt;
use core::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Outcome, Version};
use crate::units::Timestamp;

/// Something worth knowing about a timeline, with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// When it happened; for something that happened several times, when it did first.
    pub at: Timestamp,
    /// The task behind it, where one is.
    pub task: Option<Box<str>>,
    /// What it is.
    pub fault: Fault,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(clippy::exhaustive_enums, reason = "every report has to rank all of them")]
pub enum Severity {
    /// Worth knowing; Marathon's ordinary behaviour.
    Note,
    /// Out of the ordinary, and no guarantee was broken by it alone.
    Warning,
    /// A guarantee was broken: `completes` or `bounds`.
    Violation,
}

/// What can be found. `times` says how many instances or steps did it, the one at the place included.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// A step took the healthy instances below the floor, or further below it.
    BelowFloor {
        /// Healthy instances after the first such step.
        healthy: u64,
        /// Least that the strategy declares.
        floor: u32,
        /// Steps that did so.
        times: u64,
    },
    /// A step took the running instances above the ceiling, or further above it.
    AboveCeiling {
        /// Running instances after the first such step.
        running: u64,
        /// Most that the strategy declares.
        ceiling: u32,
        /// Steps that did so.
        times: u64,
    },
    /// An old instance was told to stop while the new version alone had fewer healthy instances
    /// than the floor.
    OldTouchedTooEarly {
        /// Healthy instances of the new version at the first such moment.
        carried: u64,
        /// Least that the strategy declares.
        floor: u32,
        /// Old instances that were.
        times: u64,
    },
    /// The end was not reached.
    NotFinished {
        /// How it ended instead.
        outcome: Outcome,
    },
    /// It ended as a success, and old instances were not seen to end.
    OldLeftOver {
        /// How many.
        count: u64,
    },
    /// It ended as a success, without exactly as many healthy instances as the definition says.
    WrongCount {
        /// Healthy instances at the end.
        healthy: u64,
        /// Further instances at the end that were still on their way up, or unhealthy.
        others: u64,
        /// Instances of the definition.
        instances: u32,
    },
    /// Nothing happened for a long time although it was not done. The place is where it went on.
    Stalled {
        /// The longest such time.
        silence: Duration,
    },
    /// An instance ended by itself.
    TaskFailed {
        /// Which version it was of.
        version: Version,
    },
    /// An instance that had been healthy failed its health checks.
    UnhealthyAfterHealthy {
        /// Which version it was of.
        version: Version,
    },
    /// In a replacement, an instance of the new version was told to stop: by somebody, or because it
    /// failed its health checks for too long.
    NewToldToStop,
}

impl Fault {
    /// How bad it is.
    pub const fn severity(&self) -> Severity {
        match self {
            Self::BelowFloor { .. }
            | Self::AboveCeiling { .. }
            | Self::NotFinished { .. }
            | Self::OldLeftOver { .. }
            | Self::WrongCount { .. } => Severity::Violation,
            Self::Stalled { .. }
            | Self::TaskFailed { .. }
            | Self::UnhealthyAfterHealthy { .. }
            | Self::NewToldToStop => Severity::Warning,
            Self::OldTouchedTooEarly { .. } => Severity::Note,
        }
    }

    /// A name for tools, such as `below-floor`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::BelowFloor { .. } => "below-floor",
            Self::AboveCeiling { .. } => "above-ceiling",
            Self::OldTouchedTooEarly { .. } => "old-touched-too-early",
            Self::NotFinished { .. } => "not-finished",
            Self::OldLeftOver { .. } => "old-left-over",
            Self::WrongCount { .. } => "wrong-count",
            Self::Stalled { .. } => "stalled",
            Self::TaskFailed { .. } => "task-failed",
            Self::UnhealthyAfterHealthy { .. } => "unhealthy-after-healthy",
            Self::NewToldToStop => "new-told-to-stop",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BelowFloor { healthy, floor, times } => {
                write!(f, "{healthy} healthy, below the floor of {floor}")?;
                again(f, *times)
            }
            Self::AboveCeiling { running, ceiling, times } => {
                write!(f, "{running} running, above the ceiling of {ceiling}")?;
                again(f, *times)
            }
            Self::OldTouchedTooEarly { carried, floor, .. } => write!(
                f,
                "an old instance was told to stop when the new version had {carried} healthy of \
                 the floor of {floor}"
            ),
            Self::NotFinished { outcome } => write!(f, "it did not reach its end: {outcome}"),
            Self::OldLeftOver { count } => {
                write!(f, "{count} of the old version not seen to end")
            }
            Self::WrongCount { healthy, others, instances } => {
                write!(f, "ended with {healthy} healthy instead of {instances}")?;
                match others {
                    0 => Ok(()),
                    _ => write!(f, ", and {others} more that were not"),
                }
            }
            Self::Stalled { silence } => {
                write!(f, "nothing happened for {} s", silence.as_secs())
            }
            Self::TaskFailed { version } => {
                write!(f, "an instance of the {version} version ended by itself")
            }
            Self::UnhealthyAfterHealthy { version } => {
                write!(f, "a healthy instance of the {version} version turned unhealthy")
            }
            Self::NewToldToStop => f.write_str("an instance of the new version was told to stop"),
        }
    }
}

fn again(f: &mut fmt::Formatter<'_>, times: u64) -> fmt::Result {
    match times {
        0 | 1 => Ok(()),
        _ => write!(f, " ({times} steps)"),
    }
}
