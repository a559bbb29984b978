//! Counts and strategies.

use proptest::prelude::*;

use crate::capacity::UpgradeStrategy;
use crate::units::{InstanceCount, MaximumOverCapacity, MinimumHealthCapacity};

/// Any number of instances: mostly what people run, sometimes none, sometimes as many as Marathon
/// can count.
pub fn instance_counts() -> impl Strategy<Value = InstanceCount> + Clone {
    prop_oneof![
        8 => 1..=16_u32,
        1 => Just(0_u32),
        4 => 0..=1000_u32,
        1 => 0..=InstanceCount::MAX.get(),
        1 => Just(InstanceCount::MAX.get()),
    ]
    .prop_map(|count| InstanceCount::saturating_from(count.into()))
}

/// Any strategy: the ends of both ranges, whole percents (where doubles and decimals differ), the
/// fractions that are a whole number of instances or just off it, and any double between 0 and 1.
pub fn upgrade_strategies() -> impl Strategy<Value = UpgradeStrategy> + Clone {
    (fractions(), fractions()).prop_map(|(minimum, maximum)| UpgradeStrategy {
        minimum_health_capacity: MinimumHealthCapacity::try_from(minimum)
            .expect("fractions() stays between 0 and 1"),
        maximum_over_capacity: MaximumOverCapacity::try_from(maximum)
            .expect("fractions() stays between 0 and 1"),
    })
}

fn fractions() -> impl Strategy<Value = f64> + Clone {
    prop_oneof![
        3 => prop::sample::select(&[0.0, 0.25, 0.5, 1.0][..]),
        3 => (0..=100_u8).prop_map(|percent| f64::from(percent) / 100.0),
        2 => (1..=32_u8, -1..=1_i8, 0..=32_u8).prop_map(|(n, off, part)| {
            let exact = f64::from(part.min(n)) / f64::from(n);
            (exact + f64::from(off) * f64::EPSILON).clamp(0.0, 1.0)
        }),
        2 => 0.0..=1.0,
    ]
}
