//! The second opinion: judges what happened, whoever planned it.
//!
//! It shares types with the planner, and no rule. [`Judge`] takes a timeline step by step, from a
//! plan or a recording, and says which guarantees held.

mod bounds;
mod finding;
mod judge;
mod levels;
mod plan;
mod verdict;

pub use finding::{Fault, Finding, Severity};
pub use judge::{Aim, Change, Expectation, Judge, Observed, Version};
pub use plan::judge_plan;
pub use verdict::{Highest, Judgement, Lowest, MAX_LISTED, Outcome, Spell, Verdict, Why};
