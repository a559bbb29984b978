//! How a rollout is gone on with, or turned round.

use clap::Args;

use super::{DrainTimeout, HaproxyArgs, HookArgs, PaceArgs, Span, WatchArgs};

/// How a rollout of a deployment group is gone on with, or turned round.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Rollouts of deployment groups")]
pub(crate) struct TurnArgs {
    /// How long sessions may take to end at instances that are to go
    #[arg(long, value_name = "TIME", default_value = "5m")]
    pub(crate) drain_timeout: Span,
    /// What to do with sessions that take longer
    #[arg(long, value_name = "WHAT", default_value = "stop")]
    pub(crate) on_drain_timeout: DrainTimeout,
    /// Take over from whoever holds the rollout: for when that one is dead
    #[arg(long)]
    pub(crate) take_over: bool,
    #[command(flatten)]
    pub(crate) hooks: HookArgs,
    #[command(flatten)]
    pub(crate) balancer: HaproxyArgs,
}

impl TurnArgs {
    /// How patient it is.
    pub(crate) fn pace(&self, watch: &WatchArgs) -> PaceArgs {
        PaceArgs {
            timeout: watch.timeout.unwrap_or(Span::FIVE_MINUTES),
            drain_timeout: self.drain_timeout,
            on_drain_timeout: self.on_drain_timeout,
            take_over: self.take_over,
            output: watch.output,
        }
    }
}
