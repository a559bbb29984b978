//! The port to load balancers.

mod error;
mod name;
mod port;
mod server;

pub use error::BalancerError;
pub use name::{Name, NameError};
pub use port::{Balancer, LoadBalancer, Look, Notice, ServerChange, Setting};
pub use server::{Counters, Server, SetState};
