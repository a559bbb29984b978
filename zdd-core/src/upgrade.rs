//! What a planner has to know about one app that is to be replaced.

use serde::{Deserialize, Serialize};

use crate::app::App;
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
    /// that Marathon since 1.10 does not look at when it counts what runs at the start. Deduced from
    /// its sources: no test of Marathon's covers it.
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
    /// An external volume of DVDI, which only one agent can attach.
    ExternalVolume,
    /// Label `MARATHON_SINGLE_INSTANCE_APP=true`.
    SingleInstance,
}

impl Health {
    /// Who checks the instances of `app`.
    ///
    /// Source: Marathon since 1.10 takes an instance for healthy at the start if its definition has
    /// no check of any kind, or if Mesos reported it healthy.
    pub fn of(app: &App) -> Self {
        let checks = app.health_checks();
        if checks.iter().any(|check| check.protocol.runs_in_mesos()) {
            Self::ByMesos
        } else if checks.is_empty() && app.readiness_check().is_none() && !app.has_general_check() {
            Self::Unchecked
        } else {
            Self::ByMarathon
        }
    }
}

impl Kind {
    /// What limits the strategy of `app` most.
    pub fn of(app: &App) -> Self {
        if app.is_single_instance() {
            Self::SingleInstance
        } else if app.is_resident() {
            Self::Resident
        } else if app.has_single_attach_volume() {
            Self::ExternalVolume
        } else {
            Self::Ordinary
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
    /// Who checks the health of the old instances.
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

    /// The replacement of as many instances of an older definition of `app` as it has itself, checked
    /// in the same way.
    pub fn of(app: &App, reading: Reading) -> Self {
        Self::between(app, app, reading)
    }

    /// The replacement of the instances of `old` by those of `new`, all of which run.
    pub fn between(old: &App, new: &App, reading: Reading) -> Self {
        Self {
            old: old.instances(),
            kind: Kind::of(new),
            // Whether an instance counts as healthy at the start is up to its own definition.
            health: Health::of(old),
            reading,
            ..Self::new(new.instances(), new.upgrade_strategy())
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
