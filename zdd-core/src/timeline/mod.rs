//! What happens when.

mod state;

pub use state::{Side, State};
