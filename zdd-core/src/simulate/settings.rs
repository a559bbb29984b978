//! What a Marathon is started with.

use core::time::Duration;

use crate::capacity::Reading;
use crate::placement::{Counting, Grouping};

/// How a Marathon behaves, in terms of its command line flags and its release.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// How it counts when a replacement starts.
    pub reading: Reading,
    /// How it spreads instances over groups.
    pub grouping: Grouping,
    /// Which instances constraints look at.
    pub counting: Counting,
    /// When agents offer what is free of them.
    pub offering: Offering,
    /// With so many deployments going on, further changes are refused.
    pub max_running_deployments: u32,
    /// How often the number of instances of every app is looked at.
    pub scale_check_every: Duration,
    /// How long a task may take to stop where its app does not say.
    pub default_kill_grace: Duration,
    /// How many earlier versions of an app, and of the root group, are kept.
    pub max_versions: usize,
    /// How many instances all apps together may ask for. Marathon itself knows no such limit: it
    /// keeps what is asked of a test cluster by mistake from filling the memory.
    pub max_instances: u64,
}

/// When agents offer what is free of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Offering {
    /// All of them, as soon as there may be room for something that waits: an instance goes to the one
    /// that is used least.
    #[default]
    AtOnce,
    /// When told: see [`Marathon::offer_from`](super::Marathon::offer_from) and
    /// [`Marathon::offer_from_all`](super::Marathon::offer_from_all). Offers of Mesos come agent by
    /// agent, in no order that anybody promises; so whoever drives the machine can choose one.
    WhenTold,
}

/// Marathon's own defaults, and those of Mesos for the grace.
impl Default for Settings {
    fn default() -> Self {
        Self {
            reading: Reading::default(),
            grouping: Grouping::default(),
            counting: Counting::default(),
            offering: Offering::default(),
            max_running_deployments: 100,
            scale_check_every: Duration::from_secs(300),
            default_kill_grace: Duration::from_secs(3),
            max_versions: 25,
            max_instances: 100_000,
        }
    }
}
