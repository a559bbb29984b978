//! The servers of one HAProxy at one moment, and in what several differ.

mod disagreement;
mod server;
mod snapshot;

pub use disagreement::{Disagreement, Subject, disagreements};
pub use server::{Backend, HealthCheck, Server};
pub use snapshot::View;
