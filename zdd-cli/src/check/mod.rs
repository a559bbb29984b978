//! `zdd check`: what an upgrade strategy can keep, before anything is deployed.

pub(crate) mod json;
mod subject;
pub(crate) mod text;
mod verb;

pub(crate) use verb::{run, run_on};
