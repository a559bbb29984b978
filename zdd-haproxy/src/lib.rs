//! HAProxy over its admin socket and statistics, for the ports of [`zdd_core`].

pub mod admin;
#[cfg(feature = "local")]
pub mod bridge;
pub mod marathon_lb;
pub mod matching;
pub mod socket;
pub mod stats;
pub mod view;
