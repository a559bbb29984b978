//! Connects to Marathon. This is the only place that knows how: everything else asks the port.

mod address;
mod client;

pub(crate) use client::connect;
