//! Arguments of `zdd resume`.

use std::path::PathBuf;

use clap::Args;
use zdd_core::units::{AppId, DeploymentId};

use super::{Carrying, ConnectArgs, FollowArgs};

/// Go on with a deployment that `zdd` no longer follows
///
/// Marathon carries deployments out by itself: this finds the one that goes on and follows it to its
/// end, or says how it ended.
#[derive(Args, Debug)]
pub(crate) struct ResumeArgs {
    /// The app that is deployed; without it, the only deployment that goes on
    #[arg(value_name = "APP", conflicts_with_all = ["deployment", "file"])]
    pub(crate) app: Option<AppId>,
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
}
