//! What a planner has to know about one app that is to be replaced.

use serde::{Deserialize, Serialize};

use crate::capacity::{Bounds, Reading, Start, Tracked, UpgradeStrategy};
use crate::units::InstanceCount;

/// Who finds out whether an instance is healthy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Health {
    /// Only numbers are known, no definition. Taken as checked by Mesos.
    #[default]
    Unknown,
    /// Nobody: an instance counts as healthy as soon as it runs.
    Unchecked,
    /// Marathon itself (HTTP, HTTPS and TCP checks), or only readiness and general checks: results
    /// that Marathon since 1.10 does not look at when it counts what runs at the start.
    ByMarathon,
    /// The Mesos executor (COMMAND and MESOS_* checks).
    ByMesos,
}

/// Properties of an app that limit its upgrade strategy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Kind {
    /// Nothing special.
    #[default]
    Ordinary,
    /// At least one persistent local volume: an extra instance would need an extra reservation.
    Resident,
    /// An external volume, which only one instance can mount.
    ExternalVolume,
    /// Label `MARATHON_SINGLE_INSTANCE_APP=true`.
    SingleInstance,
}

/// Why Marathon does not accept an upgrade strategy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Refusal {
    /// `maximumOverCapacity` is above zero.
    #[error(
        "an app with persistent volumes may not have extra instances: maximumOverCapacity must be 0"
    )]
    VolumesNeedNoExtra,
    /// One of the two fractions is above zero.
    #[error("a single-instance app needs minimumHealthCapacity 0 and maximumOverCapacity 0")]
    SingleInstanceNeedsZeros,
    /// More than one instance.
    #[error("a single-instance app may not have more than one instance")]
    SingleInstanceCount,
}

impl Kind {
    /// Why Marathon refuses this strategy for `instances` of such an app, if it does.
    ///
    /// Source: Marathon's validation of `upgradeStrategy` for resident apps, external volumes and
    /// `MARATHON_SINGLE_INSTANCE_APP`.
    pub fn refuses(self, strategy: UpgradeStrategy, instances: InstanceCount) -> Option<Refusal> {
        let over = strategy.maximum_over_capacity.get() > 0.0;
        let keeps = strategy.minimum_health_capacity.get() > 0.0;
        match self {
            Self::Resident | Self::ExternalVolume if over => Some(Refusal::VolumesNeedNoExtra),
            Self::SingleInstance if instances > InstanceCount::ONE => {
                Some(Refusal::SingleInstanceCount)
            }
            Self::SingleInstance if over || keeps => Some(Refusal::SingleInstanceNeedsZeros),
            _ => None,
        }
    }
}

/// The replacement of one app's instances by those of a new definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upgrade {
    /// Instances of the old version that run, all of them healthy.
    pub old: InstanceCount,
    /// Instances of the new definition.
    pub instances: InstanceCount,
    /// The bounds, as fractions of `instances`.
    pub strategy: UpgradeStrategy,
    /// What limits the strategy.
    pub kind: Kind,
    /// Who checks the health of the instances.
    pub health: Health,
    /// How Marathon counts when it starts.
    pub reading: Reading,
}

impl Upgrade {
    /// An ordinary app with as many old instances as new ones, of which only the numbers are known.
    pub fn new(instances: InstanceCount, strategy: UpgradeStrategy) -> Self {
        Self {
            old: instances,
            instances,
            strategy,
            kind: Kind::Ordinary,
            health: Health::Unknown,
            reading: Reading::Classic,
        }
    }

    /// The counts that the strategy declares.
    pub fn bounds(&self) -> Bounds {
        self.strategy.bounds(self.instances)
    }

    /// What Marathon decides when it starts.
    pub fn start(&self) -> Start {
        let unseen = self.reading == Reading::HealthAware && self.health == Health::ByMarathon;
        let healthy = if unseen { InstanceCount::ZERO } else { self.old };
        let tracked = Tracked { healthy, total: self.old };
        Start::decide(self.bounds(), self.kind == Kind::Resident, tracked, self.reading)
    }
}
