//! `zdd lab`: everything that a deployment needs, on this machine.

mod agent_spec;
mod balancer;
mod bridge;
mod demo;
mod dice;
mod error;
mod executable;
mod folder;
mod listen;
mod load;
mod service;
mod service_http;
mod stop;
mod targets;
mod teller;
mod up;
mod verb;

pub(crate) use agent_spec::AgentSpec;
pub(crate) use error::LabError;
pub(crate) use verb::run;
