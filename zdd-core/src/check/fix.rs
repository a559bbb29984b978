//! The smallest change that makes a guarantee satisfiable.

use super::Fix;
use super::decimal::{largest_minimum, smallest_over};
use crate::capacity::{Bounds, UpgradeStrategy};
use crate::guarantee::Guarantee;
use crate::units::{InstanceCount, MaximumOverCapacity, MinimumHealthCapacity};
use crate::upgrade::{Kind, Upgrade};

/// What the counts of a strategy have to fulfil.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// At least one instance may be added.
    Spare,
    /// The floor is below the ceiling.
    Room,
    /// As many may be added as the floor needs.
    SpareOverFloor,
}

impl Wanted {
    /// What `guarantee` needs where it is not satisfiable. Completion is only in question where
    /// Marathon stops nothing at the start and therefore needs room for a first new instance.
    fn by(guarantee: Guarantee) -> Self {
        match guarantee {
            Guarantee::Completes => Self::Spare,
            Guarantee::Bounds => Self::Room,
            Guarantee::SideBySide => Self::SpareOverFloor,
        }
    }

    pub(super) fn is_met_by(self, bounds: Bounds) -> bool {
        match self {
            Self::Spare => !bounds.spare().is_zero(),
            Self::Room => bounds.floor < bounds.ceiling,
            Self::SpareOverFloor => bounds.spare() >= bounds.floor,
        }
    }

    /// The spare that is needed beside the floor where it is not met.
    fn spare(self, bounds: Bounds) -> InstanceCount {
        match self {
            Self::Spare | Self::Room => InstanceCount::ONE,
            Self::SpareOverFloor => bounds.floor,
        }
    }

    /// The floor that is needed beside the spare; `None` where no floor helps.
    fn floor(self, bounds: Bounds) -> Option<InstanceCount> {
        match self {
            Self::Spare => None,
            Self::Room => Some(bounds.ceiling.saturating_sub(InstanceCount::ONE)),
            Self::SpareOverFloor => Some(bounds.spare()),
        }
    }
}

/// The change of one field by the least amount that makes `guarantee` satisfiable; where both would
/// do, the smaller change, and more capacity rather than less health if they are the same. The pair
/// where one field is not enough; `None` where no strategy is.
pub(super) fn smallest(upgrade: &Upgrade, guarantee: Guarantee) -> Option<Fix> {
    let wanted = Wanted::by(guarantee);
    match upgrade.kind {
        Kind::SingleInstance if upgrade.instances > InstanceCount::ONE => None,
        Kind::SingleInstance => {
            change(upgrade.strategy, MinimumHealthCapacity::ZERO, MaximumOverCapacity::ZERO)
        }
        Kind::Resident | Kind::ExternalVolume => {
            let strategy = UpgradeStrategy {
                maximum_over_capacity: MaximumOverCapacity::ZERO,
                ..upgrade.strategy
            };
            // Where no floor would help the bound that Marathon bends may do.
            let minimum = lower_minimum(upgrade.instances, strategy, wanted)
                .unwrap_or(strategy.minimum_health_capacity);
            change(upgrade.strategy, minimum, MaximumOverCapacity::ZERO)
        }
        Kind::Ordinary => one_field(upgrade, wanted),
    }
}

fn one_field(upgrade: &Upgrade, wanted: Wanted) -> Option<Fix> {
    let UpgradeStrategy { minimum_health_capacity: min, maximum_over_capacity: over } =
        upgrade.strategy;
    let raised = smallest_over(upgrade.instances, wanted.spare(upgrade.bounds()));
    let lowered = lower_minimum(upgrade.instances, upgrade.strategy, wanted);
    match (raised, lowered) {
        (Some(raised), Some(lowered)) => {
            // Differences of decimals that look the same may differ in the last bit.
            let further = (raised.get() - over.get()) - (min.get() - lowered.get()) > 1e-9;
            if further {
                change(upgrade.strategy, lowered, over)
            } else {
                change(upgrade.strategy, min, raised)
            }
        }
        (Some(raised), None) => change(upgrade.strategy, min, raised),
        (None, Some(lowered)) => change(upgrade.strategy, lowered, over),
        (None, None) => None,
    }
}

/// The largest minimum, not above the present one, that meets `wanted` beside the present spare.
fn lower_minimum(
    instances: InstanceCount,
    strategy: UpgradeStrategy,
    wanted: Wanted,
) -> Option<MinimumHealthCapacity> {
    let bounds = strategy.bounds(instances);
    if wanted.is_met_by(bounds) {
        return Some(strategy.minimum_health_capacity);
    }
    Some(largest_minimum(instances, wanted.floor(bounds)?))
}

/// What turns `from` into the two values.
fn change(
    from: UpgradeStrategy,
    min: MinimumHealthCapacity,
    over: MaximumOverCapacity,
) -> Option<Fix> {
    let fix = Fix {
        minimum_health_capacity: (min != from.minimum_health_capacity).then_some(min),
        maximum_over_capacity: (over != from.maximum_over_capacity).then_some(over),
    };
    (fix.minimum_health_capacity.is_some() || fix.maximum_over_capacity.is_some()).then_some(fix)
}

/// The strategy with which Marathon comes nearest to keeping a guarantee that can be kept: for the
/// bounds, one that leaves it the room that it needs to go on; for side-by-side, the same spare and
/// the whole app as floor, so that it stops no old instance before a new one is healthy. `None` where
/// that is the strategy already.
pub(super) fn nearest(upgrade: &Upgrade, guarantee: Guarantee) -> Option<UpgradeStrategy> {
    let present = upgrade.strategy;
    let over = if upgrade.bounds().spare().is_zero() {
        smallest_over(upgrade.instances, InstanceCount::ONE)?
    } else {
        present.maximum_over_capacity
    };
    let minimum_health_capacity = match guarantee {
        Guarantee::Completes | Guarantee::Bounds => present.minimum_health_capacity,
        Guarantee::SideBySide => MinimumHealthCapacity::ONE,
    };
    let nearest = UpgradeStrategy { minimum_health_capacity, maximum_over_capacity: over };
    let allowed = upgrade.kind.refusals(nearest, upgrade.instances).next().is_none();
    (allowed && nearest != present).then_some(nearest)
}
