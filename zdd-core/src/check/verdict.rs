//! What a check says about one guarantee.

use core::fmt;

use serde::Serialize;

use crate::app::StrategyRefusal;
use crate::capacity::{Bend, Bounds, UpgradeStrategy};
use crate::guarantee::Guarantee;
use crate::units::{InstanceCount, MaximumOverCapacity, MinimumHealthCapacity};

/// The answer about one guarantee. `Display` gives the reasons as one plain sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// What was asked for.
    pub guarantee: Guarantee,
    /// Whether some schedule within the two numbers keeps it.
    pub satisfiable: Satisfiable,
    /// Whether Marathon's own rolling upgrade keeps it when nothing fails.
    pub kept_by_marathon: Kept,
    /// The smallest change of the strategy with which it would be satisfiable; `None` where it is,
    /// or where no strategy helps.
    pub fix: Option<Fix>,
    /// The strategy with which Marathon comes nearest to keeping what it could keep and does not.
    pub nearest: Option<UpgradeStrategy>,
    /// The counts that the reasons speak of.
    pub bounds: Bounds,
}

/// Whether a guarantee can be kept at all, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "reason")]
#[non_exhaustive]
pub enum Satisfiable {
    /// Yes: there are no instances to replace.
    NothingToReplace,
    /// Yes: Marathon gets to the end.
    Ends,
    /// Yes: Marathon gets to the end, but only by leaving a bound.
    EndsBent {
        /// How.
        bend: Bend,
    },
    /// Yes: there is room between floor and ceiling.
    Room,
    /// Yes: the spare instances can carry the floor.
    SpareCarriesFloor,
    /// No: Marathon refuses the definition.
    Refused {
        /// Why.
        refusal: StrategyRefusal,
    },
    /// No: Marathon sees no healthy instance to stop and has no room to launch one.
    Hangs,
    /// No: floor and ceiling are the same, so nothing may be stopped and nothing added.
    NoRoom,
    /// No: fewer instances may be added than the floor needs.
    SpareBelowFloor,
}

impl Satisfiable {
    /// Whether it can be kept.
    pub const fn holds(self) -> bool {
        match self {
            Self::NothingToReplace
            | Self::Ends
            | Self::EndsBent { .. }
            | Self::Room
            | Self::SpareCarriesFloor => true,
            Self::Refused { .. } | Self::Hangs | Self::NoRoom | Self::SpareBelowFloor => false,
        }
    }
}

/// Whether Marathon keeps a guarantee, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "reason")]
#[non_exhaustive]
pub enum Kept {
    /// Yes.
    Yes,
    /// No: it cannot be kept at all.
    Unsatisfiable,
    /// No: it never gets to the end.
    Hangs,
    /// No: it leaves a bound.
    Bends {
        /// How.
        bend: Bend,
    },
    /// No: it stops old instances at the start, before a new one is there.
    StopsAtStart {
        /// How many.
        count: u32,
    },
    /// No: it stops one old instance for each new one, from the first on.
    StopsOneForOne,
}

impl Kept {
    /// Whether Marathon keeps it.
    pub const fn holds(self) -> bool {
        matches!(self, Self::Yes)
    }
}

/// A change of a strategy: the fields to set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Fix {
    /// The new value, where it changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum_health_capacity: Option<MinimumHealthCapacity>,
    /// The new value, where it changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maximum_over_capacity: Option<MaximumOverCapacity>,
}

impl Fix {
    /// `strategy` with the change made.
    #[must_use]
    pub fn applied_to(self, strategy: UpgradeStrategy) -> UpgradeStrategy {
        UpgradeStrategy {
            minimum_health_capacity: self
                .minimum_health_capacity
                .unwrap_or(strategy.minimum_health_capacity),
            maximum_over_capacity: self
                .maximum_over_capacity
                .unwrap_or(strategy.maximum_over_capacity),
        }
    }
}

/// As an instruction: `set maximumOverCapacity to 0.5`.
impl fmt::Display for Fix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("set ")?;
        match (self.minimum_health_capacity, self.maximum_over_capacity) {
            (Some(min), Some(over)) => {
                write!(f, "minimumHealthCapacity to {min} and maximumOverCapacity to {over}")
            }
            (Some(min), None) => write!(f, "minimumHealthCapacity to {min}"),
            (None, Some(over)) => write!(f, "maximumOverCapacity to {over}"),
            (None, None) => f.write_str("nothing"),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fmt_satisfiable(f)?;
        self.fmt_kept(f)
    }
}

impl Verdict {
    fn fmt_satisfiable(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Bounds { instances, floor, ceiling } = self.bounds;
        let spare = self.bounds.spare();
        match self.satisfiable {
            Satisfiable::NothingToReplace => f.write_str("there are no instances to replace"),
            Satisfiable::Ends => f.write_str("Marathon gets to the end within the bounds"),
            Satisfiable::EndsBent { bend: Bend::CeilingRaised } => {
                let raised = u64::from(ceiling.get()) + 1;
                write!(f, "Marathon gets to the end, but runs {raised} where {ceiling} are allowed")
            }
            Satisfiable::EndsBent { bend: Bend::FloorLowered } => {
                let lowered = floor.get().saturating_sub(1);
                write!(
                    f,
                    "Marathon gets to the end, but goes down to {lowered} healthy where {floor} must stay"
                )
            }
            Satisfiable::Room => {
                let room = ceiling.saturating_sub(floor);
                write!(f, "between {floor} healthy and {ceiling} running there is room for {room}")
            }
            Satisfiable::SpareCarriesFloor if floor.is_zero() => {
                f.write_str("the floor is 0, so no new instance has to carry it")
            }
            Satisfiable::SpareCarriesFloor if spare == InstanceCount::ONE => {
                f.write_str("the one spare instance carries the floor of 1")
            }
            Satisfiable::SpareCarriesFloor => {
                write!(f, "the {spare} spare instances carry the floor of {floor}")
            }
            Satisfiable::Refused { refusal } => write!(f, "Marathon refuses it: {refusal}"),
            Satisfiable::Hangs => write!(
                f,
                "Marathon sees none of the {instances} old instances as healthy, so it stops none, \
                 and it may add none: it waits for ever"
            ),
            Satisfiable::NoRoom => write!(
                f,
                "{floor} of {instances} must stay healthy and at most {ceiling} may run: nothing may \
                 be stopped and nothing added"
            ),
            Satisfiable::SpareBelowFloor => write!(
                f,
                "{floor} new instances must be there before an old one goes, but only {spare} may be added"
            ),
        }
    }

    fn fmt_kept(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kept_by_marathon {
            // A bend is told with the verdict that needs it.
            Kept::Yes | Kept::Unsatisfiable => Ok(()),
            Kept::Hangs => f.write_str(
                "; Marathon does not get there: it sees no old instance as healthy and may add none",
            ),
            Kept::Bends { bend: Bend::CeilingRaised } => {
                f.write_str("; Marathon runs one more than the ceiling")
            }
            Kept::Bends { bend: Bend::FloorLowered } => {
                f.write_str("; Marathon goes one below the floor")
            }
            Kept::StopsAtStart { count } => {
                write!(f, "; Marathon stops {count} at once, before any new one is healthy")
            }
            Kept::StopsOneForOne => f.write_str("; Marathon stops one old for each new one, from the first on"),
        }
    }
}
