//! Shares of traffic, as they are counted: how sure one can be of them, and whether they are the ones
//! that were wanted.
//!
//! Counts come from clients that asked and saw which version answered. A share of a hundred requests
//! says little; [`Share::interval`] says how little. Whether several shares together are the wanted ones
//! is a question of its own, and [`Fit`] answers it.
//!
//! ```
//! use zdd_core::shares::{Counts, Fit};
//!
//! let counts = Counts::new([("0.9", 15_956), ("1.0", 4_044)]);
//! let share = counts.share("1.0").expect("it was counted");
//! assert!(share.interval().contains(0.20), "20 % is one of the shares that it may well be");
//!
//! let fit = Fit::of(&counts, [("0.9", 80), ("1.0", 20)]).expect("there are two versions");
//! assert!(fit.is_likely());
//! let other = Fit::of(&counts, [("0.9", 75), ("1.0", 25)]).expect("there are two versions");
//! assert!(!other.is_likely());
//! ```

mod counts;
mod fit;
mod gamma;

pub use counts::{Counts, Interval, Share};
pub use fit::{Fit, FitError};
