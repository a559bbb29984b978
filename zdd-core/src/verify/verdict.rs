//! What the verifier says about one timeline.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Fault, Finding};
use crate::guarantee::Guarantee;
use crate::units::Timestamp;

/// How a deployment ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Outcome {
    /// Marathon (or the plan) says that it is done.
    Success,
    /// A step of it failed.
    Failed,
    /// It was called off: another one took over, it was reverted, or somebody stopped it.
    Cancelled,
    /// The timeline stops before its end.
    Unfinished,
    /// It ended in a gap of the recording. Where all is as it should be then, it counts as a success.
    Unseen,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Success => "success",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Unfinished => "unfinished",
            Self::Unseen => "unseen",
        })
    }
}

/// The judgement of one timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verdict {
    /// The three guarantees, in the order of [`Guarantee::ALL`].
    pub guarantees: [Judgement; 3],
    /// All that was found, worst first, then in time. Of the findings about single tasks the first
    /// [`MAX_LISTED`] are listed; [`failed`](Self::failed),
    /// [`turned_unhealthy`](Self::turned_unhealthy) and [`new_stopped`](Self::new_stopped) count all
    /// of them.
    pub findings: Vec<Finding>,
    /// The fewest healthy instances there were.
    pub lowest_healthy: Lowest,
    /// The most running instances there were.
    pub highest_running: Highest,
    /// Least healthy instances, where the strategy is known.
    pub floor: Option<u32>,
    /// Most running instances, where the strategy is known.
    pub ceiling: Option<u32>,
    /// How long fewer instances were healthy than the definition says; where that is known.
    pub below_instances: Option<Duration>,
    /// Instances, old and new, that ended by themselves.
    pub failed: u64,
    /// Times that a healthy instance, old or new, turned unhealthy.
    pub turned_unhealthy: u64,
    /// New instances that were told to stop while they replaced old ones.
    pub new_stopped: u64,
    /// Gaps: what happened in them is not in the recording.
    pub gaps: u64,
    /// The longest time in which nothing happened although it was not done.
    pub longest_silence: Duration,
    /// First moment.
    pub started: Timestamp,
    /// Last moment.
    pub ended: Timestamp,
}

/// Most spells, and most findings about single tasks, that a [`Verdict`] lists. A deployment of a
/// hundred thousand instances has as many moments; nobody reads them, and the counts stay exact.
pub const MAX_LISTED: usize = 64;

impl Verdict {
    /// From the first moment to the last.
    pub fn duration(&self) -> Duration {
        self.ended.since(self.started)
    }

    /// The judgement of one guarantee.
    pub fn guarantee(&self, guarantee: Guarantee) -> &Judgement {
        let [completes, bounds, side_by_side] = &self.guarantees;
        match guarantee {
            Guarantee::Completes => completes,
            Guarantee::Bounds => bounds,
            Guarantee::SideBySide => side_by_side,
        }
    }

    /// Whether a guarantee was kept; none where the timeline does not say.
    pub fn holds(&self, guarantee: Guarantee) -> Option<bool> {
        self.guarantee(guarantee).holds()
    }
}

/// Whether one guarantee was kept, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Judgement {
    /// The guarantee.
    pub guarantee: Guarantee,
    /// The reason; it decides.
    pub why: Why,
}

impl Judgement {
    /// Whether it was kept; none where the timeline does not say.
    pub const fn holds(&self) -> Option<bool> {
        match self.why {
            Why::Kept => Some(true),
            Why::Broken(_) => Some(false),
            Why::StrategyUnknown | Why::InstancesUnknown | Why::NotInForce | Why::Gaps => None,
        }
    }
}

/// Why a guarantee counts as kept, broken or neither.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Why {
    /// Nothing broke it.
    Kept,
    /// This broke it.
    Broken(Fault),
    /// The recording does not say what the strategy is.
    StrategyUnknown,
    /// The recording does not say how many instances there should be.
    InstancesUnknown,
    /// An `upgradeStrategy` governs replacements only, and this was none.
    NotInForce,
    /// Nothing that was recorded broke it, and not all was recorded.
    Gaps,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kept => f.write_str("nothing broke it"),
            Self::Broken(fault) => fmt::Display::fmt(fault, f),
            Self::StrategyUnknown => f.write_str("the recording does not say the upgradeStrategy"),
            Self::InstancesUnknown => {
                f.write_str("the recording does not say how many instances there should be")
            }
            Self::Gaps => {
                f.write_str("nothing that was recorded broke it, but the recording has gaps")
            }
            Self::NotInForce => f.write_str("an upgradeStrategy governs replacements only"),
        }
    }
}

/// The fewest healthy instances of a timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lowest {
    /// How many.
    pub count: u64,
    /// When there were so few. Spells that touch are one; the first [`MAX_LISTED`] are listed.
    pub spells: Vec<Spell>,
    /// How many spells there were, listed or not.
    pub spell_count: u64,
    /// How long all of them took together.
    pub total: Duration,
    /// The task whose stop or failure brought it about first; none where it began so.
    pub task: Option<Box<str>>,
}

/// From one moment to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "two moments are all there is to it")]
pub struct Spell {
    /// When it began.
    pub from: Timestamp,
    /// When it ended.
    pub to: Timestamp,
}

impl Spell {
    /// How long it took.
    pub fn duration(self) -> Duration {
        self.to.since(self.from)
    }
}

/// The most running instances of a timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Highest {
    /// How many.
    pub count: u64,
    /// When there were so many first.
    pub at: Timestamp,
    /// The task whose launch brought it about; none where it began so.
    pub task: Option<Box<str>>,
}
