//! Can this strategy be satisfied, and will Marathon keep what it promises? Answered before anything
//! is deployed.
//!
//! [`Check::of`] is closed form: it looks at the counts, not at a run. The tests hold it against the
//! engine's run, the verifier's judgement of that run, and a search of all schedules.

mod decide;
mod decimal;
mod fix;
mod suggest;
mod verdict;
mod warning;

pub use decide::Check;
pub(crate) use decimal::{largest_minimum, smallest_over};
pub use suggest::{SuggestError, Suggestion, suggest};
pub use verdict::{Fix, Kept, Satisfiable, Verdict};
pub use warning::Warning;
