//! Arguments of `zdd history` and `zdd rollback`.

use clap::Args;

use super::{
    ConnectArgs, Group, HaproxyArgs, HookArgs, ObserveArgs, Output, PaceArgs, Span, SwapArgs,
};

/// Show what was deployed before, the newest first
///
/// Each blue/green deployment and each promotion that zdd has finished is kept in Marathon, below
/// /zdd-history: the newest ten of each deployment group, with their definitions.
#[derive(Args, Debug)]
pub(crate) struct HistoryArgs {
    /// A deployment group; without it, all of them
    #[arg(value_name = "GROUP")]
    pub(crate) group: Option<Group>,
    /// How to print it
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: Output,
    #[command(flatten)]
    pub(crate) connect: ConnectArgs,
}

/// Deploy again what was deployed before
///
/// The definition of that time takes over blue/green from the one that runs, as `zdd deploy` would do it.
/// It is for deployments that are finished: `zdd abort` takes one back that goes on.
#[derive(Args, Debug)]
pub(crate) struct RollbackArgs {
    /// The deployment group; needed where several have a history
    #[arg(value_name = "GROUP")]
    pub(crate) group: Option<Group>,
    /// The revision, by its name or its number, such as r7; without it, the one before the one that runs
    #[arg(long, value_name = "REVISION")]
    pub(crate) to: Option<String>,
    /// Show what would be done, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// How long one and the same thing may be waited for
    #[arg(long, value_name = "TIME", default_value = "5m")]
    pub(crate) timeout: Span,
    /// How to print what happens: `json` is one object a line
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: Output,
    #[command(flatten)]
    pub(crate) connect: ConnectArgs,
    #[command(flatten)]
    pub(crate) swap: SwapArgs,
    #[command(flatten)]
    pub(crate) hooks: HookArgs,
    #[command(flatten)]
    pub(crate) observe: ObserveArgs,
    #[command(flatten)]
    pub(crate) balancer: HaproxyArgs,
}

impl RollbackArgs {
    /// How patient it is.
    pub(crate) fn pace(&self) -> PaceArgs {
        self.swap.drain.pace(self.timeout, self.output)
    }
}
