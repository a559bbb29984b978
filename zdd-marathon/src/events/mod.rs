//! Marathon's event stream: connected again whenever it breaks, with every gap announced.
//!
//! ```text
//! Connect ──bytes──▶ sse::Decoder ──messages──▶ decode ──events──▶ a bounded queue ──▶ Events
//!    ▲                                                                                  (Feed)
//!    └── a task: back-off, silence, gaps
//! ```
//!
//! The stream has no replay. Whenever something may be missing (the connection broke, the reader was
//! too slow, an event was garbage or too large) the reader is told that it was lost and, as soon as
//! further events come, that it is connected: from then on a state that is read again and the events
//! that follow are the whole truth.

mod connect;
mod decode;
mod follow;
mod queue;

pub use decode::{NotAnEvent, decode};

pub(crate) use connect::{Body, Connect, OpenError};
pub(crate) use follow::{Pace, follow};
