//! `zdd split`: which versions clients see.

mod by;
mod clients;
mod count;
mod report;
mod verb;

pub(crate) use by::By;
pub(crate) use count::{Counted, Wanted};
pub(crate) use report::Report;
pub(crate) use verb::run;
