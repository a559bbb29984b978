//! Waits until no other deployment holds what is to be deployed.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use zdd_core::ports::{Marathon, MarathonError};

use super::order::{Order, Present};
use crate::args::{Carrying, Span};
use crate::error::{Call, CliError};
use crate::follow::{Console, Operator};
use crate::text::Time;

/// How often it is looked whether a lock is gone.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// A deadline for the locks of others.
pub(super) struct Patience {
    until: Option<Instant>,
    is_forced: bool,
    /// Whether it was said that somebody is waited for.
    is_said: bool,
}

impl Patience {
    pub(super) fn new(how: &Carrying) -> Self {
        let until = how.wait_lock.map(Span::time).map(|time| Instant::now() + time);
        Self { until, is_forced: how.force, is_said: false }
    }

    /// Whether another try is worth it.
    pub(super) fn is_left(&self) -> bool {
        self.until.is_some_and(|until| Instant::now() < until)
    }

    /// Waits a moment, since Marathon says that the app is held where the list of deployments did
    /// not: whoever holds it came in between. Answers whether to go on.
    pub(super) async fn pause(
        &mut self,
        locked: &CliError,
        operator: &mut dyn Operator,
        console: &mut Console<'_>,
    ) -> Result<bool, CliError> {
        if let Some(until) = self.until {
            self.say(locked, until, console)?;
        }
        Ok(tokio::select! {
            () = operator.interrupted() => false,
            () = sleep(LOOK_EVERY) => true,
        })
    }

    fn say(
        &mut self,
        locked: &CliError,
        until: Instant,
        console: &mut Console<'_>,
    ) -> Result<(), CliError> {
        if self.is_said {
            return Ok(());
        }
        self.is_said = true;
        let left = Time(Duration::from_secs((until - Instant::now()).as_secs()));
        console.note(&format!("{locked}; waiting for it, {left} at most"))
    }

    /// What is there once nobody holds it; at once with --force.
    pub(super) async fn unlocked(
        &mut self,
        order: &Order,
        mut present: Present,
        marathon: &dyn Marathon,
        operator: &mut dyn Operator,
        console: &mut Console<'_>,
    ) -> Result<Option<Present>, CliError> {
        loop {
            let deployments = present.holders(order);
            if deployments.is_empty() || self.is_forced {
                return Ok(Some(present));
            }
            let locked = CliError::Marathon {
                about: Some(order.scope().to_string()),
                call: Call::Other,
                error: MarathonError::Locked { deployments },
            };
            let Some(until) = self.until.filter(|until| Instant::now() < *until) else {
                return Err(locked);
            };
            self.say(&locked, until, console)?;
            tokio::select! {
                () = operator.interrupted() => return Ok(None),
                () = sleep(LOOK_EVERY) => {}
            }
            present = order.present(marathon).await?;
        }
    }
}
