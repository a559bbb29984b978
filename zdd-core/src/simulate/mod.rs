//! A Marathon without processes: what it would do, and when.

mod agents;
mod amount;
mod backoff;
mod constraints;
mod demand;
mod event;
mod event_wire;
mod health;
mod ids;
mod rejection;
mod room;
mod state;

pub use agents::{Agent, Attribute, Resources};
pub use amount::{Amount, AmountError};
pub use backoff::Backoff;
pub use constraints::{ConstraintError, Grouping, counts_for_constraints};
pub use demand::{Demand, DemandError};
pub use event::{Event, LightPlan, TaskUpdate, UnhealthyKill, What};
pub use health::{HealthChange, HealthTracker};
pub use ids::{Ids, attempt_of, instance_of, task_id};
pub use rejection::{Rejection, Rejections, Short};
pub use room::Room;
pub use state::MesosState;
