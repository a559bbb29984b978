//! Why nothing is known of the agents.

use zdd_core::mesos::ClusterError;
use zdd_core::ports::{Distrust, MarathonError};

use crate::http::FetchError;

/// Why nothing is known of the agents behind a Marathon.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MesosError {
    /// Marathon does not say where its Mesos is.
    #[error("Marathon does not say where its Mesos can be asked")]
    Unknown {
        /// How Marathon itself finds it, without user and password.
        master: Option<String>,
    },
    /// Marathon could not be asked where its Mesos is.
    #[error("cannot ask Marathon where its Mesos is")]
    Marathon(#[from] MarathonError),
    /// Nobody answered, or not to the end.
    #[error("no master of Mesos reachable at {url}: {cause}")]
    NotReached {
        /// Who was asked.
        url: String,
        /// What happened.
        cause: String,
    },
    /// Whoever answered could not show who it is.
    #[error("no trust in {url}: {cause}")]
    Untrusted {
        /// Who was asked.
        url: String,
        /// What is wrong with its certificate.
        cause: Distrust,
    },
    /// A master answered, and none leads at the moment.
    #[error("no master of Mesos leads, says {url} (503)")]
    NoLeader {
        /// Who said so.
        url: String,
    },
    /// Mesos does not know who we are, or we may not do this.
    #[error("not authorised by {url} ({status})")]
    Unauthorised {
        /// Who refused.
        url: String,
        /// Its HTTP status.
        status: u16,
    },
    /// It answers in a way that no master does.
    #[error("{url} does not answer like a master of Mesos: {what}")]
    NotMesos {
        /// Who answered.
        url: String,
        /// What was wrong with the answer.
        what: String,
    },
    /// The answer is larger than what is read.
    #[error("{url} answers with more than {max} bytes")]
    TooLarge {
        /// Who answered.
        url: String,
        /// So many are read.
        max: usize,
    },
    /// The answer cannot be read.
    #[error("cannot read what {url} answers")]
    Unreadable {
        /// Who answered.
        url: String,
        /// What cannot be read in it, and where.
        #[source]
        source: ClusterError,
    },
}

impl MesosError {
    /// How to go on.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unknown { master: Some(master) } => Some(format!(
                "Marathon finds the master by {master}: give the address of one, http://MASTER:5050"
            )),
            Self::Unknown { master: None } | Self::NotMesos { .. } => {
                Some("give the address of a master of Mesos, http://MASTER:5050".into())
            }
            Self::NotReached { .. } => Some(
                "save what its /state answers where it can be reached, and give that file".into(),
            ),
            Self::NoLeader { .. } => Some("try again in some seconds: one is elected soon".into()),
            Self::Unauthorised { .. } => Some(
                "give credentials for Mesos, and the address of the master that leads: those of \
                 Marathon are not sent to it"
                    .into(),
            ),
            Self::Unreadable { source, .. } => source.hint(),
            Self::Marathon(_) | Self::Untrusted { .. } | Self::TooLarge { .. } => None,
        }
    }
}

impl From<FetchError> for MesosError {
    fn from(error: FetchError) -> Self {
        match error {
            FetchError::NotReached { url, cause } => Self::NotReached { url, cause },
            FetchError::Untrusted { url, cause } => Self::Untrusted { url, cause },
            FetchError::Astray { url, what } => Self::NotMesos { url, what },
            FetchError::TooLarge { url, max } => Self::TooLarge { url, max },
            FetchError::Status { url, status: 503 } => Self::NoLeader { url },
            FetchError::Status { url, status: status @ (401 | 403) } => {
                Self::Unauthorised { url, status }
            }
            FetchError::Status { url, status } => {
                Self::NotMesos { url, what: format!("HTTP {status}") }
            }
        }
    }
}
