//! Arguments of `zdd resume`.

use std::path::PathBuf;

use clap::Args;
use zdd_core::units::DeploymentId;

use super::{Carrying, CheckHookArgs, ConnectArgs, FollowArgs, Target, TurnArgs};

/// Go on with a deployment that `zdd` no longer carries out or follows
///
/// Marathon carries rolling upgrades out by itself: this finds the one that goes on and follows it to its
/// end, or says how it ended. A blue/green deployment or a canary that was interrupted is carried out to
/// its end from its record in Marathon, on any machine, in the direction in which it went.
#[derive(Args, Debug)]
pub(crate) struct ResumeArgs {
    /// The app that is deployed, or the deployment group of a rollout; without it, all that goes on, if
    /// that is one
    #[arg(value_name = "APP|GROUP", conflicts_with_all = ["deployment", "file"])]
    pub(crate) target: Option<Target>,
    /// Id of the deployment
    #[arg(long, value_name = "ID", conflicts_with = "file")]
    pub(crate) deployment: Option<DeploymentId>,
    /// The definition that was being deployed: begin anew where that did not happen yet
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) how: Carrying,
    #[command(flatten)]
    pub(crate) connect: ConnectArgs,
    #[command(flatten)]
    pub(crate) follow: FollowArgs,
    #[command(flatten)]
    pub(crate) turn: TurnArgs,
    #[command(flatten)]
    pub(crate) check: CheckHookArgs,
}
