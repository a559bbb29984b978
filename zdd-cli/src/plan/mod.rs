//! `zdd plan`: every step of a deployment to its end.

mod chart;
mod drawing;
mod footer;
mod group;
pub(crate) mod json;
mod subject;
mod table;
mod text;
mod verb;

pub(crate) use chart::{Chart, Sample};
pub(crate) use verb::run;
