//! What a rollout leads to, and how patient it is.

use core::time::Duration;

use serde::{Deserialize, Serialize};

/// How the traffic is split. Only the ratio counts: 80 and 20 are 4 and 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "two parts")]
pub struct Split {
    /// The part of the old app.
    pub old: u32,
    /// The part of the new app.
    pub new: u32,
}

impl Split {
    /// Everything goes to the old app.
    pub const OLD: Self = Self { old: 1, new: 0 };
    /// Everything goes to the new app.
    pub const NEW: Self = Self { old: 0, new: 1 };
}

/// What becomes of the traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(clippy::exhaustive_enums, reason = "an operator's choice")]
pub enum Traffic {
    /// Each side gets its share, however many instances it has.
    Split(Split),
    /// Each instance gets as much as any other.
    ByInstances,
    /// The balancer decides, and nothing is set there: marathon-lb takes instances out by itself.
    Untouched,
}

impl From<Split> for Traffic {
    fn from(split: Split) -> Self {
        Self::Split(split)
    }
}

/// How everything is to be in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "counts and shares")]
pub struct Target {
    /// How many instances of the old app; with 0 it is removed.
    pub old: u32,
    /// How many instances of the new app; with 0 it is removed.
    pub new: u32,
    /// What becomes of the traffic.
    pub traffic: Traffic,
}

/// What becomes of sessions that do not end in time at instances that are to go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "an operator's choice")]
pub enum OnDrainTimeout {
    /// They are waited for as long as it takes.
    Wait,
    /// The rollout stops there, and nothing is stopped.
    #[default]
    Stop,
    /// They are cut.
    Kill,
}

/// How patient a rollout is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "all that can be chosen")]
pub struct Patience {
    /// How long one and the same thing is waited for.
    pub wait: Duration,
    /// How long sessions have to end where nothing new comes.
    pub drain: Duration,
    /// What becomes of those that have not ended then.
    pub on_drain_timeout: OnDrainTimeout,
    /// How long at most until it is observed again while something is waited for. At first it is sooner:
    /// after a twentieth of the time that it was waited for, so that the end of a wait is seen that much
    /// later than it is there at most, and whoever is looked at is not asked often for long.
    pub observe: Duration,
}

/// How soon it is observed again at the soonest, in milliseconds: ten looks in each of the first two seconds.
const SOONEST_MS: u128 = 100;

impl Patience {
    /// How long until the next look, when something has been waited for for so long.
    pub(super) fn pause(&self, waited: Duration) -> Duration {
        let ms = (waited.as_millis() / 20).max(SOONEST_MS);
        Duration::from_millis(u64::try_from(ms).unwrap_or(u64::MAX)).min(self.observe)
    }
}

impl Default for Patience {
    /// Five minutes for anything, a second between observations at most.
    fn default() -> Self {
        Self {
            wait: Duration::from_secs(300),
            drain: Duration::from_secs(300),
            on_drain_timeout: OnDrainTimeout::Stop,
            observe: Duration::from_secs(1),
        }
    }
}
