//! Where instances go: agents, what is free of them, what an app asks for, and who turns it down why.
//!
//! [`Room`] is the one place that says whether an agent is good enough for an instance. The Marathon
//! without processes in [`simulate`](crate::simulate) places by it.

mod agents;
mod amount;
mod constraints;
mod counting;
mod demand;
mod held;
mod parts;
mod ports;
mod rejection;
mod roles;
mod room;
mod rules;

pub use agents::{Agent, Attribute, Reserved, Resources};
pub use amount::{Amount, AmountError};
pub use constraints::{ConstraintError, Grouping};
pub(crate) use constraints::{Looks, Rule};
pub use counting::{Counting, counts_for_constraints};
pub use demand::{Demand, DemandError, GpuScheduling};
pub use held::Held;
pub use ports::{PortRanges, PortRangesError};
pub use rejection::{Rejection, Rejections, Short};
pub(crate) use room::Holding;
pub use room::Room;
