//! From two states of a tree of groups to the steps of a deployment.
//!
//! [`plan`] answers what Marathon would do, [`revert`] where a deployment that is taken back leads,
//! [`Forecast`] how long all of it takes,
//! and [`DependencyGraph`] in which order apps have to come.

mod action;
mod cycle;
mod forecast;
mod graph;
mod layers;
mod plan;
mod resident;
mod revert;
mod tree;

pub use action::{Action, DeploymentPlan, Step};
pub use cycle::Cycle;
pub use forecast::{Forecast, ForecastAction, ForecastStep};
pub use graph::DependencyGraph;
pub use layers::Layers;
pub use plan::{PlanError, plan};
pub use resident::{Refusal, RefusalReason, Refusals};
pub use revert::revert;
pub(crate) use tree::apps_of;
