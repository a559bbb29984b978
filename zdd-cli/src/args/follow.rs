//! How a deployment is followed.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Output, Span};

/// How a deployment is followed to its end.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Following")]
pub(crate) struct FollowArgs {
    #[command(flatten)]
    pub(crate) watch: WatchArgs,
    /// What to do when it takes longer; at a terminal you are asked, elsewhere it is left alone
    #[arg(long, value_name = "WHAT", requires = "timeout")]
    pub(crate) on_failure: Option<OnFailure>,
}

/// How a deployment is watched, whatever is to become of it.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Following")]
pub(crate) struct WatchArgs {
    /// Write what Marathon reports meanwhile into a new file, for `zdd verify`
    #[arg(long, value_name = "LOG")]
    pub(crate) record: Option<PathBuf>,
    /// How long the deployment may take
    #[arg(long, value_name = "TIME")]
    pub(crate) timeout: Option<Span>,
    /// How to print what happens: `json` is one object a line
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: Output,
}

/// What to do with a deployment that takes too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnFailure {
    /// Take it back, and wait until the old definition runs again
    Revert,
    /// Stop it where it is; instances of both versions may stay
    Stop,
    /// Let it go on without us
    Leave,
    /// Ask at the terminal
    Ask,
}
