//! The floor and the ceiling, worked out a second time.
//!
//! The planner rounds; this searches. Both compare the same doubles, because Marathon's doubles are
//! what is being judged, but a slip in one is not repeated in the other.

use crate::capacity::UpgradeStrategy;
use crate::units::InstanceCount;

/// The two counts that a replacement has to stay between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Between {
    /// Least healthy instances.
    pub(super) floor: u32,
    /// Most running instances.
    pub(super) ceiling: u32,
}

impl Between {
    /// What `strategy` declares for `instances` of the new definition.
    pub(super) fn declared(strategy: UpgradeStrategy, instances: InstanceCount) -> Self {
        let n = f64::from(instances.get());
        let least = n * strategy.minimum_health_capacity.get();
        let most = n * (1.0 + strategy.maximum_over_capacity.get());
        Self {
            // The smallest count that is not below the product is the product rounded up.
            floor: first(0, instances.get(), |count| f64::from(count) >= least),
            // The last count that is not above the product is the product cut to a whole number.
            ceiling: first(
                instances.get(),
                instances.get().saturating_mul(2).min(InstanceCount::MAX.get()),
                |count| f64::from(count) + 1.0 > most,
            ),
        }
    }
}

/// The first of `low..=high` for which `reached` holds; `high` if it holds for none. `reached` must
/// not become false again.
fn first(mut low: u32, mut high: u32, reached: impl Fn(u32) -> bool) -> u32 {
    while low < high {
        let middle = low + (high - low) / 2;
        if reached(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared(n: u32, least: f64, over: f64) -> (u32, u32) {
        let strategy = UpgradeStrategy {
            minimum_health_capacity: least.try_into().unwrap(),
            maximum_over_capacity: over.try_into().unwrap(),
        };
        let n = InstanceCount::try_from(u64::from(n)).unwrap();
        let between = Between::declared(strategy, n);
        (between.floor, between.ceiling)
    }

    #[test]
    fn marathons_doubles_decide() {
        assert_eq!(declared(4, 0.25, 0.25), (1, 5));
        assert_eq!(declared(4, 0.5, 0.1), (2, 4));
        assert_eq!(declared(100, 0.07, 0.15), (8, 114));
        assert_eq!(declared(3, 1.0, 0.3), (3, 3));
        assert_eq!(declared(0, 1.0, 1.0), (0, 0));
        assert_eq!(declared(i32::MAX as u32, 1.0, 1.0), (i32::MAX as u32, i32::MAX as u32));
    }
}
