//! How a rollout is gone on with, or turned round.

use clap::Args;

use super::{BesideArgs, DrainArgs, HaproxyArgs, HookArgs, PaceArgs, Span, WatchArgs};

/// How a rollout of a deployment group is gone on with, or turned round.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Rollouts of deployment groups")]
pub(crate) struct TurnArgs {
    #[command(flatten)]
    pub(crate) drain: DrainArgs,
    #[command(flatten)]
    pub(crate) beside: BesideArgs,
    #[command(flatten)]
    pub(crate) hooks: HookArgs,
    #[command(flatten)]
    pub(crate) balancer: HaproxyArgs,
}

impl TurnArgs {
    /// The first that was given and that rolling upgrades do not know.
    pub(crate) fn only_beside(&self) -> Option<&'static str> {
        self.beside.given().or_else(|| self.hooks.given())
    }

    /// How patient it is.
    pub(crate) fn pace(&self, watch: &WatchArgs) -> PaceArgs {
        self.drain.pace(watch.timeout.unwrap_or(Span::FIVE_MINUTES), watch.output)
    }
}
