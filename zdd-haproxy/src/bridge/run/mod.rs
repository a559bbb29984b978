//! Follows Marathon, and keeps HAProxy in step with it.

mod apply;
mod apps;
mod bridge;
mod follow;
mod hosts;
mod http;

pub use bridge::{Bridge, BridgeError, Builder, Status};
