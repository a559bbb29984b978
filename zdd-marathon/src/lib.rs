//! Marathon over its REST API and event stream, for the ports of [`zdd_core`].

pub mod events;
mod http;
#[cfg(feature = "local")]
pub mod local;
pub mod sse;
mod wire;

pub use wire::apps_of_answer;

pub use http::{
    BuildError, Builder, CredentialFileError, Credentials, HttpMarathon, ServiceAccount, Warning,
};
