//! What a timeline is measured against.

use core::time::Duration;

use crate::capacity::UpgradeStrategy;
use crate::units::InstanceCount;

/// What a timeline is measured against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "callers say all of it")]
pub struct Expectation {
    /// What is done.
    pub aim: Aim,
    /// Instances of the new definition; none where they are not known.
    pub instances: Option<InstanceCount>,
    /// Strategy of the new definition; none where it is not known.
    pub strategy: Option<UpgradeStrategy>,
    /// The silence from which on [`Fault::Stalled`](super::Fault::Stalled) is reported.
    pub stall_after: Duration,
}

/// What a timeline should lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "each has its own end to be judged")]
pub enum Aim {
    /// New instances take the place of the old ones: `upgradeStrategy` is in force.
    Replace,
    /// There are as many instances as the definition says, of whatever version.
    Scale,
}

impl Expectation {
    /// Silence that is worth a warning unless the caller knows better: twice the time within which
    /// Marathon looks after the number of instances by itself (every 300 s), and twice its default
    /// grace period for health checks.
    pub const STALL_AFTER: Duration = Duration::from_secs(600);

    /// A replacement whose definition is known.
    pub const fn replacement(instances: InstanceCount, strategy: UpgradeStrategy) -> Self {
        Self {
            aim: Aim::Replace,
            instances: Some(instances),
            strategy: Some(strategy),
            stall_after: Self::STALL_AFTER,
        }
    }
}
