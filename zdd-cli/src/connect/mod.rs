//! Connects to Marathon and to load balancers. This is the only place that knows how: everything else asks the port.

mod address;
mod balancer;
mod client;
mod mesos;
mod silence;

pub(crate) use address::{Origin, addresses};
pub(crate) use balancer::balancer;
pub(crate) use client::{connect, of_zdd_py};
pub(crate) use mesos::{mesos_at, mesos_of};
pub(crate) use silence::tell_of_silence;
