//! Arguments of `zdd deploy`.

use std::path::PathBuf;

use clap::Args;
use zdd_core::capacity::MarathonVersion;
use zdd_core::guarantee::Guarantee;
use zdd_core::units::Timestamp;

use super::{ConnectArgs, FollowArgs, Span};

/// Carry out a rolling upgrade, and judge it when it has ended
///
/// Shows what differs from what runs and every step that Marathon will take, refuses what would
/// break the guarantee asked for, and follows the deployment to its end. Nothing is asked before:
/// --dry-run shows the same and does nothing, and --expect-version then deploys just what was shown.
#[derive(Args, Debug)]
pub(crate) struct DeployArgs {
    /// App definition or group in Marathon's JSON; `-` is standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) how: Carrying,
    /// Show what would be done, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) connect: ConnectArgs,
    #[command(flatten)]
    pub(crate) follow: FollowArgs,
}

/// Under which conditions a definition is deployed.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Carrying {
    /// The guarantee that has to hold: completes, bounds or side-by-side
    #[arg(long, value_name = "G", default_value_t = Guarantee::Bounds)]
    pub(crate) guarantee: Guarantee,
    /// Deploy even if the guarantee will not hold; the exit status then answers for `completes`
    #[arg(long)]
    pub(crate) allow_broken: bool,
    /// Replace the instances even if nothing differs
    #[arg(long)]
    pub(crate) restart: bool,
    /// Deploy only if the app still has this version
    #[arg(long, value_name = "V")]
    pub(crate) expect_version: Option<Timestamp>,
    /// Cancel the deployments that hold the app
    #[arg(long, conflicts_with = "wait_lock")]
    pub(crate) force: bool,
    /// Wait so long for other deployments of the app to end
    #[arg(long, value_name = "TIME")]
    pub(crate) wait_lock: Option<Span>,
    /// Release of Marathon, such as 1.8 or 1.10.17; without it Marathon is asked
    #[arg(long, value_name = "V")]
    pub(crate) marathon_version: Option<MarathonVersion>,
}
