//! A Marathon without processes: what it would do, and when.
//!
//! [`Marathon`] is the whole; its documentation says how to drive it. It is made of parts that are of
//! use by themselves: [`Room`] and [`Demand`] (where an instance goes), [`Backoff`] (how long one that
//! fails has to wait), [`HealthTracker`] (what health checks say), [`Ids`], and [`Event`], which
//! serializes as on Marathon's event stream.
//!
//! What it does not do: reservations for roles, pods, artifacts and plugins.

mod agenda;
mod agents;
mod amount;
mod asking;
mod backoff;
mod change;
mod checks;
mod constraints;
mod demand;
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
mod order;
mod rejection;
mod restore;
mod room;
mod scale;
mod scheduler;
mod settings;
mod stamp;
mod state;
mod steps;
mod tasks;
mod unreachable;
mod validate;

pub use agents::{Agent, Attribute, Resources};
pub use amount::{Amount, AmountError};
pub use backoff::Backoff;
pub use constraints::{ConstraintError, Grouping, counts_for_constraints};
pub use demand::{Demand, DemandError};
pub use deployment::Deployment;
pub use error::ChangeError;
pub use event::{Event, PlanOf, TaskUpdate, UnhealthyKill, What};
pub use health::{HealthChange, HealthTracker};
pub use ids::{Ids, attempt_of, instance_of, task_id};
pub use instance::Instance;
pub use marathon::Marathon;
pub use order::{Launch, Order, Readiness, ReadinessAnswer};
pub use rejection::{Rejection, Rejections, Short};
pub use room::Room;
pub use settings::Settings;
pub use state::MesosState;
