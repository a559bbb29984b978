//! Marathon over HTTP.
//!
//! ```text
//!  HttpMarathon      the port: which call, which path, what an answer means
//!       │
//!  Transport         which address, when again, when not
//!       │
//!  attempt           one address: authorisation, redirects, bounded answer
//!       │
//!  failure, refusal  what happened, and whether the call may have been carried out
//! ```
//!
//! Never a thing twice: a call that changes something is sent again only when it is certain that it
//! was not carried out (no connection, no leader, locked, not authorised), or when the second time
//! does nothing. It goes over a connection of its own, because one that lay idle may be closed by the
//! other side while the call is on its way, and then nobody knows.

mod address;
mod answers;
mod attempt;
mod auth;
mod body;
mod build_error;
mod builder;
mod call;
mod connect;
mod credential_file;
mod credentials;
mod delays;
mod failure;
mod fetch;
mod login;
mod marathon;
mod redirect;
mod refusal;
mod run;
mod settings;
mod silence;
mod transport;

pub use build_error::BuildError;
pub use builder::Builder;
pub use credential_file::{CredentialFileError, Warning};
pub use credentials::{Credentials, ServiceAccount};
pub(crate) use fetch::{FetchError, Fetched, Fetcher};
pub use marathon::HttpMarathon;
