//! Whether a plan finds room on the cluster that it has to run on.
//!
//! [`fit`] looks at a [`Scene`], which is a [`Room`](crate::placement::Room) with what runs in it and
//! the instances that are to come and go, and answers with a [`Verdict`]: it gets to its end in every
//! order that Marathon may choose, in some, or in none. It is pure, and knows nothing that `Room` does
//! not say: an agent is good enough in a plan when it is good enough in the simulated Marathon.
//!
//! What is left to chance: which old instance goes first, which of the agents that are good enough
//! gets a new one, and which of several things that can happen does so first. What is not looked at:
//! other frameworks and other deployments that come in between, instances that fail, and which of the
//! free ports an instance gets that asks for any.

mod answer;
mod asking;
mod count;
mod fix;
mod group;
mod least;
mod moves;
mod question;
mod rollout;
mod run;
mod scene;
mod search;
mod site;
mod slots;
mod strategies;
mod tried;
mod upgrade;
mod verdict;
mod walk;
mod world;

pub use answer::fit;
pub use fix::{Fix, fixes};
pub use moves::{Moves, Stage};
pub use question::{Question, Way};
pub use scene::{Exchange, Old, Scene};
pub use search::Effort;
pub use site::{Rules, Running, SceneError, Site};
pub use verdict::{Basis, Fit, Move, Stall, Verdict, What};
