//! Why a connection cannot be set up.

use std::io;

/// Why a connection to Marathon cannot be set up. Nothing was sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// No address was given.
    #[error("there is no address of Marathon")]
    NoAddress,
    /// An address is none of HTTP.
    #[error("`{url}` is not the address of a Marathon: {what}")]
    Address {
        /// It, without user and password.
        url: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The certificate authorities cannot be read.
    #[error("the certificate authorities in {path} cannot be read: {source}")]
    CacertUnreadable {
        /// The file.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// There is no certificate among the certificate authorities.
    #[error("{from} holds no certificate authority in PEM")]
    CacertEmpty {
        /// The file, or words for it.
        from: String,
    },
    /// This machine trusts no certificate authority, and none was given.
    #[error("this machine has no certificate authorities to verify {url} with")]
    NoAuthorities {
        /// The first address by TLS.
        url: String,
    },
    /// The credentials cannot be used.
    #[error("the credentials cannot be used: {what}")]
    Credentials {
        /// Why. Never what is in them.
        what: &'static str,
    },
    /// The HTTP client cannot be made.
    #[error("the HTTP client cannot be made: {what}")]
    Client {
        /// Why.
        what: String,
    },
}

impl BuildError {
    /// How to go on.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NoAddress => Some("name it with -m/--marathon URL or ZDD_MARATHON"),
            Self::Address { .. } => Some("an address is such as http://marathon.example:8080"),
            Self::CacertUnreadable { .. } | Self::CacertEmpty { .. } => {
                Some("--cacert names a PEM file, which begins with -----BEGIN CERTIFICATE-----")
            }
            Self::NoAuthorities { .. } => Some("name the certificate authority with --cacert FILE"),
            Self::Credentials { .. } | Self::Client { .. } => None,
        }
    }
}
