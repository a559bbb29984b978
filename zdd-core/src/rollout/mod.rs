//! Canary.

mod matching;

pub use matching::{Matching, Place, matching};
