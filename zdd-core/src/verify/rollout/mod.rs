//! Recordings of rollouts (blue/green, canary, promote, rollback), and what there is to say about them.
//!
//! A rollout decides from what it sees. [`Recorder`] keeps both, as JSON lines: `begin`, then `seen`
//! and `decided` at each look, `done` for each thing that was done, and `end`. [`Reader`] reads the
//! lines again, and [`Judge`] says whether the rules held that a rollout promises ([`Rule`]).
//!
//! ```text
//!   Observation, Decision ──► Recorder ──► lines ──► Reader ──► Entry ──► Judge ──► Report
//! ```
//!
//! The judge is a second opinion: it works out by itself which server stands for which task, what
//! serves, which shares weights give, and when a task was free of sessions. It shares types with the
//! engine, and no rule.
//!
//! # What is left out
//!
//! Definitions may hold secrets: in `env`, in `cmd`, in labels (`HAPROXY_0_AUTH` is a password), in
//! what Mesos says of a failed task. Of an app the lines have the id, the version, the number of
//! instances, whether it has health checks, the port in its container, the deployments that hold it and
//! its tasks. Nothing else can get in, because these are the fields that are written.
//!
//! A look at which nothing had changed and nothing was done leaves no line: so a long wait is short. As a
//! sign that somebody still looks, it has a `decided` every [`STILL`] all the same.

mod finding;
mod judge;
mod matching;
mod reader;
mod recorder;
mod report;
mod shares;
pub mod wire;

pub use finding::{Fault, Finding};
pub use judge::Judge;
pub use reader::{Issue, Issues, Newer, Reader, Unusable, is_rollout};
pub use recorder::{Recorder, STILL};
pub use report::{Actions, BalancerShare, Holds, Lowest, Report, Reviewed, Rule, RuleVerdict, Why};
