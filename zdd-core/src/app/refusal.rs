//! What Marathon itself refuses about an app's strategy.

use alloc::vec::Vec;

use serde::Serialize;

use super::definition::App;
use crate::capacity::UpgradeStrategy;
use crate::units::{InstanceCount, MaximumOverCapacity, MinimumHealthCapacity};
use crate::upgrade::Kind;

/// A combination that Marathon answers with status 422, or would, if the app came into its root
/// group. One such app, once stored, blocks everybody's changes.
///
/// Text: the JSON pointer of the member to change, which the definition may not have yet, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum StrategyRefusal {
    /// An app with persistent local volumes may never have extra instances.
    #[error("{}: {_0} is above 0, which an app with persistent local volumes may not have", self.pointer())]
    ResidentOverCapacity(MaximumOverCapacity),
    /// An app with DVDI volumes may never have extra instances: a volume is attached to one agent.
    #[error("{}: {_0} is above 0, which an app with external volumes may not have", self.pointer())]
    ExternalVolumeOverCapacity(MaximumOverCapacity),
    /// A single-instance app must let Marathon stop its only instance.
    #[error("{}: {_0} is above 0, which an app with the label MARATHON_SINGLE_INSTANCE_APP may not have", self.pointer())]
    SingleInstanceHealthCapacity(MinimumHealthCapacity),
    /// A single-instance app may never have an extra instance.
    #[error("{}: {_0} is above 0, which an app with the label MARATHON_SINGLE_INSTANCE_APP may not have", self.pointer())]
    SingleInstanceOverCapacity(MaximumOverCapacity),
    /// A single-instance app has one instance at most.
    #[error("{}: {_0} is above 1, which an app with the label MARATHON_SINGLE_INSTANCE_APP may not have", self.pointer())]
    SingleInstanceCount(InstanceCount),
    /// An app with persistent local volumes cannot be replaced elsewhere while its agent is away.
    #[error("{}: an app with persistent local volumes needs \"disabled\"", self.pointer())]
    ResidentUnreachable,
}

impl StrategyRefusal {
    /// JSON pointer of the member to change. A definition that relies on defaults does not have it.
    pub const fn pointer(self) -> &'static str {
        match self {
            Self::ResidentOverCapacity(_)
            | Self::ExternalVolumeOverCapacity(_)
            | Self::SingleInstanceOverCapacity(_) => "/upgradeStrategy/maximumOverCapacity",
            Self::SingleInstanceHealthCapacity(_) => "/upgradeStrategy/minimumHealthCapacity",
            Self::SingleInstanceCount(_) => "/instances",
            Self::ResidentUnreachable => "/unreachableStrategy",
        }
    }
}

impl StrategyRefusal {
    /// Whether another strategy would be accepted.
    pub const fn is_about_strategy(self) -> bool {
        match self {
            Self::ResidentOverCapacity(_)
            | Self::ExternalVolumeOverCapacity(_)
            | Self::SingleInstanceHealthCapacity(_)
            | Self::SingleInstanceOverCapacity(_) => true,
            Self::SingleInstanceCount(_) | Self::ResidentUnreachable => false,
        }
    }
}

impl App {
    /// What Marathon itself refuses about the strategy, in terms of its effective values: a
    /// single-instance app, for instance, cannot rely on the defaults.
    ///
    /// Source: Marathon's `AppValidation` and `AppDefinition.validAppDefinition`. A missing number
    /// is not among them, because Marathon took it until 1.5: see
    /// [`has_partial_upgrade_strategy`](App::has_partial_upgrade_strategy).
    ///
    /// ```
    /// use zdd_core::app::App;
    ///
    /// let app = App::parse(
    ///     r#"{"id": "/db", "labels": {"MARATHON_SINGLE_INSTANCE_APP": "true"},
    ///         "upgradeStrategy": {"minimumHealthCapacity": 0, "maximumOverCapacity": 0.5}}"#,
    /// )?;
    /// assert_eq!(app.refusals()[0].pointer(), "/upgradeStrategy/maximumOverCapacity");
    /// # Ok::<(), zdd_core::app::ParseError>(())
    /// ```
    pub fn refusals(&self) -> Vec<StrategyRefusal> {
        let kinds = [
            (self.is_resident(), Kind::Resident),
            (self.has_single_attach_volume(), Kind::ExternalVolume),
            (self.is_single_instance(), Kind::SingleInstance),
        ];
        let refused = |kind: Kind| kind.refusals(self.upgrade_strategy(), self.instances());
        let mut refusals: Vec<_> =
            kinds.into_iter().filter(|(is, _)| *is).flat_map(|(_, kind)| refused(kind)).collect();
        if self.is_resident() && self.typed().is_unreachable_enabled {
            refusals.push(StrategyRefusal::ResidentUnreachable);
        }
        refusals
    }
}

impl Kind {
    /// What Marathon refuses about this strategy for `instances` of such an app.
    pub fn refusals(
        self,
        strategy: UpgradeStrategy,
        instances: InstanceCount,
    ) -> impl Iterator<Item = StrategyRefusal> {
        let (min, over) = (strategy.minimum_health_capacity, strategy.maximum_over_capacity);
        let over_capacity = |refusal: fn(MaximumOverCapacity) -> StrategyRefusal| {
            (over > MaximumOverCapacity::ZERO).then(|| refusal(over))
        };
        match self {
            Self::Ordinary => [None, None, None],
            Self::Resident => [over_capacity(StrategyRefusal::ResidentOverCapacity), None, None],
            Self::ExternalVolume => {
                [over_capacity(StrategyRefusal::ExternalVolumeOverCapacity), None, None]
            }
            Self::SingleInstance => [
                (min > MinimumHealthCapacity::ZERO)
                    .then_some(StrategyRefusal::SingleInstanceHealthCapacity(min)),
                over_capacity(StrategyRefusal::SingleInstanceOverCapacity),
                (instances > InstanceCount::ONE)
                    .then_some(StrategyRefusal::SingleInstanceCount(instances)),
            ],
        }
        .into_iter()
        .flatten()
    }
}
