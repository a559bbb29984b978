//! The model of Marathon in virtual time, in a small world that does what it orders.

#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod answers;
mod changes;
mod chaos;
mod life;
mod plan;
mod watching;
mod words;
mod world;
