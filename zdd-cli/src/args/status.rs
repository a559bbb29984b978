//! Arguments of `zdd status`.

use clap::Args;
use zdd_core::units::GroupId;

use super::{ConnectArgs, Output};

/// Say where deployments are, and what they wait for
///
/// Without an id, all deployments that go on. With one, what should run, what runs, and why that is
/// not the same.
#[derive(Args, Debug)]
pub(crate) struct StatusArgs {
    /// An app or a group
    #[arg(value_name = "ID")]
    pub(crate) target: Option<GroupId>,
    /// Show it again whenever it changes, until Ctrl-C
    #[arg(long)]
    pub(crate) watch: bool,
    #[command(flatten)]
    pub(crate) connect: ConnectArgs,
    /// How to print it; with --watch `json` is one object a line
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: Output,
}
