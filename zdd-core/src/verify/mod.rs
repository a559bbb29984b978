//! The second opinion: judges what happened, whoever planned it.
//!
//! It shares types with the planner, and no rule. [`Judge`] takes a timeline step by step, from a
//! plan or a recording, and says which guarantees held. [`LogReader`] reads a recording of
//! Marathon's event stream, and [`Replay`] rebuilds and judges every deployment in it.
//! [`recording`] writes the lines of recordings that need nothing beside them.

mod bounds;
mod event;
mod expectation;
mod finding;
mod fleet;
mod fleets;
mod judge;
mod key;
mod levels;
mod listing;
mod log;
mod part;
mod plan;
pub mod recording;
mod reorder;
mod replay;
mod report;
pub mod rollout;
mod snapshot;
mod step;
mod thinned;
mod verdict;
mod wire;

pub use event::{About, Action, Definition, Event, Facts, Kind, Plan, Progress, Stage, What};
pub use expectation::{Aim, Expectation};
pub use finding::{Fault, Finding, Severity};
pub use judge::Judge;
pub use log::{LogIssue, LogIssues, LogReader, Trouble};
pub use plan::judge_plan;
pub use replay::Replay;
pub use report::{OldCount, Replayed, Report};
pub use snapshot::{Snapshot, SnapshotApp, SnapshotDeployment, SnapshotTask};
pub use step::{Change, Observed};
pub use verdict::{Highest, Judgement, Lowest, MAX_LISTED, Outcome, Spell, Verdict, Why};

pub use crate::timeline::Version;
