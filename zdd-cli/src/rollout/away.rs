//! A Marathon that does not answer, and may come back: it is waited for, and that is said.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use zdd_core::ports::MarathonError;

use super::lines::SILENCE;
use crate::error::CliError;

/// How soon a Marathon is asked again that did not answer.
pub(super) const ASK_AGAIN: Duration = Duration::from_secs(1);

/// Says a line to the operator.
type Say<'s> = &'s mut dyn FnMut(&str) -> Result<(), CliError>;

/// How long a Marathon is waited for that does not answer. Nothing is lost by that: whatever was done, the
/// next look shows.
#[derive(Debug)]
pub(super) struct Away {
    patience: Duration,
    /// Since when it does not answer, and when that was said last.
    since: Option<[Instant; 2]>,
}

impl Away {
    /// One that is waited for so long.
    pub(super) const fn for_at_most(patience: Duration) -> Self {
        Self { patience, since: None }
    }

    /// It answers.
    pub(super) const fn is_back(&mut self) {
        self.since = None;
    }

    /// Whether it is to be asked again after this error: it does not answer, and did so not too long ago.
    pub(super) fn is_waited_for(
        &mut self,
        error: &MarathonError,
        say: Say<'_>,
    ) -> Result<bool, CliError> {
        if !matches!(error, MarathonError::Unreachable { .. }) {
            return Ok(false);
        }
        let now = Instant::now();
        let first = self.since.is_none();
        let [since, said] = *self.since.get_or_insert([now, now]);
        if now.duration_since(since) >= self.patience {
            return Ok(false);
        }
        if first || now.duration_since(said) >= SILENCE {
            self.since = Some([since, now]);
            say(&format!("waiting for Marathon: {error}"))?;
        }
        Ok(true)
    }

    /// Asks until there is an answer, or it was waited for long enough. What is asked for must do no harm
    /// when it is done twice: that no answer came does not say that nothing was done.
    pub(super) async fn outlast<T>(
        &mut self,
        mut ask: impl AsyncFnMut() -> Result<T, CliError>,
        say: Say<'_>,
    ) -> Result<T, CliError> {
        loop {
            match ask().await {
                Err(CliError::Marathon { error, .. }) if self.is_waited_for(&error, say)? => {
                    sleep(ASK_AGAIN).await;
                }
                answer => {
                    self.is_back();
                    return answer;
                }
            }
        }
    }
}
