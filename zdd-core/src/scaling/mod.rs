//! Which instances Marathon stops and starts to reach a count, and when those it started count.

mod candidate;
mod condition;
mod even;
mod progress;
mod proposition;
mod start;

pub use candidate::{Candidate, kill_order};
pub use condition::{Condition, Goal};
pub use even::even_picks;
pub use progress::{Checks, Progress, Reached};
pub use proposition::ScalingProposition;
pub use start::{StartEvent, StartInstances, StartOrders};
