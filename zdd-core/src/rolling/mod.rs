//! Marathon's rolling replacement.

mod numbers;

pub use numbers::{Numbers, Orders};
