//! Carries a rollout out, through the ports.
//!
//! The loop is always the same: observe, decide, act, wait. It is generic over everything that it
//! touches, time included, and keeps nothing that a crash could lose.

mod act;
mod observe;
mod run;

pub use run::{Drive, DriveError, Go, Witness};
