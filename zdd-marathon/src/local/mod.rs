//! An embedded Marathon: the same API and event stream, with real processes on this machine.
//!
//! A [`Lab`] is for trying things out and for tests, not a cluster. What Marathon decides, the model
//! of [`zdd_core::simulate`] decides; this module puts around it what the model is not: a clock,
//! processes, ports, health checks, HTTP.
//!
//! ```text
//!                 ┌─────────────── lab ───────────────┐
//!   HTTP ──► api ─┤                                   │
//!                 │   model ── orders ──► processes ──┼──► tasks, in groups of their own
//!   events ◄─ hub ┤     ▲                    │        │
//!                 │     └── states, checks ──┘        │
//!                 └───────────── pipe ────────────────┘
//!                                 │
//!                               guard, which ends all tasks when the lab is gone
//! ```
//!
//! What differs from a cluster, on purpose:
//!
//! - Agents are addresses of the loopback interface. Their tasks share the machine: nothing keeps one
//!   within its cpus or memory, and `user`, `fetch` and volumes mean nothing.
//! - Containers do not exist. An [`ImageMap`] says which command stands in for an image; `PORT0` is
//!   always the host port.
//! - A task keeps only a few variables of the lab's environment (`PATH`, `HOME`, …).
//! - Its `stdout` and `stderr` are emptied when they become longer than 16 MiB, and removed with the
//!   lab.
//! - Deployments do not survive a restart of the lab: what was asked for is simply run again.

mod agents;
mod api;
mod definition;
mod environment;
mod guard;
mod hub;
mod images;
mod lab;
#[cfg(test)]
mod mesos_tests;
mod origin;
mod persist;
#[cfg(test)]
mod persist_tests;
mod ports;
mod probe;
mod probe_loop;
#[cfg(test)]
mod probe_tests;
mod process;
mod process_sandbox;
mod process_status;
mod process_strays;
mod runtime;
mod runtime_machine;
mod runtime_task;
#[cfg(test)]
mod runtime_tests;
mod task;
mod task_ports;
#[cfg(test)]
mod testing;

pub use agents::{AgentError, default_agents, default_resources};
pub use images::{Argv, ImageMap, ImageMapError, UnmappedImage};
pub use lab::{Lab, LabBuilder, StartError};
pub use persist::StoreError;
