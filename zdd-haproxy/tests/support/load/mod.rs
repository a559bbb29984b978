//! Servers and clients that tell exactly what became of every request.
//!
//! Both speak as much HTTP as they need, on bare connections: whatever a library would mend in silence
//! is to be seen.

#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a panic here is the report of a test")]

mod backend;
mod clients;
mod connection;
mod counts;

pub(crate) use backend::Backend;
pub(crate) use clients::{Kind, Load};
