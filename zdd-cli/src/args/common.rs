//! The command itself, and what several verbs share.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use zdd_core::capacity::{MarathonVersion, Reading};
use zdd_core::units::{InstanceCount, MaximumOverCapacity, MinimumHealthCapacity};

use super::{
    AbortArgs, CanaryArgs, CheckArgs, DeployArgs, HistoryArgs, JobsArgs, LabArgs, PlanArgs,
    ResumeArgs, RollbackArgs, SplitArgs, StatusArgs, VerifyArgs,
};
use crate::exit;

/// Plans zero-downtime deployments on Marathon, and judges them afterwards.
#[derive(Debug, Parser)]
#[command(name = "zdd", version, after_help = exit::HELP, max_term_width = 80)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    Check(CheckArgs),
    Plan(PlanArgs),
    Deploy(Box<DeployArgs>),
    Canary(CanaryArgs),
    Status(StatusArgs),
    Abort(Box<AbortArgs>),
    Resume(Box<ResumeArgs>),
    History(HistoryArgs),
    Rollback(Box<RollbackArgs>),
    Verify(VerifyArgs),
    Split(SplitArgs),
    Jobs(Box<JobsArgs>),
    Lab(LabArgs),
    Schema(SchemaArgs),
    Completions(CompletionsArgs),
    Man(ManArgs),
}

/// The numbers that a plan starts from. They override those of a definition.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(crate) struct Numbers {
    /// Number of instances; needed where no definition is given
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) instances: Option<InstanceCount>,
    /// Share of the instances that must stay healthy, 0 to 1: minimumHealthCapacity
    #[arg(long, value_name = "F", allow_negative_numbers = true)]
    pub(crate) min_health: Option<MinimumHealthCapacity>,
    /// Share of the instances that may be added, 0 to 1: maximumOverCapacity
    #[arg(long, value_name = "F", allow_negative_numbers = true)]
    pub(crate) max_over: Option<MaximumOverCapacity>,
    /// Release of Marathon, such as 1.8 or 1.10.17; without it up to 1.9 is assumed
    #[arg(long, value_name = "V")]
    pub(crate) marathon_version: Option<MarathonVersion>,
}

impl Numbers {
    /// How Marathon counts when a replacement starts.
    pub(crate) fn reading(self) -> Reading {
        self.marathon_version.map_or(Reading::Classic, MarathonVersion::reading)
    }
}

/// How to print a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// For people
    Text,
    /// For tools
    Json,
}

/// Print the JSON Schema of what a verb prints with `-o json`
#[derive(Args, Debug)]
pub(crate) struct SchemaArgs {
    /// The verb; without it, the schemas of all verbs as one object
    pub(crate) verb: Option<SchemaOf>,
}

/// The verbs that print JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaOf {
    /// `zdd check -o json`
    Check,
    /// `zdd plan -o json`
    Plan,
    /// `zdd verify -o json`
    Verify,
    /// One line of `zdd deploy`, `resume`, `abort` or `rollback -o json`
    Deploy,
    /// `zdd status -o json`
    Status,
    /// One line of `zdd canary start`, `promote`, `rollback` or `hold -o json`
    Canary,
    /// `zdd canary status -o json`
    CanaryStatus,
    /// `zdd history -o json`
    History,
    /// `zdd split -o json`
    Split,
    /// `zdd jobs --out -`
    Jobs,
}

/// Print a completion script for a shell
///
/// For bash: zdd completions bash > ~/.local/share/bash-completion/completions/zdd
#[derive(Args, Debug)]
pub(crate) struct CompletionsArgs {
    pub(crate) shell: clap_complete::Shell,
}

/// Print the man page, or write the pages of all verbs into a directory
#[derive(Args, Debug)]
pub(crate) struct ManArgs {
    /// Directory for the pages, zdd.1, zdd-check.1 and so on
    pub(crate) dir: Option<PathBuf>,
}
