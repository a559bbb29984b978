//! Arguments of `zdd abort`.

use clap::Args;
use zdd_core::units::{AppId, DeploymentId};

use super::{ConnectArgs, WatchArgs};

/// Take a running deployment back
///
/// Marathon then deploys the definition from before, and this is followed to its end. Nothing is
/// asked before: the app or the deployment has to be named.
#[derive(Args, Debug)]
pub(crate) struct AbortArgs {
    /// The app that the deployment holds
    #[arg(value_name = "APP", required_unless_present = "deployment")]
    pub(crate) app: Option<AppId>,
    /// Id of the deployment
    #[arg(long, value_name = "ID", conflicts_with = "app")]
    pub(crate) deployment: Option<DeploymentId>,
    /// Only stop it where it is; instances of both versions may stay
    #[arg(long)]
    pub(crate) cancel: bool,
    /// Show what would be done, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) connect: ConnectArgs,
    #[command(flatten)]
    pub(crate) watch: WatchArgs,
}
