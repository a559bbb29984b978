//! How a hook ended.

use std::fmt;
use std::io;
use std::process::ExitStatus;
use std::time::Duration;

use crate::text::Time;

/// How a hook ended. Anything but [`Passed`](Self::Passed) refuses.
#[derive(Debug)]
#[must_use]
pub(crate) enum Outcome {
    /// It says to go on.
    Passed,
    /// It ended with another status than 0, or by a signal.
    Refused {
        /// Its status.
        status: ExitStatus,
    },
    /// It took too long, and was killed.
    TimedOut {
        /// How long it could take.
        limit: Duration,
    },
    /// It could not be asked.
    NotRun {
        /// Why.
        cause: Cause,
    },
}

/// Why a hook could not be asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Cause {
    /// What it should read cannot be written.
    #[error("its files cannot be written: {0}")]
    Files(io::Error),
    /// It cannot be started: there is no such file, or it is no executable.
    #[error("it cannot be started: {0}")]
    Start(io::Error),
    /// The system does not say how it ended.
    #[error("its end is not known: {0}")]
    Wait(io::Error),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed => f.write_str("the hook says to go on"),
            Self::Refused { status } => write!(f, "the hook refuses ({status})"),
            Self::TimedOut { limit } => {
                write!(f, "the hook took longer than {}, and was killed", Time(*limit))
            }
            Self::NotRun { cause } => write!(f, "the hook was not asked: {cause}"),
        }
    }
}
