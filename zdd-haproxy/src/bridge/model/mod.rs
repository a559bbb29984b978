//! From Marathon's apps and their labels to services with names as marathon-lb gives them.

mod build;
mod labels;
mod merge;
mod problem;
mod service;
mod tasks;

#[cfg(test)]
pub(super) mod tests;

pub use build::{Groups, Merge, Settings, services};
pub use problem::{Problem, Reason};
pub use service::{Balance, Check, Mode, Server, Service, Services};
