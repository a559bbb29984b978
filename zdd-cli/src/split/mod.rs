//! `zdd split`: which versions clients see.

mod by;
mod clients;
mod count;

pub(crate) use by::By;
pub(crate) use count::{Counted, Wanted};
