//! Marathon's event stream: connected again whenever it breaks, with every gap announced.

mod connect;

#[expect(unused_imports, reason = "the transport and the stream meet here")]
pub(crate) use connect::{Body, Connect, OpenError};
