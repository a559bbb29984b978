//! From services to a configuration of HAProxy.

mod configuration;
mod text;

#[cfg(test)]
mod tests;

pub use configuration::{Configuration, Listeners, Served};
