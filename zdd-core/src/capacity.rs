//! Capacity of a replacement: the declared bounds, and what Marathon makes of them when it starts.
//!
//! The arithmetic on fractions is in [`units`](crate::units); from here on there are only integers.

use core::fmt;
use core::str::FromStr;

use alloc::string::String;
use serde::{Deserialize, Serialize};

use crate::units::{InstanceCount, MaximumOverCapacity, MinimumHealthCapacity};

/// The two fractions that bound a rolling upgrade.
///
/// Source: Marathon `upgradeStrategy`. The default is Marathon's for ordinary apps, `1` and `1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpgradeStrategy {
    /// Share of the instances that must stay healthy.
    pub minimum_health_capacity: MinimumHealthCapacity,
    /// Share of the instances that may be added.
    pub maximum_over_capacity: MaximumOverCapacity,
}

impl Default for UpgradeStrategy {
    fn default() -> Self {
        Self {
            minimum_health_capacity: MinimumHealthCapacity::ONE,
            maximum_over_capacity: MaximumOverCapacity::ONE,
        }
    }
}

impl UpgradeStrategy {
    /// The counts that the fractions declare for `instances` of the new definition.
    pub fn bounds(self, instances: InstanceCount) -> Bounds {
        Bounds {
            instances,
            floor: self.minimum_health_capacity.floor_of(instances),
            ceiling: self.maximum_over_capacity.ceiling_of(instances),
        }
    }
}

/// The bounds that a strategy declares, as counts. Always `floor <= instances <= ceiling`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds {
    /// Instances of the new definition.
    pub instances: InstanceCount,
    /// Least healthy instances.
    pub floor: InstanceCount,
    /// Most running instances.
    pub ceiling: InstanceCount,
}

impl Bounds {
    /// Instances that may run on top of `instances`.
    pub fn spare(self) -> InstanceCount {
        self.ceiling.saturating_sub(self.instances)
    }
}

/// How the instances that are there when a replacement starts are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Reading {
    /// Marathon up to 1.9: every running instance counts, whatever its health.
    #[default]
    Classic,
    /// Marathon since 1.10: only instances with recorded health count, and a surplus of tracked
    /// instances is killed at once.
    HealthAware,
}

/// A release of Marathon, such as `1.8` or `1.10.17`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MarathonVersion {
    /// First number.
    pub major: u16,
    /// Second number.
    pub minor: u16,
    /// Third number; zero where it is not given.
    pub patch: u16,
}

/// A text that is not a release of Marathon.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a version of Marathon, such as 1.8 or 1.10.17")]
pub struct MarathonVersionError(String);

impl MarathonVersion {
    /// How this release counts.
    pub fn reading(self) -> Reading {
        if (self.major, self.minor) >= (1, 10) { Reading::HealthAware } else { Reading::Classic }
    }
}

impl FromStr for MarathonVersion {
    type Err = MarathonVersionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = || MarathonVersionError(text.chars().take(40).collect());
        // Builds are called `1.10.17-c427ce965` or `1.4.0-RC1`: what follows the dash does not matter.
        let mut parts = text.trim_start_matches('v').split('-').next().unwrap_or("").split('.');
        let mut part = |missing: Option<u16>| match parts.next() {
            Some(digits) => digits.parse().map_err(|_| refused()),
            None => missing.ok_or_else(refused),
        };
        Ok(Self { major: part(None)?, minor: part(None)?, patch: part(Some(0))? })
    }
}

impl fmt::Display for MarathonVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// What runs when a replacement starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tracked {
    /// Instances, old and new, that should run and count as healthy. Under [`Reading::Classic`]:
    /// that should run.
    pub healthy: InstanceCount,
    /// All tracked instances, old and new, also those on their way out.
    pub total: InstanceCount,
}

/// How Marathon leaves the declared bounds so as not to stand still.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Bend {
    /// One instance more than the ceiling may run.
    CeilingRaised,
    /// One instance more than the floor allows is stopped: apps with local volumes, which may never
    /// have an extra instance.
    FloorLowered,
}

/// What Marathon decides when a replacement starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Start {
    /// Old instances that Marathon wants to stop at once. There may be fewer of them.
    pub kill: InstanceCount,
    /// Most instances that Marathon lets run: the declared ceiling, or one more.
    pub ceiling: InstanceCount,
    /// The bound that was bent, if one was.
    pub bend: Option<Bend>,
}

impl Start {
    /// Decides how a replacement within `bounds` starts.
    ///
    /// Source: `TaskReplaceActor.computeRestartStrategy` in Marathon 1.11 for
    /// [`Reading::HealthAware`]; the same without the clause on surplus for [`Reading::Classic`].
    ///
    /// ```
    /// use zdd_core::capacity::{Bend, Reading, Start, Tracked, UpgradeStrategy};
    /// use zdd_core::units::{InstanceCount, MaximumOverCapacity};
    ///
    /// let four = InstanceCount::from(4);
    /// let running = Tracked { healthy: four, total: four };
    /// let strategy = UpgradeStrategy {
    ///     maximum_over_capacity: MaximumOverCapacity::ZERO,
    ///     ..UpgradeStrategy::default()
    /// };
    /// // All four must stay and none may be added: Marathon adds one all the same.
    /// let start = Start::decide(strategy.bounds(four), false, running, Reading::Classic);
    /// assert_eq!((start.kill.get(), start.ceiling.get()), (0, 5));
    /// assert_eq!(start.bend, Some(Bend::CeilingRaised));
    /// ```
    pub fn decide(bounds: Bounds, resident: bool, tracked: Tracked, reading: Reading) -> Self {
        let Bounds { instances, floor, ceiling } = bounds;
        let mut start = Self { kill: tracked.healthy.saturating_sub(floor), ceiling, bend: None };
        if floor == ceiling && ceiling <= tracked.healthy {
            if resident {
                start.kill = start.kill.saturating_add(InstanceCount::ONE);
                start.bend = Some(Bend::FloorLowered);
            } else {
                start.ceiling = ceiling.saturating_add(InstanceCount::ONE);
                start.bend = Some(Bend::CeilingRaised);
            }
        }
        if reading == Reading::HealthAware {
            start.kill = start.kill.max(tracked.total.saturating_sub(instances));
        }
        start
    }
}
