//! What is said about a scene.

use alloc::vec::Vec;

use crate::placement::Rejections;
use crate::units::{AgentId, TaskId};

/// Whether a scene gets to its end, whatever order Marathon chooses: which old instance goes first, to
/// which of the agents that are good enough a new one goes, and what happens before what.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fit {
    /// The answer.
    pub verdict: Verdict,
    /// What it rests on.
    pub basis: Basis,
    /// Where it stands still, in one order in which it does; none where no such order was found.
    pub stall: Option<Stall>,
    /// An order that gets to the end, if one was found. Big scenes are answered without one.
    pub finish: Option<Vec<Move>>,
}

/// Whether new instances find their places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "always, never, or what is between them")]
pub enum Verdict {
    /// In every order.
    Fits,
    /// Not in every order; or it could not be proven, which the [`Basis`] says.
    MayStall,
    /// In no order.
    Stalls,
}

/// What a verdict rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Basis {
    /// All orders were looked at.
    Searched {
        /// So many states there are.
        states: usize,
    },
    /// It follows from how many instances each agent can hold at least, and at most.
    Counted,
    /// There are too many orders to look at, and counting did not decide. What was found in those
    /// that were tried holds, but nothing is proven of the others.
    Tried {
        /// So many orders were tried.
        orders: usize,
        /// So many of them stood still.
        stalled: usize,
    },
}

impl Basis {
    /// Whether the verdict is proven.
    pub const fn is_proven(self) -> bool {
        match self {
            Self::Searched { .. } | Self::Counted => true,
            // One that stands still and one that does not are a proof.
            Self::Tried { orders, stalled } => 0 < stalled && stalled < orders,
        }
    }
}

/// One thing that happens.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "who, what and where")]
pub struct Move {
    /// In which step of the scene.
    pub step: usize,
    /// Which exchange of the step.
    pub exchange: usize,
    /// What.
    pub what: What,
    /// On which agent.
    pub agent: AgentId,
}

/// What happens to an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "one comes or one goes")]
pub enum What {
    /// A new one comes.
    Placed,
    /// This old one goes.
    Stopped(TaskId),
}

/// A place where nothing goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stall {
    /// In which step of the scene.
    pub step: usize,
    /// Which exchange of the step waits.
    pub exchange: usize,
    /// New instances of it that have a place.
    pub placed: u32,
    /// New instances that were launched and have none.
    pub waiting: u32,
    /// Old instances that are left.
    pub old: u32,
    /// What speaks against each agent. Nothing if it is not for want of a place: the moves themselves
    /// end before their end, as those of a strategy that may neither stop nor add.
    pub rejections: Rejections,
    /// What happened until then, from the start; empty for a big scene, of which only the state is
    /// known.
    pub moves: Vec<Move>,
}
