//! Arguments of `zdd plan`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use zdd_core::timeline::{Assumptions, Model};

use super::{
    AmendArgs, ClusterArgs, ConnectArgs, HaproxyArgs, Numbers, Percent, Span, StepArgs, Strategy,
    SwapArgs,
};

/// Show every step of a deployment to its end; nothing is done
///
/// An app is taken to be replaced while all its instances run and are healthy. A group is planned as
/// Marathon would deploy it: in steps, in the order of its dependencies. An app with the label
/// `HAPROXY_DEPLOYMENT_GROUP` is planned as `zdd deploy` carries it out, blue/green; with --weight as a canary. With
/// -m it is planned from what runs, and `zdd deploy --plan` then does that or nothing.
#[derive(Args, Debug)]
pub(crate) struct PlanCommand {
    #[command(flatten)]
    pub(crate) plan: PlanArgs,
    /// How long sessions go on at instances that get nothing new
    #[arg(long, value_name = "TIME", default_value = "5s")]
    pub(crate) session_time: Span,
    /// How to deploy; unless it is said, blue/green if the app has the label
    /// `HAPROXY_DEPLOYMENT_GROUP`, else rolling
    #[arg(long, value_name = "HOW")]
    pub(crate) strategy: Option<Strategy>,
    #[command(flatten)]
    pub(crate) amend: AmendArgs,
    #[command(flatten)]
    pub(crate) swap: SwapArgs,
    #[command(flatten)]
    pub(crate) share: ShareArgs,
    #[command(flatten)]
    pub(crate) steps: StepArgs,
    #[command(flatten)]
    pub(crate) cluster: ClusterArgs,
    #[command(flatten)]
    pub(crate) connect: ConnectArgs,
    #[command(flatten)]
    pub(crate) balancer: HaproxyArgs,
}

impl PlanCommand {
    /// The share that a canary begins with, where one is planned.
    pub(crate) fn first_share(&self) -> Option<Percent> {
        self.share.weight.or_else(|| self.steps.first_share())
    }
}

/// The share of a canary. Its number of instances is --instances.
#[derive(Args, Clone, Copy, Debug)]
#[command(next_help_heading = "Canary")]
pub(crate) struct ShareArgs {
    /// Share of the traffic for the new version, in percent, such as 20 or 0.5
    #[arg(long, value_name = "PERCENT", allow_negative_numbers = true)]
    pub(crate) weight: Option<Percent>,
    /// Take the nearest share where the wanted one cannot be reached
    #[arg(long)]
    pub(crate) nearest: bool,
}

/// What is planned, and how it is shown.
#[derive(Args, Debug)]
pub(crate) struct PlanArgs {
    /// App definition or group in Marathon's JSON, or for a canary a blueprint in YAML; `-` is standard
    /// input
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// The definition that runs now; without it, one that differs in its configuration only
    #[arg(long, value_name = "OLD", requires = "file", conflicts_with = "marathon")]
    pub(crate) from: Option<PathBuf>,
    /// Whose schedule to follow
    #[arg(long, default_value = "marathon")]
    pub(crate) model: ModelName,
    #[command(flatten)]
    pub(crate) numbers: Numbers,
    #[command(flatten)]
    pub(crate) times: Times,
    /// Show every moment, also those in which instances start and stop
    #[arg(long)]
    pub(crate) all_steps: bool,
    /// How to print the plan
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: PlanOutput,
}

/// How long things take. What is not given is read from the definition, or assumed.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(crate) struct Times {
    /// From launch to running, such as 5s or 1m30s
    #[arg(long = "start-time", value_name = "TIME")]
    start: Option<Span>,
    /// From running to healthy
    #[arg(long = "health-time", value_name = "TIME")]
    health: Option<Span>,
    /// From being told to stop to being gone
    #[arg(long = "stop-time", value_name = "TIME")]
    stop: Option<Span>,
}

impl Times {
    /// `otherwise`, with what was given in its place.
    pub(crate) fn or(self, otherwise: Assumptions) -> Assumptions {
        let or = |given: Option<Span>, otherwise| given.map_or(otherwise, Span::time);
        Assumptions {
            start: or(self.start, otherwise.start),
            healthy: or(self.health, otherwise.healthy),
            stop: or(self.stop, otherwise.stop),
        }
    }
}

/// Whose schedule to follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ModelName {
    /// Marathon's own rolling upgrade
    Marathon,
    /// No old instance is touched until the new version carries the floor alone
    SideBySide,
}

impl From<ModelName> for Model {
    fn from(name: ModelName) -> Self {
        match name {
            ModelName::Marathon => Self::Marathon,
            ModelName::SideBySide => Self::SideBySide,
        }
    }
}

/// How to print a plan or a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlanOutput {
    /// For people
    Text,
    /// For tools
    Json,
    /// A picture
    Svg,
}
