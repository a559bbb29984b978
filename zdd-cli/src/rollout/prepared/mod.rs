//! From a definition and what runs to what is to be done: the same for whoever plans it and whoever does it.

mod canary;
mod made;
mod swap;

pub(crate) use canary::Canary;
pub(crate) use made::Prepared;
pub(crate) use swap::{Swap, Swapped};
