//! Who is asked before something is done.

use async_trait::async_trait;
use zdd_core::rollout::{Action, Observation};

use crate::error::CliError;

/// Whoever is asked before something is done.
#[async_trait(?Send)]
pub(super) trait Gate {
    /// Lets it be done, or says why not.
    async fn pass(
        &mut self,
        action: &Action,
        seen: &Observation,
        say: Say<'_>,
    ) -> Result<Pass, CliError>;
}

/// How something is let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pass {
    /// At once.
    On,
    /// It took its time, so that what was seen is old: after another look, if it is still wanted then.
    AfterALook,
}

/// Where what is said meanwhile goes.
pub(super) type Say<'s> = &'s mut (dyn FnMut(&str) -> Result<(), CliError> + 's);
