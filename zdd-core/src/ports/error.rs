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
    /// Something answered that is not Marathon, as far as can be told.
    #[error("{url} does not answer like Marathon: {what}")]
    NotMarathon {
        /// Who answered.
        url: String,
        /// What was wrong with the answer.
        what: String,
    },
    /// A Marathon, which answered other calls, gave an answer that we do not understand: an app with
    /// a field of another type, for one.
    #[error("cannot read what {url} answers to {call}: {what}")]
    Unreadable {
        /// Who answered.
        url: String,
        /// What it was asked: `GET /v2/apps/shop`.
        call: String,
        /// What cannot be read in it, and where.
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
    #[error("{url} answers {status}: {message}{}", GaveUpAfter(*waited))]
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
        cause: Distrust,
    },
}

/// What is wrong with the certificate of an address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Distrust {
    /// Its time is over.
    #[error("its certificate has expired")]
    Expired,
    /// Its time has not come.
    #[error("its certificate is not valid yet")]
    NotYetValid,
    /// Nobody whom we trust has signed it.
    #[error("its certificate is from an unknown authority")]
    UnknownAuthority,
    /// It is for other names than the one in the address.
    #[error("its certificate is for another host")]
    OtherHost,
    /// Its authority has taken it back.
    #[error("its certificate is revoked")]
    Revoked,
    /// There is none.
    #[error("it shows no certificate")]
    Missing,
    /// Anything else.
    #[error("its certificate is not valid: {what}")]
    Invalid {
        /// What, in the words of whoever verified it.
        what: String,
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
            Self::Unauthorised { status: 403, .. } => {
                Some("ask for the permission, or act as somebody else: with --credentials FILE")
            }
            Self::Unauthorised { .. } => Some(
                "set ZDD_MARATHON_USER and ZDD_MARATHON_PASSWORD, or name a file with \
                 --credentials or --token-file; if you did, check what is in it",
            ),
            Self::Unreachable { why } => Some(why.hint()),
            Self::NotMarathon { .. } => {
                Some("check the address: it ends before /v2, and behind DC/OS in /service/marathon")
            }
            Self::Unreadable { .. } => {
                Some("look at that answer with curl: its release may be one that zdd does not know")
            }
            Self::Exists { .. }
            | Self::NotFound { .. }
            | Self::Invalid { .. }
            | Self::Refused { .. } => None,
        }
    }
}

impl Unreachable {
    /// How to go on.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NotReached { .. } => {
                "check that it runs, and its address in -m/--marathon or ZDD_MARATHON; \
                 `zdd lab up` starts a Marathon on this machine"
            }
            Self::MayHaveHappened { .. } => "look with `zdd status` before you try again",
            Self::Failing { .. } => {
                "it may be starting or without a leader: try again in a moment, or read its log"
            }
            Self::Untrusted { cause, .. } => cause.hint(),
        }
    }
}

impl Distrust {
    /// How to go on.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Expired => {
                "have the certificate of that server renewed, and check the clock of this machine"
            }
            Self::NotYetValid => "check the clock of this machine, and that of the server",
            Self::UnknownAuthority => "name the certificate authority with --cacert FILE",
            Self::OtherHost => {
                "use the name that the certificate is for, or have this one added to it"
            }
            Self::Revoked => "have the server be given a new certificate",
            Self::Missing | Self::Invalid { .. } => {
                "check that the port is one of TLS, and look at the certificate with \
                 `openssl s_client`"
            }
        }
    }
}

impl From<Unreachable> for MarathonError {
    fn from(why: Unreachable) -> Self {
        Self::Unreachable { why }
    }
}

/// For how long it was tried, where that is worth a word.
struct GaveUpAfter(Duration);

impl fmt::Display for GaveUpAfter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_secs() {
            0 => Ok(()),
            seconds => write!(f, " (gave up after {seconds} s)"),
        }
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

#[cfg(test)]
mod tests {
    use alloc::string::ToString;
    use alloc::vec;

    use super::*;

    fn untrusted(cause: Distrust) -> MarathonError {
        Unreachable::Untrusted { url: "https://m".into(), cause }.into()
    }

    #[test]
    fn only_an_unknown_authority_is_a_matter_of_cacert() {
        for cause in [
            Distrust::Expired,
            Distrust::NotYetValid,
            Distrust::OtherHost,
            Distrust::Revoked,
            Distrust::Missing,
            Distrust::Invalid { what: "x".into() },
        ] {
            let hint = untrusted(cause.clone()).hint().unwrap();
            assert!(!hint.contains("--cacert"), "{cause}: {hint}");
        }
        assert_eq!(
            untrusted(Distrust::UnknownAuthority).hint(),
            Some("name the certificate authority with --cacert FILE")
        );
        let expired = untrusted(Distrust::Expired);
        assert_eq!(expired.to_string(), "https://m is not trusted: its certificate has expired");
        assert!(expired.hint().unwrap().contains("renewed"));
    }

    #[test]
    fn who_is_unknown_and_who_may_not_are_told_apart() {
        let refused = |status| MarathonError::Unauthorised { url: "http://m".into(), status };
        assert!(refused(401).hint().unwrap().contains("ZDD_MARATHON_USER"));
        assert!(refused(403).hint().unwrap().contains("permission"));
    }

    #[test]
    fn a_time_is_said_where_there_was_one() {
        let failing = |seconds| Unreachable::Failing {
            url: "http://m".into(),
            status: 503,
            message: "no leader".into(),
            waited: Duration::from_secs(seconds),
        };
        assert_eq!(failing(0).to_string(), "http://m answers 503: no leader");
        assert_eq!(failing(30).to_string(), "http://m answers 503: no leader (gave up after 30 s)");
    }

    #[test]
    fn those_who_hold_an_app_are_named() {
        let locked = |ids: &[&str]| {
            let deployments = ids.iter().map(|id| id.parse().unwrap()).collect();
            MarathonError::Locked { deployments }.to_string()
        };
        assert_eq!(locked(&[]), "locked by a deployment");
        assert_eq!(locked(&["a"]), "locked by deployment a");
        assert_eq!(locked(&["a", "b"]), "locked by deployments a, b");
        let details = vec![InvalidDetail { path: "/id".into(), errors: vec!["odd".into()] }];
        let invalid = MarathonError::Invalid { message: "no".into(), details };
        assert_eq!(invalid.to_string(), "Marathon refuses it: no; /id: odd");
    }
}
