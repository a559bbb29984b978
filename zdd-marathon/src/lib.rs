//! Marathon over its REST API and event stream, for the ports of [`zdd_core`].

#[cfg(feature = "local")]
pub mod local;
