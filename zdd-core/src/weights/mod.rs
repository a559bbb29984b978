//! From wanted shares of the traffic to the integer weights of HAProxy's servers.
//!
//! HAProxy sends each server requests in proportion to its weight, an integer from 0 to 256, exactly so
//! with `balance roundrobin`. A side of several servers gets what theirs add up to; so the weights of a
//! side must add up to its share, and its servers need not all have the same.
//!
//! ```
//! use zdd_core::weights::{Side, Weights};
//!
//! // Three of 0.9 and one of 1.0, of which the one is to get a fifth.
//! let weights = Weights::of(&[Side::new(80, 3), Side::new(20, 1)])?;
//! assert!(weights.is_exact());
//! let [old, new] = weights.sides() else { panic!("two sides") };
//! assert_eq!(old.total(), 4 * new.total());
//! assert_eq!(old.servers().count(), 3);
//! # Ok::<(), zdd_core::weights::WeightsError>(())
//! ```
//!
//! What cannot be reached exactly comes as near as it can, and says how near: see
//! [`Weights::largest_error`]. Weights hold while the servers do: when one goes, its part of the
//! traffic goes to all others, and weights have to be made anew for those that are left.

mod side;
mod solve;
#[cfg(test)]
mod tests;
mod weight;

pub use side::{Side, SideWeights};
pub use solve::{Unreachable, Weights, WeightsError};
pub use weight::{Weight, WeightError};
