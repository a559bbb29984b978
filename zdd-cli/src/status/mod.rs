//! `zdd status`: where deployments are, and what they wait for.

mod json;
mod text;
mod verb;

pub(crate) use verb::run;
