//! What a rollout is decided from.

use alloc::vec::Vec;

use crate::ports::{AppStatus, Balancer, BalancerError};

/// Everything that was seen at one moment. It is always a little late.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "whoever observes fills all of it in")]
pub struct Observation {
    /// The old app, with its tasks; `None` where there is none.
    pub old: Option<AppStatus>,
    /// The new app, with its tasks; `None` where there is none.
    pub new: Option<AppStatus>,
    /// The balancers behind the name, with the servers of the backend.
    pub balancers: Vec<Balancer>,
    /// What became of the last changes that balancers did not take.
    pub refused: Vec<BalancerError>,
}
