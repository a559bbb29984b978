//! What a look at marathon-lb can fail with.

use std::error::Error;
use std::io;
use std::time::Duration;

use crate::stats::StatsError;

/// Why one balancer, or the name of all, could not be looked at. No variant holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// The name stands for no address.
    #[error("`{host}` has no address: {cause}")]
    NoAddress {
        /// The name.
        host: String,
        /// Why.
        cause: String,
    },
    /// Nobody took the call.
    #[error("no marathon-lb at {balancer}: {cause}")]
    NotReached {
        /// The address.
        balancer: String,
        /// Why.
        cause: String,
    },
    /// Its certificate does not let us trust it.
    #[error("{balancer} is not trusted: {cause}")]
    Untrusted {
        /// The address.
        balancer: String,
        /// What is wrong with its certificate.
        cause: String,
    },
    /// It took the call, and the answer did not come in time.
    #[error("{balancer} does not answer `{path}` within {} s", within.as_secs_f64())]
    Silent {
        /// The address.
        balancer: String,
        /// What was asked.
        path: &'static str,
        /// For how long.
        within: Duration,
    },
    /// Its answer is not whole.
    #[error("the answer of {balancer} to `{path}` broke off: {cause}")]
    Cut {
        /// The address.
        balancer: String,
        /// What was asked.
        path: &'static str,
        /// What happened.
        cause: String,
    },
    /// It does not know who we are (401), or we may not look (403).
    #[error("not authorised by {balancer} ({status})")]
    Unauthorised {
        /// The address.
        balancer: String,
        /// Its HTTP status.
        status: u16,
    },
    /// It answered with another status than 200.
    #[error("{balancer} answers `{path}` with HTTP {status}")]
    Status {
        /// The address.
        balancer: String,
        /// What was asked.
        path: &'static str,
        /// Its HTTP status.
        status: u16,
    },
    /// Its answer is larger than we are ready to read.
    #[error("the answer of {balancer} to `{path}` is larger than {limit} bytes")]
    TooLarge {
        /// The address.
        balancer: String,
        /// What was asked.
        path: &'static str,
        /// How much is read.
        limit: usize,
    },
    /// It answered something that marathon-lb would not.
    #[error("{balancer} does not answer `{path}` like marathon-lb: {what}")]
    NotMarathonLb {
        /// The address.
        balancer: String,
        /// What was asked.
        path: &'static str,
        /// What was wrong with the answer.
        what: &'static str,
    },
    /// It was reloaded during every try to look at it.
    #[error("{balancer} was reloaded during each of {times} looks at it")]
    Restless {
        /// The address.
        balancer: String,
        /// How often it was looked at.
        times: usize,
    },
    /// Its statistics cannot be read.
    #[error("{balancer}: {error}")]
    Stats {
        /// The address.
        balancer: String,
        /// What is wrong.
        error: StatsError,
    },
}

impl HttpError {
    /// What can be done about it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NotReached { .. } => {
                "point to the listener of the statistics, usually http://HOST:9090".into()
            }
            Self::Status { .. } | Self::NotMarathonLb { .. } => {
                "point to the listener of the statistics, usually port 9090".into()
            }
            Self::Untrusted { .. } => "name the certificate authority with --cacert FILE".into(),
            Self::Unauthorised { .. } => "check user and password; no error ever shows them".into(),
            Self::Stats { error, .. } => return error.hint(),
            Self::NoAddress { .. }
            | Self::Silent { .. }
            | Self::Cut { .. }
            | Self::Restless { .. }
            | Self::TooLarge { .. } => return None,
        })
    }
}

impl HttpError {
    /// Whether it may be gone at the next look, without anybody doing anything.
    pub const fn may_pass(&self) -> bool {
        match self {
            Self::NoAddress { .. }
            | Self::NotReached { .. }
            | Self::Silent { .. }
            | Self::Cut { .. }
            | Self::Restless { .. } => true,
            Self::Status { status, .. } => *status >= 500,
            Self::Untrusted { .. }
            | Self::Unauthorised { .. }
            | Self::NotMarathonLb { .. }
            | Self::TooLarge { .. }
            | Self::Stats { .. } => false,
        }
    }
}

/// The failure of a call that has no whole answer.
pub(super) fn of_call(
    balancer: String,
    path: &'static str,
    within: Duration,
    error: &reqwest::Error,
) -> HttpError {
    if let Some(cause) = certificate(error) {
        return HttpError::Untrusted { balancer, cause };
    }
    if error.is_connect() || error.is_builder() {
        let cause = if error.is_timeout() { "no connection in time".into() } else { words(error) };
        return HttpError::NotReached { balancer, cause };
    }
    if error.is_timeout() {
        return HttpError::Silent { balancer, path, within };
    }
    HttpError::Cut { balancer, path, cause: words(error) }
}

/// What is wrong with the certificate, if that is what it is.
fn certificate(error: &reqwest::Error) -> Option<String> {
    let tls = causes(error).find_map(|cause| {
        let mut cause = cause;
        // The error within an I/O error is not its source.
        while let Some(inner) = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            cause = inner;
        }
        cause.downcast_ref::<rustls::Error>()
    });
    match tls? {
        rustls::Error::InvalidCertificate(what) => {
            Some(what.to_string().chars().take(200).collect())
        }
        rustls::Error::NoCertificatesPresented => Some("it shows no certificate".into()),
        _ => None,
    }
}

/// The innermost cause: those around it repeat the URL.
fn words(error: &reqwest::Error) -> String {
    let mut io = causes(error).filter_map(|cause| cause.downcast_ref::<io::Error>());
    match io.find_map(known) {
        Some(words) => words.into(),
        None => causes(error).last().map_or_else(
            || "no answer".into(),
            |cause| cause.to_string().chars().take(200).collect(),
        ),
    }
}

fn known(error: &io::Error) -> Option<&'static str> {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Some("connection refused"),
        io::ErrorKind::ConnectionReset => Some("connection reset"),
        _ => None,
    }
}

fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    std::iter::successors(error.source(), |cause: &&(dyn Error + 'static)| (*cause).source())
}
