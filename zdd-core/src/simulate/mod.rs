//! A Marathon without processes: what it would do, and when.

mod agents;
mod amount;
mod event;
mod event_wire;
mod ids;
mod state;

pub use agents::{Agent, Attribute, Resources};
pub use amount::{Amount, AmountError};
pub use event::{Event, LightPlan, TaskUpdate, UnhealthyKill, What};
pub use ids::{Ids, attempt_of, instance_of, task_id};
pub use state::MesosState;
