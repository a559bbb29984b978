//! What a Mesos master says of its agents, and of what runs there.
//!
//! [`Cluster::read`] takes the JSON of any of a master's three routes, and tells by what is in it
//! which of them it is:
//!
//! | route | agents | in use | tasks |
//! | --- | --- | --- | --- |
//! | `/slaves` | all | by role | none |
//! | `/state` | all | the sum | all |
//! | `/state-summary` | all | the sum | none |
//!
//! So `/state` says most, and `/slaves` besides it whose reservations are in use
//! ([`Cluster::with_tasks_of`]). [`Cluster::room`] makes of it a [`Room`](crate::placement::Room),
//! in which every task can be freed by itself. Where a route leaves something open, less is taken to
//! be free rather than more, and a [`Note`] says so.
//!
//! Source: Mesos' `src/master/http.cpp` and `src/master/readonly_handler.cpp`, from 1.0 on.

mod amounts;
mod cluster;
mod error;
mod note;
mod raw;
mod read;
mod room;
mod task;

pub use cluster::{Answer, Cluster, Framework, Kept, Node};
pub use error::{ClusterError, ClusterFault};
pub use note::Note;
pub use task::{Task, app_of};
