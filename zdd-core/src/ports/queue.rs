//! Why an instance is not starting.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use crate::units::{AppId, Timestamp};

/// Instances of an app that wait to be launched.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueueItem {
    /// Of which app.
    pub app: AppId,
    /// Of which version, where it is said.
    pub version: Option<Timestamp>,
    /// How many.
    pub count: u32,
    /// How long until Marathon tries again; zero when it only waits for offers.
    pub delay: Duration,
    /// Whether it waits for offers, and not for the launch delay to pass.
    pub overdue: bool,
    /// Since when it waits.
    pub since: Option<Timestamp>,
    /// What became of offers.
    pub offers: Offers,
}

impl QueueItem {
    /// So many instances that only wait for offers.
    pub fn new(app: AppId, count: u32) -> Self {
        Self {
            app,
            version: None,
            count,
            delay: Duration::ZERO,
            overdue: true,
            since: None,
            offers: Offers::default(),
        }
    }
}

/// What became of the offers of agents for waiting instances.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Offers {
    /// How many were looked at.
    pub processed: u64,
    /// How many of these were not used.
    pub unused: u64,
    /// When one was looked at and not used last.
    pub last_unused_at: Option<Timestamp>,
    /// Why the last offer of each agent was declined, in Marathon's order, the reasons that declined
    /// none among them.
    pub rejected: Vec<Rejected>,
}

/// How many offers one reason declined.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "all that Marathon says")]
pub struct Rejected {
    /// Marathon's word: `InsufficientCpus`, `UnfulfilledConstraint`, `InsufficientPorts`, …
    pub reason: String,
    /// How many offers it declined.
    pub declined: u64,
    /// How many had come so far.
    pub processed: u64,
}
