//! What is watched while two versions serve side by side, before the rollout goes on.
//!
//! A [`Soak`] is a pause with [`Limits`]. While it lasts, everything is kept as it is: an instance that
//! is replaced gets its weight. Errors and response times come from what the balancers count of each
//! server anyway, so that nothing has to be installed. They are compared from the moment on at which
//! the traffic was split; what a reload sets back to zero is added up.
//!
//! A limit on errors fails only when it is sure: when the whole interval in which the true share lies
//! with 95 % confidence is above it. One failed request of three proves nothing.

mod failure;
mod limits;
mod tally;
mod watch;

pub use failure::{Failed, Failure};
pub use limits::{Limits, Part, Pause, Soak};
pub(super) use watch::Watch;
