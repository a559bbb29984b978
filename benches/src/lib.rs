//! Inputs, floors and measuring of the benches.
//!
//! One command for everything: the criterion benches, then one table of every figure that is
//! promised, beside its limit and its floor.
//!
//! ```text
//! cargo bench -p zdd-benches                    # all of it
//! cargo bench -p zdd-benches --bench table      # the table alone
//! cargo bench -p zdd-benches --bench table -- verify
//! cargo bench -p zdd-benches -- --test          # everything once, results asserted, no times
//! ```
//!
//! # What the table says
//!
//! *figure* is the best of several runs, because whatever else the machine does only ever adds to
//! a time. *floor* is the least that any program has to do for the same, measured in the same run,
//! in turns with the figure:
//!
//! | question | floor |
//! | --- | --- |
//! | one check, one plan, every step | writing as many bytes as the answer has |
//! | replay of decoded events | writing as many bytes as the texts of the events have |
//! | events of a stream | `serde_json` alone, reading the same events into [`floor::Line`] |
//! | the apps of an answer | `serde_json` alone, reading it into a `Value` |
//! | the agents of a Mesos | `serde_json` alone, reading the answer into a `Value` |
//! | whether a plan finds its places | copying the cluster and the plan |
//! | `verify` of a text | `serde_json` alone, reading the same events into [`floor::Line`] |
//! | the plan of a group | `serde_json` alone, reading the group's JSON |
//! | a rolling upgrade on the embedded Marathon | starting and ending its processes, nothing else |
//! | weights of servers | writing as many bytes as the weights have |
//! | a decision about a rollout | copying what it is decided from |
//! | a rollout to its end | copying what is seen of as many instances, once for each moment |
//! | a blue/green swap, in virtual time | what its tasks' start, health and drain times add up to |
//! | the statistics of HAProxy | the `csv` crate alone, reading the same cells |
//! | a changed task in HAProxy | telling HAProxy alone, by who knows what has changed |
//! | `zdd check` | starting a program that does nothing |
//!
//! *ratio* is figure over floor. A figure beyond its limit is marked *over*; no build fails by it,
//! since a busy machine is no error. Results are asserted before anything is timed.
//!
//! # Inputs
//!
//! They are the same in every run: [`upgrades`] are listed, [`groups`], [`answers`], [`agents`] and [`recording`]s are
//! generated from a fixed [`Seed`].

pub mod agents;
pub mod answers;
pub mod bridge;
pub mod fitting;
pub mod floor;
pub mod following;
pub mod groups;
pub mod lab;
pub mod recording;
pub mod rollout;
mod seed;
pub mod statistics;
pub mod table;
pub mod upgrades;

pub use seed::Seed;
