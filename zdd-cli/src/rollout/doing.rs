//! Whether something is done, or only shown, and what it is bound to.

use zdd_core::rollout::Patience;
use zdd_core::rollout::forecast::Binding;

use super::prepared::Prepared;
use super::watchers::Watchers;
use crate::error::CliError;
use crate::input::Source;
use crate::plan::rollout::{Bound, Present};

/// How the command line wants something to be done.
#[derive(Clone, Copy)]
pub(crate) struct Doing<'a> {
    /// Where the definition is from.
    pub(crate) source: &'a Source,
    /// Whether it is only shown.
    pub(crate) is_dry: bool,
    /// The plan that it has to be.
    pub(crate) bound: Option<&'a Bound>,
    /// Whoever else is told.
    pub(crate) watchers: &'a Watchers,
}

impl Doing<'_> {
    /// Refuses what is not in the plan.
    pub(super) fn holds(
        &self,
        prepared: &Prepared,
        present: &Present,
        patience: Patience,
    ) -> Result<(), CliError> {
        let Some(bound) = self.bound else { return Ok(()) };
        let Prepared { record, app } = prepared;
        let drain = (patience.drain, patience.on_drain_timeout);
        Ok(bound.holds(&Binding::of_rollout(record, app, drain, present.sight()))?)
    }
}
