//! `zdd plan`: every step of a deployment to its end.

mod drawing;
mod footer;
mod group;
pub(crate) mod json;
mod subject;
mod table;
mod text;
mod verb;

pub(crate) use verb::run;
