//! What happens when: a replacement from its first step to its last, run-length encoded.

mod assumptions;
mod machine;
mod run;
mod state;
mod step;

pub use assumptions::Assumptions;
pub use machine::Model;
pub use run::{End, Extreme, Run, Timeline};
pub use state::{Side, State, Version};
pub use step::{Change, Step};
