//! marathon-lb over HTTP: the statistics and process ids of every balancer behind one name.
//!
//! It can be looked at and not be told anything: marathon-lb itself drains old servers as a new app
//! becomes healthy, and would take back what somebody else sets.

mod builder;
mod error;
mod http;
mod look;
mod pids;

pub use builder::{BuildError, Builder};
pub use error::HttpError;
pub use http::MarathonLb;
pub use look::{Look, Seen};
