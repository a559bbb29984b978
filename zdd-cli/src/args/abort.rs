//! Arguments of `zdd abort`.

use clap::Args;
use zdd_core::units::DeploymentId;

use super::{ConnectArgs, Target, TurnArgs, WatchArgs};

/// Take a running deployment back
///
/// Of a rolling upgrade Marathon deploys the definition from before; a blue/green deployment or a canary
/// is turned round, so that the old version has everything again, and nothing in use is stopped. Either
/// is followed to its end. Nothing is asked before: what is meant has to be named. For rollouts of
/// deployment groups the exit status is 15 when all is as it was.
#[derive(Args, Debug)]
pub(crate) struct AbortArgs {
    /// The app that a deployment holds, or the deployment group of a rollout
    #[arg(value_name = "APP|GROUP", required_unless_present = "deployment")]
    pub(crate) target: Option<Target>,
    /// Id of the deployment
    #[arg(long, value_name = "ID", conflicts_with = "target")]
    pub(crate) deployment: Option<DeploymentId>,
    /// Only stop a rolling upgrade where it is; instances of both versions may stay
    #[arg(long)]
    pub(crate) cancel: bool,
    /// Show what would be done, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) connect: ConnectArgs,
    #[command(flatten)]
    pub(crate) watch: WatchArgs,
    #[command(flatten)]
    pub(crate) turn: TurnArgs,
}
