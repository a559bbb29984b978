//! Keeps one HAProxy on this machine in step with Marathon, as marathon-lb does.
//!
//! What decides is pure: [`model`] makes services of apps and their labels.

pub mod model;
