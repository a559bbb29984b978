//! `zdd plan`: every step of a deployment to its end.

mod drawing;
mod footer;
pub(crate) mod group;
pub(crate) mod json;
pub(crate) mod subject;
mod table;
pub(crate) mod text;
mod verb;

pub(crate) use verb::run;
