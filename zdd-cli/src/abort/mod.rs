//! `zdd abort`: takes a running deployment back.

mod verb;

pub(crate) use verb::run;
