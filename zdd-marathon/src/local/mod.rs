//! An embedded Marathon: the same API and event stream, with real processes on this machine.

mod agents;
mod environment;
mod guard;
mod images;
mod ports;
mod probe;
mod process;
mod process_sandbox;
mod process_status;
mod process_strays;
mod runtime_machine;
mod task;

pub use agents::{AgentError, default_agents, default_resources};
pub use images::{Argv, ImageMap, ImageMapError, UnmappedImage};
