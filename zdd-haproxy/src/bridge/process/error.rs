//! What can go wrong with a process.

use crate::socket::SocketError;

/// Why HAProxy does not run as it should.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProcessError {
    /// It cannot be started.
    #[error("{executable} cannot be started: {cause}")]
    Start {
        /// The executable.
        executable: String,
        /// What the operating system says.
        cause: String,
    },
    /// It ended.
    #[error("HAProxy ended ({status}): {said}")]
    Ended {
        /// How.
        status: String,
        /// What it said last.
        said: String,
    },
    /// It does not take the configuration. The one before goes on.
    #[error("HAProxy refuses the configuration: {said}")]
    Configuration {
        /// Its words.
        said: String,
    },
    /// It did not come up, or no new worker did. What ran before goes on.
    #[error("no new HAProxy answers after {seconds} s: {said}")]
    NotReady {
        /// For how long it was waited.
        seconds: u64,
        /// What it said last.
        said: String,
    },
    /// A file cannot be written.
    #[error("{path}: {cause}")]
    File {
        /// Which.
        path: String,
        /// What the operating system says.
        cause: String,
    },
    /// The path of its socket is longer than a unix socket may have.
    #[error("{path} is too long for a unix socket")]
    LongPath {
        /// The path.
        path: String,
    },
    /// A socket fails.
    #[error(transparent)]
    Socket(#[from] SocketError),
    /// The master's socket fails.
    #[error("the master of HAProxy does not answer: {cause}")]
    Master {
        /// Why.
        cause: String,
    },
}

impl ProcessError {
    /// What can be done about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Start { .. } => Some("install HAProxy 2.6 or later".into()),
            Self::LongPath { .. } => Some("choose a folder with a shorter path".into()),
            Self::Socket(error) => error.hint(),
            Self::Ended { .. }
            | Self::Configuration { .. }
            | Self::NotReady { .. }
            | Self::File { .. }
            | Self::Master { .. } => None,
        }
    }
}
