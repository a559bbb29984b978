//! `zdd history` and `zdd rollback`: what was deployed before, and the way back to it.

mod error;
mod report;
mod rollback;
mod store;
mod verb;

pub(crate) use error::HistoryFault;
pub(crate) use report::GroupReport;
pub(crate) use rollback::run as rollback;
pub(crate) use store::keep;
pub(crate) use verb::run;
