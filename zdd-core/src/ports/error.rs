//! What a call to Marathon can fail with.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use crate::units::DeploymentId;

/// Why a call to Marathon failed.
///
/// No variant and no text holds a secret: addresses are without user and password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MarathonError {
    /// Running deployments hold an app that the change is about.
    #[error("locked by {}", Ids(deployments))]
    Locked {
        /// Which deployments. Old versions of Marathon do not say.
        deployments: Vec<DeploymentId>,
    },
    /// An app or a group of this id exists.
    #[error("exists already: {message}")]
    Exists {
        /// Marathon's words.
        message: String,
    },
    /// What the call is about does not exist.
    #[error("not found: {message}")]
    NotFound {
        /// Marathon's words.
        message: String,
    },
    /// Marathon does not accept the definition.
    #[error("Marathon refuses it: {message}{}", Details(details))]
    Invalid {
        /// Marathon's words.
        message: String,
        /// Each problem with its place.
        details: Vec<InvalidDetail>,
    },
    /// Marathon refuses the change as a whole: too many deployments go on, for one.
    #[error("Marathon refuses the change: {message}")]
    Refused {
        /// Marathon's words.
        message: String,
    },
    /// Marathon does not know who we are (401), or we may not do this (403 of a proxy or plugin).
    #[error("not authorised by {url} ({status})")]
    Unauthorised {
        /// Who refused.
        url: String,
        /// Its HTTP status.
        status: u16,
    },
    /// No Marathon answered.
    #[error("{why}")]
    Unreachable {
        /// Why, and whether the call may have been carried out.
        why: Unreachable,
    },
    /// Something answered that is not Marathon, or not a Marathon that we understand.
    #[error("{url} does not answer like Marathon: {what}")]
    NotMarathon {
        /// Who answered.
        url: String,
        /// What was wrong with the answer.
        what: String,
    },
}

/// Why no Marathon answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unreachable {
    /// No address let us in: the call was not carried out.
    #[error("no Marathon reachable at {urls}: {cause}")]
    NotReached {
        /// The addresses that were tried.
        urls: String,
        /// What the last of them failed with.
        cause: String,
    },
    /// The call was sent and no answer came back: it may have been carried out.
    #[error("{url} took the call and did not answer it ({cause}); it may have been carried out")]
    MayHaveHappened {
        /// To whom it was sent.
        url: String,
        /// What happened instead of an answer.
        cause: String,
    },
    /// Marathon answered that it cannot answer (5xx, no leader), until the deadline.
    #[error("{url} answers {status} since {}s: {message}", waited.as_secs())]
    Failing {
        /// Who answered.
        url: String,
        /// The last HTTP status.
        status: u16,
        /// Its words.
        message: String,
        /// For how long it was tried.
        waited: Duration,
    },
    /// Certificates do not let us trust the address.
    #[error("{url} is not trusted: {cause}")]
    Untrusted {
        /// The address.
        url: String,
        /// What is wrong with its certificate.
        cause: String,
    },
}

/// One problem of a definition that Marathon refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a place and words")]
pub struct InvalidDetail {
    /// Where in the definition, as Marathon writes it: `/upgradeStrategy/minimumHealthCapacity`.
    pub path: String,
    /// What is wrong there.
    pub errors: Vec<String>,
}

impl MarathonError {
    /// How to go on, where there is something to say.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Locked { .. } => {
                Some("wait for it, take it back with `zdd abort`, or override it with --force")
            }
            Self::Unauthorised { .. } => {
                Some("give a user and password, a token or a credential file")
            }
            Self::Unreachable { why: Unreachable::NotReached { .. } } => {
                Some("check the address, -m/--marathon or ZDD_MARATHON")
            }
            Self::Unreachable { why: Unreachable::MayHaveHappened { .. } } => {
                Some("look with `zdd status` before you try again")
            }
            Self::Unreachable { why: Unreachable::Untrusted { .. } } => {
                Some("name the certificate authority with --cacert FILE")
            }
            Self::NotMarathon { .. } => {
                Some("check the address; behind DC/OS it ends in /service/marathon")
            }
            Self::Exists { .. }
            | Self::NotFound { .. }
            | Self::Invalid { .. }
            | Self::Refused { .. }
            | Self::Unreachable { why: Unreachable::Failing { .. } } => None,
        }
    }
}

impl From<Unreachable> for MarathonError {
    fn from(why: Unreachable) -> Self {
        Self::Unreachable { why }
    }
}

struct Ids<'a>(&'a [DeploymentId]);

impl fmt::Display for Ids<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [] => f.write_str("a deployment"),
            [one] => write!(f, "deployment {one}"),
            [first, others @ ..] => {
                write!(f, "deployments {first}")?;
                others.iter().try_for_each(|id| write!(f, ", {id}"))
            }
        }
    }
}

struct Details<'a>(&'a [InvalidDetail]);

impl fmt::Display for Details<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|InvalidDetail { path, errors }| {
            errors.iter().try_for_each(|error| write!(f, "; {path}: {error}"))
        })
    }
}
