//! `zdd canary`: two versions beside each other, each with its share of the traffic.

mod carry;
mod claim;
mod end;
mod error;
mod hold;
mod lines;
mod start;
mod status;
mod subject;
mod verb;

pub(crate) use error::CanaryError;
pub(crate) use lines::CanaryLine;
pub(crate) use status::CanaryReport;
pub(crate) use verb::run;
