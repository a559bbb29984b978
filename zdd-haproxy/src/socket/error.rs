//! What a call to an admin socket can fail with.

use std::time::Duration;

use super::refusal::Refusal;
use crate::stats::StatsError;

/// Why a call to an admin socket failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SocketError {
    /// There is no socket at the address, or nobody listens there.
    #[error("no HAProxy at {socket}: {cause}")]
    NotReached {
        /// The address.
        socket: String,
        /// Why not.
        cause: String,
    },
    /// The system does not let us connect.
    #[error("{socket} may not be used: permission denied")]
    Forbidden {
        /// The address.
        socket: String,
    },
    /// It does not answer. HAProxy hangs, or all its connections for commands are taken.
    #[error("{socket} does not answer `{command}` within {}", seconds(*waited))]
    Silent {
        /// The address.
        socket: String,
        /// What it was asked.
        command: String,
        /// For how long.
        waited: Duration,
    },
    /// It closed the connection without a word.
    #[error("{socket} closed the connection without an answer to `{command}`")]
    NoAnswer {
        /// The address.
        socket: String,
        /// What it was asked.
        command: String,
    },
    /// Its answer is not whole.
    #[error("the answer of {socket} to `{command}` broke off: {cause}")]
    Cut {
        /// The address.
        socket: String,
        /// What it was asked.
        command: String,
        /// How we know.
        cause: String,
    },
    /// Its answer is larger than we are ready to read.
    #[error("the answer of {socket} to `{command}` is larger than {limit} bytes")]
    TooLarge {
        /// The address.
        socket: String,
        /// What it was asked.
        command: String,
        /// How much is read.
        limit: usize,
    },
    /// It answered something that HAProxy would not.
    #[error("{socket} does not answer `{command}` like HAProxy: {what}")]
    NotHaproxy {
        /// The address.
        socket: String,
        /// What it was asked.
        command: String,
        /// What was wrong with the answer.
        what: String,
    },
    /// It answered statistics that cannot be read.
    #[error("{socket}: {error}")]
    Stats {
        /// The address.
        socket: String,
        /// What is wrong.
        error: StatsError,
    },
    /// The socket is not for commands of this level.
    #[error("{socket} does not permit `{command}`")]
    Level {
        /// The address.
        socket: String,
        /// What it was asked.
        command: String,
    },
    /// HAProxy refuses the command.
    #[error("{socket} refuses `{command}`: {words}")]
    Refused {
        /// The address.
        socket: String,
        /// What it was asked.
        command: String,
        /// Why.
        refusal: Refusal,
        /// The first line of what it said.
        words: String,
    },
    /// This HAProxy is too old for the command.
    #[error("HAProxy {version} at {socket} has no `{command}`")]
    TooOld {
        /// The address.
        socket: String,
        /// The command.
        command: &'static str,
        /// Its version.
        version: String,
    },
}

impl SocketError {
    /// What can be done about it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NotReached { .. } => {
                "start HAProxy, or point to the `stats socket` of its configuration"
            }
            Self::Forbidden { .. } => {
                "run as the user of the socket, or change its `mode`, `user` or `group`"
            }
            Self::Silent { .. } => {
                "raise `stats maxconn` above 10, and see who holds connections (`show cli sockets`)"
            }
            Self::Level { .. } => "changes need `stats socket … level admin`",
            Self::NotHaproxy { .. } => "point to the `stats socket`, not to a frontend",
            Self::Refused { refusal: Refusal::StaticWeights, .. } => {
                "use `balance roundrobin`: static-rr has fixed weights"
            }
            Self::TooOld { .. } => "use 2.6 or later",
            Self::Stats { error, .. } => return error.hint(),
            Self::TooLarge { .. } | Self::NoAnswer { .. } | Self::Cut { .. } => {
                "do the same again; if it comes again, see whether it is HAProxy's `stats socket` that \
                 listens there"
            }
            Self::Refused { .. } => return None,
        };
        Some(hint.into())
    }

    /// Whether nothing was carried out for certain.
    ///
    /// Every change sets an absolute value, so that a second time does no harm where this is not so.
    pub fn is_certainly_undone(&self) -> bool {
        matches!(
            self,
            Self::NotReached { .. }
                | Self::Forbidden { .. }
                | Self::Level { .. }
                | Self::TooOld { .. }
                | Self::Refused { .. }
        )
    }
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}
