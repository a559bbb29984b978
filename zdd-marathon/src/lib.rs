//! Marathon over its REST API and event stream, for the ports of [`zdd_core`].

#[expect(dead_code, reason = "the transport that opens the stream comes next")]
mod events;
pub mod sse;
