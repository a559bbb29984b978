//! When to stop.

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::error::LabError;

/// The two signals that ask a process to stop: SIGTERM, and SIGINT as Ctrl-C sends it.
#[derive(Debug)]
pub(super) struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    /// From here on these signals do not end the process by themselves.
    ///
    /// # Errors
    ///
    /// When the system does not let us listen to them.
    pub(super) fn listen() -> Result<Self, LabError> {
        Ok(Self {
            terminate: signal(SignalKind::terminate()).map_err(LabError::Signals)?,
            interrupt: signal(SignalKind::interrupt()).map_err(LabError::Signals)?,
        })
    }

    /// Waits for the next of them.
    pub(super) async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
