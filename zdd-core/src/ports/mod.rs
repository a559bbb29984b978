//! What the outside has to offer: traits that adapters implement, and the values that cross them.
//!
//! The values are Marathon's, typed; how they look on the wire is the adapters' business. A port
//! answers with what it saw, which is always a moment old and may be partial; a missing field is
//! `None` and means *not said*, never a default.

mod balancer;
mod clock;
mod deployment;
mod error;
mod event;
mod info;
mod marathon;
mod queue;
mod status;

pub use balancer::{
    Balancer, BalancerError, Counters, LoadBalancer, Look, Name, NameError, Notice, Server,
    ServerChange, SetState, Setting,
};
pub use clock::Clock;
pub use deployment::{Accepted, CurrentAction, CurrentStep, RunningDeployment};
pub use error::{Distrust, InvalidDetail, MarathonError, Unreachable};
pub use event::{Event, EventStream, Feed, Happening};
pub use info::Info;
pub use marathon::{Force, KillMode, Marathon};
pub use queue::{Offers, QueueItem, Rejected};
pub use status::{AppStatus, HealthResult, ReadinessResult, Task, TaskFailure, TaskState};
