//! The form of the lines: what is written, and what is read.
//!
//! One JSON object a line, with `"schema"` and `"rollout"`, which says what the line is. Fields that
//! are not known are ignored; a newer schema is refused.

mod convert;
mod decided;
mod line;
mod seen;

pub use decided::{Act, Change, Decided, Done, Ended, How, State, WaitingFor};
pub use line::{Begin, Drain, Entry, SCHEMA};
pub use seen::{App, Balancer, Notice, Seen, Server, Task, Trouble};
pub(super) use seen::{RELOADED, YOUNGEST_FIRST};

pub(super) use line::{Head, KINDS};
