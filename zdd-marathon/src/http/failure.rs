//! What can happen to one try of a call.

use std::error::Error;
use std::io;
use std::time::Duration;

use rustls::CertificateError;
use zdd_core::ports::{Distrust, InvalidDetail, MarathonError, Unreachable};
use zdd_core::units::DeploymentId;

use crate::wire::shortened;

/// Why one try of a call at one address failed.
#[derive(Clone, Debug)]
pub(super) enum Failure {
    /// Marathon decided. Another try would be decided alike.
    Decided(MarathonError),
    /// Deployments hold an app; nothing was done.
    Locked(Vec<DeploymentId>),
    /// Nobody took the call; nothing was done.
    NotReached {
        /// Why.
        cause: String,
    },
    /// The address is not who it has to be; nothing was done.
    Untrusted {
        /// The address.
        url: String,
        /// What is wrong.
        cause: Distrust,
    },
    /// The call was sent, and no whole answer came.
    NoAnswer {
        /// To whom.
        url: String,
        /// What happened instead.
        cause: String,
    },
    /// Whoever answered cannot answer now.
    Failing {
        /// Who.
        url: String,
        /// The HTTP status.
        status: u16,
        /// Its words.
        message: String,
        /// Whether it is certain that nothing was done: there is no leader.
        certain: bool,
        /// Whether it answers with a page, which Marathon does not, but any proxy and any other
        /// server.
        is_page: bool,
    },
    /// What answered is not Marathon.
    NotMarathon {
        /// Who.
        url: String,
        /// What is wrong with its answer.
        what: String,
        /// Whether this may pass: followers that send one to each other during an election.
        passes: bool,
    },
    /// A Marathon answered, and not what we understand.
    Unreadable {
        /// Who.
        url: String,
        /// What it was asked.
        call: String,
        /// What cannot be read.
        what: String,
    },
}

impl Failure {
    /// Whether the call may have been carried out.
    pub(super) fn may_have_happened(&self) -> bool {
        match self {
            Self::NoAnswer { .. } => true,
            Self::Failing { certain, .. } => !certain,
            Self::Decided(_)
            | Self::Locked(_)
            | Self::NotReached { .. }
            | Self::Untrusted { .. }
            | Self::NotMarathon { .. }
            | Self::Unreadable { .. } => false,
        }
    }

    /// Whether it has to do with Marathon at this address, so that another address may do.
    pub(super) fn is_of_address(&self) -> bool {
        !matches!(self, Self::Decided(_) | Self::Locked(_))
    }

    /// When to try all addresses again.
    pub(super) fn again(&self) -> Again {
        match self {
            Self::Failing { is_page: false, .. } => Again::ForLong,
            Self::Failing { is_page: true, .. }
            | Self::NotReached { .. }
            | Self::NoAnswer { .. }
            | Self::NotMarathon { passes: true, .. } => Again::Twice,
            Self::NotMarathon { passes: false, .. }
            | Self::Unreadable { .. }
            | Self::Untrusted { .. }
            | Self::Decided(_)
            | Self::Locked(_) => Again::Never,
        }
    }

    /// The error for a call that changes nothing, or that certainly was not carried out.
    /// `urls` are all that were tried, for `waited`.
    pub(super) fn into_error(self, urls: &str, waited: Duration) -> MarathonError {
        match self {
            Self::Decided(error) => error,
            Self::Locked(deployments) => MarathonError::Locked { deployments },
            Self::NotReached { cause } | Self::NoAnswer { cause, .. } => {
                Unreachable::NotReached { urls: urls.into(), cause }.into()
            }
            Self::Untrusted { url, cause } => Unreachable::Untrusted { url, cause }.into(),
            Self::Failing { url, status, message, .. } => {
                Unreachable::Failing { url, status, message, waited }.into()
            }
            Self::NotMarathon { url, what, .. } => MarathonError::NotMarathon { url, what },
            Self::Unreadable { url, call, what } => MarathonError::Unreadable { url, call, what },
        }
    }

    /// The error for a change that may have been carried out.
    pub(super) fn into_maybe(self, urls: &str) -> MarathonError {
        let (url, cause) = match self {
            Self::NoAnswer { url, cause } => (url, cause),
            Self::Failing { url, status, message, .. } => (url, with_status(status, &message)),
            Self::NotReached { cause } => (urls.to_owned(), cause),
            other => return other.into_error(urls, Duration::ZERO),
        };
        Unreachable::MayHaveHappened { url, cause }.into()
    }

    /// The one of two failures, at two addresses, that says more: what somebody answered, before
    /// that nobody did; and what is worth another round, before what is not.
    pub(super) fn worse_of(self, other: Self) -> Self {
        if other.rank() > self.rank() { other } else { self }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::NotReached { .. } => 0,
            Self::NoAnswer { .. } => 1,
            Self::Untrusted { .. } => 2,
            Self::NotMarathon { .. } => 3,
            Self::Failing { .. } => 4,
            Self::Unreadable { .. } => 5,
            Self::Decided(_) | Self::Locked(_) => 6,
        }
    }

    /// The same with all texts that came from outside changed by `map`.
    pub(super) fn map_texts(self, map: &dyn Fn(String) -> String) -> Self {
        match self {
            Self::Decided(error) => Self::Decided(map_decided(error, map)),
            Self::Locked(deployments) => Self::Locked(deployments),
            Self::NotReached { cause } => Self::NotReached { cause: map(cause) },
            // What a verifier says of a certificate has no secret of ours in it.
            Self::Untrusted { url, cause } => Self::Untrusted { url, cause },
            Self::NoAnswer { url, cause } => Self::NoAnswer { url, cause: map(cause) },
            Self::Failing { url, status, message, certain, is_page } => {
                Self::Failing { url, status, message: map(message), certain, is_page }
            }
            Self::NotMarathon { url, what, passes } => {
                Self::NotMarathon { url, what: map(what), passes }
            }
            Self::Unreadable { url, call, what } => Self::Unreadable { url, call, what: map(what) },
        }
    }
}

/// The errors that Marathon decides with hold its words.
fn map_decided(error: MarathonError, map: &dyn Fn(String) -> String) -> MarathonError {
    match error {
        MarathonError::Exists { message } => MarathonError::Exists { message: map(message) },
        MarathonError::NotFound { message } => MarathonError::NotFound { message: map(message) },
        MarathonError::Refused { message } => MarathonError::Refused { message: map(message) },
        MarathonError::Invalid { message, details } => {
            let detail = |it: InvalidDetail| InvalidDetail {
                path: map(it.path),
                errors: it.errors.into_iter().map(map).collect(),
            };
            let details = details.into_iter().map(detail).collect();
            MarathonError::Invalid { message: map(message), details }
        }
        other => other,
    }
}

/// Whether to try all addresses again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Again {
    /// It will not get better.
    Never,
    /// Twice, and for long if a Marathon was there before: then it is likely to come back.
    Twice,
    /// As long as patience lasts: somebody is there and says that it is not ready.
    ForLong,
}

fn with_status(status: u16, message: &str) -> String {
    if message.is_empty() { format!("HTTP {status}") } else { format!("HTTP {status}: {message}") }
}

/// The failure of sending a call to `url`, or of the head of its answer.
pub(super) fn of_sending(url: &str, error: &reqwest::Error) -> Failure {
    let url = url.to_owned();
    if let Some(cause) = tls_cause(error) {
        return Failure::Untrusted { url, cause };
    }
    let cause = words(error);
    if error.is_connect() || error.is_builder() {
        Failure::NotReached { cause }
    } else {
        Failure::NoAnswer { url, cause }
    }
}

/// What is wrong with the certificate, if that is what the error is about.
fn tls_cause(error: &reqwest::Error) -> Option<Distrust> {
    match tls_error(error)? {
        rustls::Error::InvalidCertificate(certificate) => Some(of_certificate(certificate)),
        rustls::Error::NoCertificatesPresented => Some(Distrust::Missing),
        _ => None,
    }
}

fn tls_error(error: &reqwest::Error) -> Option<&rustls::Error> {
    chain(error).find_map(|cause| {
        let mut cause = cause;
        // What an I/O error wraps is not its source, but the source of that is.
        while let Some(inner) = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            cause = inner;
        }
        cause.downcast_ref()
    })
}

fn of_certificate(error: &CertificateError) -> Distrust {
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => Distrust::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            Distrust::NotYetValid
        }
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            Distrust::UnknownAuthority
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            Distrust::OtherHost
        }
        CertificateError::Revoked => Distrust::Revoked,
        other => Distrust::Invalid { what: shortened(&other.to_string(), 200) },
    }
}

/// What happened, in few words: the innermost cause, without the URL.
pub(super) fn words(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return if error.is_connect() { "no connection in time" } else { "no answer in time" }
            .into();
    }
    if let Some(rustls::Error::InvalidMessage(_)) = tls_error(error) {
        return "it does not speak TLS".into();
    }
    for cause in chain(error) {
        if let Some(io) = cause.downcast_ref::<io::Error>() {
            match io.kind() {
                io::ErrorKind::ConnectionRefused => return "connection refused".into(),
                io::ErrorKind::ConnectionReset => return "connection reset".into(),
                io::ErrorKind::TimedOut => return "no connection in time".into(),
                _ => {}
            }
        }
    }
    // The resolver's error has no kind of its own; these are the words of the client around it.
    if error.is_connect() && chain(error).any(|cause| cause.to_string() == "dns error") {
        return "the name of the host cannot be looked up".into();
    }
    let innermost = chain(error).last().map(ToString::to_string);
    innermost.map_or_else(|| "no connection".into(), |text| shortened(&text, 200))
}

/// The causes of `error`, which itself names the URL and is left out.
fn chain(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    std::iter::successors(error.source(), |cause: &&(dyn Error + 'static)| (*cause).source())
}
