//! A Marathon without processes: what it would do, and when.
//!
//! [`Marathon`] is the whole; its documentation says how to drive it. It is made of parts that are of
//! use by themselves: [`Backoff`] (how long an instance that fails has to wait), [`HealthTracker`] (what
//! health checks say), [`Ids`], and [`Event`], which serializes as on Marathon's event stream. Where an
//! instance goes is up to [`placement`](crate::placement).
//!
//! What it does not do: reservations for roles, pods, artifacts and plugins.

mod agenda;
mod asking;
mod backoff;
mod change;
mod checks;
mod deployment;
mod error;
mod event;
mod event_wire;
mod fleet;
mod health;
mod ids;
mod instance;
mod instances;
mod job;
mod jobs;
mod marathon;
mod offers;
mod order;
mod restore;
mod scale;
mod scheduler;
mod settings;
mod stamp;
mod state;
mod steps;
mod tasks;
mod unreachable;
mod validate;

pub use backoff::Backoff;
pub use deployment::Deployment;
pub use error::ChangeError;
pub use event::{Event, PlanOf, TaskUpdate, UnhealthyKill, What};
pub use health::{HealthChange, HealthTracker};
pub use ids::{Ids, attempt_of, instance_of, task_id};
pub use instance::Instance;
pub use marathon::Marathon;
pub use order::{Launch, Order, Readiness, ReadinessAnswer};
pub use settings::{Offering, Settings};
pub use state::MesosState;
