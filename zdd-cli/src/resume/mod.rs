//! `zdd resume`: goes on with a deployment that is no longer followed.

mod find;
mod verb;

pub(crate) use find::{Wanted, explained, find, none_of};
pub(crate) use verb::run;
