//! Marathon over its REST API and event stream, for the ports of [`zdd_core`].

pub mod events;
#[cfg(feature = "local")]
pub mod local;
pub mod sse;
