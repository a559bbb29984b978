//! Arguments of `zdd verify`.

use std::path::PathBuf;

use clap::Args;
use zdd_core::guarantee::Guarantee;
use zdd_core::units::AppId;

use super::PlanOutput;

/// Judge a recording of a deployment
///
/// The recording is Marathon's event stream, as `curl -N -H 'Accept: text/event-stream'
/// $MARATHON/v2/events > LOG` writes it. Each deployment of each app in it is judged by itself.
///
/// What `--record` wrote of a canary or of blue/green is judged by other rules: as many serve as have
/// to, what remains is enough whenever something is stopped, nothing is stopped that is in use, weights
/// are as they were set and give the shares that were wanted, and nothing is missing. One that was
/// broken is the exit status 11.
#[derive(Args, Debug)]
pub(crate) struct VerifyArgs {
    /// The recording; `-` is standard input
    #[arg(value_name = "LOG")]
    pub(crate) log: PathBuf,
    /// Judge the deployments of this app only
    #[arg(long, value_name = "ID")]
    pub(crate) app: Option<AppId>,
    /// App definition in Marathon's JSON, where the recording does not have the strategy in it
    #[arg(long, value_name = "FILE")]
    pub(crate) definition: Option<PathBuf>,
    /// The guarantee that the exit status answers for: completes, bounds or side-by-side
    #[arg(long, value_name = "G", default_value_t = Guarantee::Bounds)]
    pub(crate) guarantee: Guarantee,
    /// How to print the verdict
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: PlanOutput,
}
