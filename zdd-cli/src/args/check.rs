//! Arguments of `zdd check`.

use std::path::PathBuf;

use clap::Args;
use zdd_core::guarantee::Guarantee;
use zdd_core::units::InstanceCount;

use super::{Asked, ClusterArgs, ConnectArgs, Numbers, Output};

/// Say before a deployment what its upgradeStrategy can keep
///
/// Three guarantees are looked at. `completes`: Marathon gets to the end. `bounds`: it also stays
/// between floor and ceiling. `side-by-side`: no old instance is touched until the new version
/// carries the floor alone. Each is satisfiable or not, and kept by Marathon's own rolling upgrade
/// or not. With --agents or --mesos there is a fourth, `fits`: each new instance finds a place on the
/// agents, whatever Marathon does first.
#[derive(Args, Debug)]
pub(crate) struct CheckArgs {
    /// App definitions or groups in Marathon's JSON; `-` is standard input
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) numbers: Numbers,
    /// The guarantee that the exit status answers for: completes, bounds or side-by-side, and where a
    /// cluster is given it has to fit, too; or fits alone
    #[arg(long, value_name = "G", default_value_t = Asked::Strategy(Guarantee::Bounds))]
    pub(crate) guarantee: Asked,
    /// Suggest a strategy: never fewer than N healthy
    #[arg(long, value_name = "N", requires = "spare", allow_negative_numbers = true)]
    pub(crate) keep: Option<InstanceCount>,
    /// Suggest a strategy: never more than N on top
    #[arg(long, value_name = "N", requires = "keep", allow_negative_numbers = true)]
    pub(crate) spare: Option<InstanceCount>,
    /// How to print the answer
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: Output,
    #[command(flatten)]
    pub(crate) cluster: ClusterArgs,
    #[command(flatten)]
    pub(crate) connect: ConnectArgs,
}
