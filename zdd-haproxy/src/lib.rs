//! HAProxy over its admin socket and statistics, for the ports of [`zdd_core`].

pub mod socket;
pub mod stats;
