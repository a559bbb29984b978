//! Arguments of `zdd deploy`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use zdd_core::capacity::MarathonVersion;
use zdd_core::guarantee::Guarantee;
use zdd_core::units::Timestamp;

use super::{
    AmendArgs, BesideArgs, ConnectArgs, DrainArgs, FollowArgs, HaproxyArgs, HookArgs, Span,
};

/// Carry out a rolling upgrade and judge it, or put a new version beside the old one
///
/// An app with the label `HAPROXY_DEPLOYMENT_GROUP` is deployed blue/green, behind HAProxy: see the options
/// below. For all others this shows what differs from what runs and every step that Marathon will take, refuses what would
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
    /// Deploy only what this plan says: the JSON of `zdd plan` or --dry-run, made from what ran then
    #[arg(long, value_name = "PLAN")]
    pub(crate) plan: Option<PathBuf>,
    /// How to deploy; unless it is said, blue/green if the app has the label
    /// `HAPROXY_DEPLOYMENT_GROUP`, else rolling
    #[arg(long, value_name = "HOW")]
    pub(crate) strategy: Option<Strategy>,
    #[command(flatten)]
    pub(crate) amend: AmendArgs,
    #[command(flatten)]
    pub(crate) connect: ConnectArgs,
    #[command(flatten)]
    pub(crate) follow: FollowArgs,
    #[command(flatten)]
    pub(crate) swap: SwapArgs,
    #[command(flatten)]
    pub(crate) beside: BesideArgs,
    #[command(flatten)]
    pub(crate) hooks: HookArgs,
    #[command(flatten)]
    pub(crate) balancer: HaproxyArgs,
}

/// How one version takes over from another.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Blue/green")]
pub(crate) struct SwapArgs {
    /// Number of instances that the new version begins with
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) initial_instances: u32,
    /// Add so many instances each time; without it, half of what there is, and one more
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) linear_increase: Option<u32>,
    /// Grow as far as the app's upgradeStrategy lets both versions together, and begin with as many
    #[arg(long, conflicts_with_all = ["linear_increase", "initial_instances"])]
    pub(crate) waves: bool,
    #[command(flatten)]
    pub(crate) drain: DrainArgs,
    /// Go on although nothing says whether instances of the new version serve
    #[arg(long)]
    pub(crate) no_health_check_ok: bool,
}

/// How a definition is deployed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Strategy {
    /// Marathon replaces the instances of the app
    Rolling,
    /// The new version grows beside the old one, which goes when its sessions have ended
    BlueGreen,
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
