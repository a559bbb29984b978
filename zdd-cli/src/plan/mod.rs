//! `zdd plan`: every step of a deployment to its end.

mod drawing;
mod footer;
pub(crate) mod group;
pub(crate) mod json;
pub(crate) mod rollout;
pub(crate) mod subject;
pub(crate) mod table;
pub(crate) mod text;
mod verb;

pub(crate) use verb::{run, run_live, run_on_mesos};
