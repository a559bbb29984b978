//! Arguments of `zdd status`.

use clap::Args;

use super::{ConnectArgs, HaproxyArgs, Output, Target};

/// Say where deployments are, and what they wait for
///
/// Without an id, all deployments and all rollouts of deployment groups that go on. With one, what should
/// run, what runs, and why that is not the same.
#[derive(Args, Debug)]
pub(crate) struct StatusArgs {
    /// An app, a group, or the deployment group of a rollout
    #[arg(value_name = "ID")]
    pub(crate) target: Option<Target>,
    /// Show it again whenever it changes, until Ctrl-C
    #[arg(long)]
    pub(crate) watch: bool,
    #[command(flatten)]
    pub(crate) connect: ConnectArgs,
    #[command(flatten)]
    pub(crate) balancer: HaproxyArgs,
    /// How to print it; with --watch `json` is one object a line
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: Output,
}
