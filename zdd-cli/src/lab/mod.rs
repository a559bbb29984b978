//! `zdd lab`: everything that a deployment needs, on this machine.

mod dice;
mod error;
mod listen;
mod service;
mod service_http;
mod stop;
mod verb;

pub(crate) use error::LabError;
pub(crate) use verb::run;
