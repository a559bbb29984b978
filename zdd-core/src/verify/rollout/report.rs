//! What there is to say about one rollout.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use super::finding::{Fault, Finding};
use super::reader::Issues;
use super::wire::{Begin, Ended};
use crate::units::Timestamp;

/// What a whole recording says.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Reviewed {
    /// One report for each rollout in it, in order.
    pub reports: Vec<Report>,
    /// What could not be used.
    pub issues: Issues,
}

/// A rule that every rollout keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(clippy::exhaustive_enums, reason = "every report says something of each")]
pub enum Rule {
    /// As many instances serve as have to, from the first moment at which they do.
    Capacity,
    /// New ones serve before old ones go, and what remains is enough.
    Order,
    /// Nothing is stopped to which requests come, or at which sessions go on.
    Drain,
    /// What is set is in force, and in the end each side has its share.
    Weights,
    /// Everything is in the recording, from its beginning to its end.
    Completeness,
}

/// Whether a rule held.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct RuleVerdict {
    /// Which.
    pub rule: Rule,
    /// The reason; it decides.
    pub why: Why,
}

/// The answer to whether a rule held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "yes, no, or not known")]
pub enum Holds {
    /// It did.
    Held,
    /// It did not.
    Violated,
    /// The recording does not say.
    Unknown,
}

/// Why a rule held, did not, or neither.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Why {
    /// Nothing broke it.
    Kept,
    /// This broke it first.
    Broken(Fault),
    /// Nothing that is recorded broke it, and not all is.
    Gaps,
    /// There were never as many that served as have to.
    FloorNeverReached,
    /// At some looks a balancer was not seen.
    Unseen,
    /// A server could not be matched with one task.
    Unmatched,
    /// A balancer was reloaded, and what its old workers went on with was not seen.
    OldWorkersUnseen,
    /// The balancer decides, and nothing was set.
    NotOurs,
    /// It did not come to its end, at which shares are judged.
    NotReached,
}

impl Why {
    /// What it means.
    pub const fn holds(&self) -> Holds {
        match self {
            Self::Kept => Holds::Held,
            Self::Broken(_) => Holds::Violated,
            Self::Gaps
            | Self::FloorNeverReached
            | Self::Unseen
            | Self::Unmatched
            | Self::OldWorkersUnseen
            | Self::NotOurs
            | Self::NotReached => Holds::Unknown,
        }
    }
}

/// The report on one rollout.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Report {
    /// What it was to lead to.
    pub begin: Begin,
    /// How it ended, where that is recorded.
    pub end: Option<Ended>,
    /// The moment of the last line about it.
    pub last: Timestamp,
    /// The rules, in the order of [`Rule::ALL`].
    pub rules: [RuleVerdict; 5],
    /// What was found, worst first, then in time; the first [`MAX_LISTED`](crate::verify::MAX_LISTED).
    pub findings: Vec<Finding>,
    /// How many findings there are.
    pub finding_count: u64,
    /// The fewest that served since as many did as have to; none if they never did.
    pub lowest: Option<Lowest>,
    /// What was done, or at least begun.
    pub actions: Actions,
    /// Sessions that were cut because their time had passed.
    pub cut_sessions: u64,
    /// The shares in the end, at each balancer; empty where they are not judged.
    pub shares: Vec<BalancerShare>,
    /// How long was waited, by the word for what for.
    pub waited: BTreeMap<String, Duration>,
    /// How many different looks are recorded.
    pub looks: u64,
}

/// The fewest that served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "how many, and when")]
pub struct Lowest {
    /// How many.
    pub serving: u32,
    /// When there were so few first.
    pub at: Timestamp,
}

/// How often what was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Actions {
    /// Apps created.
    pub created: u32,
    /// Scalings.
    pub scaled: u32,
    /// Rounds of settings.
    pub set: u32,
    /// Rounds of cuts.
    pub cut: u32,
    /// Tasks told to stop one by one.
    pub killed: u32,
    /// Apps removed.
    pub deleted: u32,
}

/// The share of the new app at one balancer.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct BalancerShare {
    /// Which.
    pub balancer: Box<str>,
    /// What it gets, as a part of 1; none where nothing serves.
    pub found: Option<f64>,
    /// What it should get.
    pub wanted: f64,
    /// The nearest to that which weights can give.
    pub nearest: f64,
}

impl Rule {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Capacity, Self::Order, Self::Drain, Self::Weights, Self::Completeness];

    /// A word for tools; never changes.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Capacity => "capacity",
            Self::Order => "order",
            Self::Drain => "drain",
            Self::Weights => "weights",
            Self::Completeness => "completeness",
        }
    }
}

impl Report {
    /// What no recording of a rollout can say.
    pub const NOT_JUDGED: &'static str = "requests are not in the recording: whether one failed, \
        clients know; nor is what happened between two looks";

    /// The verdict on one rule.
    pub fn rule(&self, rule: Rule) -> &RuleVerdict {
        let [capacity, order, drain, weights, completeness] = &self.rules;
        match rule {
            Rule::Capacity => capacity,
            Rule::Order => order,
            Rule::Drain => drain,
            Rule::Weights => weights,
            Rule::Completeness => completeness,
        }
    }

    /// Whether any rule was broken.
    pub fn is_violated(&self) -> bool {
        self.rules.iter().any(|it| it.why.holds() == Holds::Violated)
    }

    /// From its beginning to the last line about it.
    pub fn duration(&self) -> Duration {
        self.last.since(self.begin.at)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Drain => "drain before kill",
            other => other.code(),
        })
    }
}

impl fmt::Display for Holds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Held => "held",
            Self::Violated => "violated",
            Self::Unknown => "unknown",
        })
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kept => f.write_str("nothing broke it"),
            Self::Broken(fault) => fault.fmt(f),
            Self::Gaps => f.write_str("nothing that is recorded broke it, and not all is recorded"),
            Self::FloorNeverReached => {
                f.write_str("there were never as many that served as have to")
            }
            Self::Unseen => f.write_str("at some looks a balancer was not seen"),
            Self::Unmatched => f.write_str("a server could stand for several tasks"),
            Self::OldWorkersUnseen => f.write_str(
                "what old workers went on with after a reload was not seen: name the master socket",
            ),
            Self::NotOurs => f.write_str("the balancer decides; nothing was set"),
            Self::NotReached => f.write_str("shares are judged where the target is reached"),
        }
    }
}
