//! From what people want to the fractions that say it.

use serde::Serialize;

use super::decimal::{largest_minimum, smallest_over};
use crate::capacity::{Bounds, UpgradeStrategy};
use crate::units::{InstanceCount, MaximumOverCapacity};

/// A strategy that keeps a wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Suggestion {
    /// The fractions to write into the definition.
    pub strategy: UpgradeStrategy,
    /// The counts that they give: the floor is at least what was asked for, the spare at most.
    pub bounds: Bounds,
}

/// Why no strategy keeps a wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "kebab-case", tag = "reason")]
#[non_exhaustive]
pub enum SuggestError {
    /// The floor is above the number of instances.
    #[error("{floor} healthy instances cannot be kept: the app has {instances}")]
    FloorAboveInstances {
        /// The floor that was asked for.
        floor: InstanceCount,
        /// Instances of the app.
        instances: InstanceCount,
    },
    /// All must stay and none may be added.
    #[error("all {instances} must stay healthy and none may be added: nothing could ever move")]
    NoRoom {
        /// Instances of the app.
        instances: InstanceCount,
    },
}

impl SuggestError {
    /// How to go on.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::FloorAboveInstances { .. } => "ask for at most as many as the app has",
            Self::NoRoom { .. } => "keep one fewer, or allow one spare",
        }
    }
}

/// The strategy with which Marathon replaces `instances` fastest while never fewer than `floor` are
/// healthy and never more than `spare` run on top.
///
/// As many as these leave room for are replaced at the same time, so the floor is taken as low and
/// the spare as high as they allow.
///
/// # Errors
///
/// When the wish contradicts itself.
///
/// ```
/// use zdd_core::check::suggest;
/// use zdd_core::units::InstanceCount;
///
/// let n = InstanceCount::from;
/// let strategy = suggest(n(10), n(8), n(1))?.strategy;
/// assert_eq!(strategy.minimum_health_capacity.to_string(), "0.8");
/// assert_eq!(strategy.maximum_over_capacity.to_string(), "0.1");
/// # Ok::<(), zdd_core::check::SuggestError>(())
/// ```
pub fn suggest(
    instances: InstanceCount,
    floor: InstanceCount,
    spare: InstanceCount,
) -> Result<Suggestion, SuggestError> {
    if floor > instances {
        return Err(SuggestError::FloorAboveInstances { floor, instances });
    }
    if floor == instances && spare.is_zero() && !instances.is_zero() {
        return Err(SuggestError::NoRoom { instances });
    }
    let spare = spare.min(instances);
    let over = smallest_over(instances, spare).unwrap_or(MaximumOverCapacity::ONE);
    let strategy = UpgradeStrategy {
        minimum_health_capacity: largest_minimum(instances, floor),
        maximum_over_capacity: over,
    };
    Ok(Suggestion { strategy, bounds: strategy.bounds(instances) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timeline::{Assumptions, End, Model, Timeline};
    use crate::upgrade::Upgrade;
    use proptest::prelude::*;

    fn end(instances: u16, strategy: UpgradeStrategy) -> End {
        let upgrade = Upgrade::new(instances.into(), strategy);
        Timeline::of(&upgrade, Model::Marathon, &Assumptions::default()).end()
    }

    #[test]
    fn no_other_strategy_within_the_wish_is_faster() {
        for n in 1..=8_u16 {
            for (floor, spare) in (0..=n).flat_map(|floor| (0..=n).map(move |spare| (floor, spare)))
            {
                let Ok(best) = suggest(n.into(), floor.into(), spare.into()) else {
                    assert!(floor == n && spare == 0);
                    continue;
                };
                let End::Complete { at: fastest } = end(n, best.strategy) else { panic!("stalls") };
                for (percent_min, percent_over) in
                    (0..=100_u16).flat_map(|min| (0..=100_u16).map(move |over| (min, over)))
                {
                    let strategy = UpgradeStrategy {
                        minimum_health_capacity: (f64::from(percent_min) / 100.0)
                            .try_into()
                            .unwrap(),
                        maximum_over_capacity: (f64::from(percent_over) / 100.0)
                            .try_into()
                            .unwrap(),
                    };
                    let Bounds { floor: other_floor, .. } = strategy.bounds(n.into());
                    let other_spare = strategy.bounds(n.into()).spare();
                    if other_floor < floor.into() || other_spare > spare.into() {
                        continue;
                    }
                    // Where they meet, Marathon bends the wish.
                    if other_floor == n.into() && other_spare.is_zero() {
                        continue;
                    }
                    let End::Complete { at } = end(n, strategy) else { panic!("stalls") };
                    assert!(
                        at >= fastest,
                        "{n} {floor} {spare}: {percent_min} {percent_over} is faster"
                    );
                }
            }
        }
    }

    proptest! {
        #[test]
        fn a_suggestion_says_just_what_was_asked_for(
            n in 1_u64..=2_147_483_647, floor in 0.0..=1.0, spare in 0.0..=0.99,
        ) {
            let n = InstanceCount::try_from(n).unwrap();
            let floor = crate::units::MinimumHealthCapacity::try_from(floor).unwrap().floor_of(n);
            let spare = MaximumOverCapacity::try_from(spare).unwrap().ceiling_of(n).saturating_sub(n);
            match suggest(n, floor, spare) {
                Ok(found) => {
                    prop_assert_eq!(found.bounds.floor, floor);
                    prop_assert_eq!(found.bounds.spare(), spare);
                }
                Err(refused) => prop_assert_eq!(refused, SuggestError::NoRoom { instances: n }),
            }
        }
    }
}
