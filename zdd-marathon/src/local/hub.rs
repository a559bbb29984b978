//! Whoever listens to events.

use zdd_core::simulate::Event;

/// Passes events on.
#[derive(Debug, Default)]
pub(crate) struct Hub {}

impl Hub {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn publish(&self, _event: &Event) {}
}
