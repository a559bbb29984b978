//! Proptest strategies for the types of this crate, for one's own property tests; and values to begin with
//! where one test is as good as another.
//!
//! They favour the corners: nothing, one, the largest; fractions at both ends and just off a whole
//! instance; apps that Marathon treats specially. Values shrink towards the simple ones.
//!
//! ```
//! use proptest::prelude::*;
//! use zdd_core::testing;
//!
//! proptest! {
//!     // In a test module, with `#[test]` before it.
//!     fn the_floor_is_never_above_the_instances(app in testing::apps()) {
//!         let bounds = app.upgrade_strategy().bounds(app.instances());
//!         prop_assert!(bounds.floor <= app.instances());
//!     }
//! }
//! # the_floor_is_never_above_the_instances();
//! ```

mod apps;
mod capacity;
mod groups;
mod records;

pub use apps::{app_ids, apps, apps_with_id};
pub use capacity::{instance_counts, upgrade_strategies};
pub use groups::groups;
pub use records::record;

#[cfg(test)]
mod tests;
