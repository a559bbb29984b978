//! Which instances Marathon stops and starts to reach a count, and when those it started count.

mod condition;
mod progress;

pub use condition::{Condition, Goal};
pub use progress::{Checks, Progress, Reached};
