//! Which instances Marathon stops and starts to reach a count.

mod condition;

pub use condition::{Condition, Goal};
