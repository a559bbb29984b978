//! Marathon over its REST API and event stream, for the ports of [`zdd_core`].

pub mod events;
pub mod sse;
