//! What a process says, the last of it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt};

/// How much is kept.
const BYTES: usize = 8 << 10;

/// The last that a process said.
#[derive(Clone, Debug, Default)]
pub(super) struct Output(Arc<Mutex<VecDeque<u8>>>);

impl Output {
    /// Keeps the end of what comes, until there is no more.
    pub(super) async fn keep(self, mut from: impl AsyncRead + Unpin) {
        let mut buffer = [0; 4096];
        while let Ok(n @ 1..) = from.read(&mut buffer).await {
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            kept.extend(&buffer[..n]);
            let excess = kept.len().saturating_sub(BYTES);
            kept.drain(..excess);
        }
    }

    /// The last lines that tell of a problem, or the last of all.
    pub(super) fn last(&self) -> String {
        let kept: Vec<u8> =
            self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().collect();
        said(&kept)
    }
}

/// The last three alerts of `text`, or else its last line.
pub(super) fn said(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty());
    let mut alerts: Vec<&str> = lines().filter(|line| line.starts_with("[ALERT]")).collect();
    if alerts.is_empty() {
        alerts.extend(lines().next_back());
    }
    let from = alerts.len().saturating_sub(3);
    let said = alerts[from..].join("; ");
    said.chars().map(|c| if c.is_control() { '·' } else { c }).take(1000).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_end_is_kept_and_alerts_count_most() {
        let output = Output::default();
        let long = "x".repeat(3 * BYTES) + "\n[ALERT] a\n[NOTICE] b\n";
        output.clone().keep(long.as_bytes()).await;
        assert_eq!(output.last(), "[ALERT] a");
        assert_eq!(output.0.lock().unwrap().len(), BYTES);
        assert_eq!(said(b"one\ntwo\n\n"), "two");
        assert_eq!(said(b""), "");
    }
}
