//! What surprises people about a strategy that is valid.

use alloc::string::ToString;
use alloc::vec::Vec;
use core::fmt;

use serde::Serialize;

use super::Check;
use crate::app::StrategyRefusal;
use crate::capacity::Bend;
use crate::units::InstanceCount;
use crate::upgrade::Health;

/// Something about a strategy that people do not expect. `Display` says it in one sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "code")]
#[non_exhaustive]
pub enum Warning {
    /// Marathon does not accept the definition.
    Refused {
        /// Why.
        refusal: StrategyRefusal,
    },
    /// The over-capacity is not zero, and yet buys no instance.
    OverRoundsToNone {
        /// Instances of the app.
        instances: InstanceCount,
    },
    /// The minimum is below one, and yet keeps every instance.
    FloorRoundsToAll {
        /// Instances of the app.
        instances: InstanceCount,
    },
    /// In doubles, as Marathon computes, the floor is another than in decimals.
    FloorInDoubles {
        /// What Marathon keeps.
        doubles: InstanceCount,
        /// What the decimals say.
        decimals: InstanceCount,
    },
    /// In doubles, as Marathon computes, the ceiling is another than in decimals.
    CeilingInDoubles {
        /// What Marathon allows.
        doubles: InstanceCount,
        /// What the decimals say.
        decimals: InstanceCount,
    },
    /// Marathon will leave a bound, because it could not move otherwise.
    Bend {
        /// How.
        bend: Bend,
    },
    /// Nothing has to stay healthy: Marathon stops all old instances at once.
    FloorIsZero {
        /// Instances of the app.
        instances: InstanceCount,
    },
    /// Nobody checks the health of the instances.
    NoHealthCheck,
    /// Marathon since 1.10 waits for ever.
    HangsSince1_10,
    /// The strategy has one number only, which Marathon since 1.5 refuses.
    PartialStrategy,
}

impl Warning {
    /// A name for tools. It never changes.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Refused { .. } => "refused",
            Self::OverRoundsToNone { .. } => "over-rounds-to-none",
            Self::FloorRoundsToAll { .. } => "floor-rounds-to-all",
            Self::FloorInDoubles { .. } => "floor-in-doubles",
            Self::CeilingInDoubles { .. } => "ceiling-in-doubles",
            Self::Bend { .. } => "bend",
            Self::FloorIsZero { .. } => "floor-is-zero",
            Self::NoHealthCheck => "no-health-check",
            Self::HangsSince1_10 => "hangs-since-1.10",
            Self::PartialStrategy => "partial-strategy",
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { refusal } => write!(f, "Marathon refuses this definition: {refusal}"),
            Self::OverRoundsToNone { instances } => write!(
                f,
                "maximumOverCapacity rounds down: of {instances} it buys not one extra instance"
            ),
            Self::FloorRoundsToAll { instances } => write!(
                f,
                "minimumHealthCapacity rounds up: all {instances} instances must stay healthy"
            ),
            Self::FloorInDoubles { doubles, decimals } => write!(
                f,
                "Marathon computes in doubles: it keeps {doubles} healthy, where decimals give {decimals}"
            ),
            Self::CeilingInDoubles { doubles, decimals } => write!(
                f,
                "Marathon computes in doubles: it runs at most {doubles}, where decimals give {decimals}"
            ),
            Self::Bend { bend: Bend::CeilingRaised } => {
                f.write_str("floor and ceiling leave no room, so Marathon runs one more than the ceiling")
            }
            Self::Bend { bend: Bend::FloorLowered } => f.write_str(
                "floor and ceiling leave no room, so Marathon stops one more than the floor allows",
            ),
            Self::FloorIsZero { instances } => write!(
                f,
                "nothing has to stay healthy: Marathon stops all {instances} instances at once"
            ),
            Self::NoHealthCheck => f.write_str(
                "no health check: an instance counts as healthy as soon as it runs, serving or not",
            ),
            Self::HangsSince1_10 => f.write_str(
                "Marathon since 1.10 does not see health checks of its own when it starts: it would \
                 stop nothing, may add nothing, and wait for ever",
            ),
            Self::PartialStrategy => f.write_str(
                "upgradeStrategy has one of its two numbers: Marathon since 1.5 refuses that, older \
                 ones take 1 for the other",
            ),
        }
    }
}

pub(super) fn about(check: &Check) -> Vec<Warning> {
    let (upgrade, bounds, start) = (check.upgrade(), check.bounds(), check.start());
    let (instances, strategy) = (upgrade.instances, upgrade.strategy);
    let min = strategy.minimum_health_capacity.get();
    let over = strategy.maximum_over_capacity.get();
    let mut warnings = Vec::new();
    let mut warn = |holds: bool, warning: Warning| {
        if holds {
            warnings.push(warning);
        }
    };
    if let Some(refusal) = check.refusal() {
        warn(true, Warning::Refused { refusal });
    }
    warn(check.has_partial_strategy(), Warning::PartialStrategy);
    if !instances.is_zero() {
        let all = bounds.floor == instances;
        warn(over > 0.0 && bounds.spare().is_zero(), Warning::OverRoundsToNone { instances });
        warn(min < 1.0 && all, Warning::FloorRoundsToAll { instances });
        let decimals = Exact::of(min).floor_of(instances);
        let doubles = bounds.floor;
        warn(doubles != decimals, Warning::FloorInDoubles { doubles, decimals });
        let decimals = Exact::of(over).ceiling_of(instances);
        let doubles = bounds.ceiling;
        warn(doubles != decimals, Warning::CeilingInDoubles { doubles, decimals });
        if let Some(bend) = start.bend {
            warn(true, Warning::Bend { bend });
        }
        let stops_all = check.initial_kills() == instances;
        warn(bounds.floor.is_zero() && stops_all, Warning::FloorIsZero { instances });
        warn(upgrade.hangs_since_1_10(), Warning::HangsSince1_10);
    }
    warn(upgrade.health == Health::Unchecked, Warning::NoHealthCheck);
    warnings
}

/// A fraction as the decimal that a person wrote: the shortest one that reads as the same double.
/// The value is `digits / 10^scale`; below what 38 places can hold it is `tiny`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Exact {
    digits: u128,
    scale: u128,
    tiny: bool,
}

impl Exact {
    fn of(fraction: f64) -> Self {
        let text = fraction.to_string();
        let (whole, places) = text.split_once('.').unwrap_or((&text, ""));
        let parsed = (places.len() <= 27)
            .then(|| alloc::format!("{whole}{places}").parse().ok())
            .flatten()
            .zip(u32::try_from(places.len()).ok().and_then(|places| 10_u128.checked_pow(places)));
        match parsed {
            Some((digits, scale)) => Self { digits, scale, tiny: false },
            None => Self { digits: 0, scale: 1, tiny: fraction > 0.0 },
        }
    }

    fn floor_of(self, instances: InstanceCount) -> InstanceCount {
        if self.tiny && !instances.is_zero() {
            return InstanceCount::ONE;
        }
        let product = u128::from(instances.get()) * self.digits;
        InstanceCount::saturating_from(
            u64::try_from(product.div_ceil(self.scale)).unwrap_or(u64::MAX),
        )
    }

    fn ceiling_of(self, instances: InstanceCount) -> InstanceCount {
        let product = u128::from(instances.get()) * (self.scale + self.digits);
        InstanceCount::saturating_from(u64::try_from(product / self.scale).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capacity::UpgradeStrategy;
    use crate::upgrade::Upgrade;

    fn codes(instances: u16, min: f64, over: f64) -> Vec<&'static str> {
        let strategy = UpgradeStrategy {
            minimum_health_capacity: min.try_into().unwrap(),
            maximum_over_capacity: over.try_into().unwrap(),
        };
        let check = Check::of(&Upgrade::new(instances.into(), strategy));
        check.warnings().iter().map(Warning::code).collect()
    }

    #[test]
    fn each_surprise_is_named() {
        assert!(codes(4, 0.5, 0.5).is_empty());
        assert_eq!(codes(4, 0.5, 0.1), ["over-rounds-to-none"]);
        assert_eq!(codes(5, 0.9, 0.2), ["floor-rounds-to-all"]);
        assert_eq!(codes(25, 0.28, 0.2), ["floor-in-doubles"]);
        assert_eq!(codes(100, 0.5, 0.15), ["ceiling-in-doubles"]);
        assert_eq!(codes(4, 1.0, 0.0), ["bend"]);
        assert_eq!(codes(4, 0.0, 0.0), ["floor-is-zero"]);
        assert!(codes(0, 0.5, 0.1).is_empty());
        assert_eq!(codes(3, 5e-324, 0.5), Vec::<&str>::new());
    }

    #[test]
    fn the_decimal_is_the_one_that_was_written() {
        let n = InstanceCount::from;
        assert_eq!(Exact::of(0.28).floor_of(n(25)), n(7));
        assert_eq!(Exact::of(0.15).ceiling_of(n(100)), n(115));
        assert_eq!(Exact::of(5e-324).floor_of(n(3)), n(1));
        assert_eq!(Exact::of(1.0).ceiling_of(InstanceCount::MAX), InstanceCount::MAX);
    }
}
