//! From two states of a tree of groups to the steps of a deployment.

mod cycle;
mod graph;
mod layers;

pub use cycle::Cycle;
pub use graph::DependencyGraph;
pub use layers::Layers;
