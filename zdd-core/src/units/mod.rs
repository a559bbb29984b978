//! Newtypes for every quantity and id. A value of one of these types is valid by construction:
//! `TryFrom` and `FromStr` are the only ways in.

mod count;
mod fraction;
mod ids;
mod moment;
mod path;
mod time;

pub use count::{InstanceCount, InstanceCountError};
pub use fraction::{FractionError, MaximumOverCapacity, MinimumHealthCapacity};
pub use ids::{AgentId, DeploymentId, IdError, InstanceId, TaskId};
pub use path::{AppId, GroupId, PathError, PathId};
pub use time::{Timestamp, TimestampError};
