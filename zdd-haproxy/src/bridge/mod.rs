//! Keeps one HAProxy on this machine in step with Marathon, as marathon-lb does.
//!
//! What decides is pure: [`model`] makes services of apps and their labels, [`config`] a
//! configuration of services, and [`changes`] says what of it a running HAProxy can be told.
//! [`Bridge`] follows Marathon and carries it out.

pub mod changes;
pub mod config;
pub mod model;
mod process;
mod run;

pub use process::ProcessError;
pub use run::{Bridge, BridgeError, Builder, Status};
