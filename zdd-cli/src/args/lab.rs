//! `zdd lab`.

use clap::{Args, Subcommand};

/// The lab: everything that a deployment needs, on this machine
#[derive(Args, Debug)]
pub(crate) struct LabArgs {
    #[command(subcommand)]
    pub(crate) verb: LabVerb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LabVerb {
    Service(ServiceArgs),
}

/// Run the test service, which answers over HTTP until it is told to stop
///
/// GET /endpoint0 and /info answer with host and version, GET /health with {"healthy": true}. SIGTERM
/// stops it: what it has begun to answer it answers, and takes nothing more.
#[derive(Args, Clone, Debug)]
pub(crate) struct ServiceArgs {
    /// Where to listen: an address of this machine, or its name [default: 127.0.0.1]
    ///
    /// Without it, what Mesos calls the task's address (`LIBPROCESS_IP`) or host (`HOST`), where that is
    /// a loopback address.
    #[arg(long)]
    pub(crate) host: Option<String>,
    /// Port to listen on; 0 is any free one
    #[arg(long, env = "PORT0", hide_env_values = true, default_value_t = 0)]
    pub(crate) port: u16,
    /// Let other machines in: listen on addresses that are not loopback
    #[arg(long)]
    pub(crate) allow_non_loopback: bool,
    /// The version that it says it has
    #[arg(
        long,
        value_name = "V",
        env = "SIMPLE_SERVICE_VERSION",
        hide_env_values = true,
        default_value = "0.9"
    )]
    pub(crate) service_version: String,
    /// Least time that /health takes, in milliseconds
    #[arg(
        long,
        value_name = "MS",
        env = "HEALTH_MIN",
        hide_env_values = true,
        default_value_t = 0
    )]
    pub(crate) health_min: u32,
    /// Most time that /health takes, in milliseconds; each answer takes another time in between
    /// [default: as --health-min]
    #[arg(long, value_name = "MS", env = "HEALTH_MAX", hide_env_values = true)]
    pub(crate) health_max: Option<u32>,
    #[command(flatten)]
    pub(crate) trouble: TroubleArgs,
}

/// What can go wrong with the service.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Trouble")]
pub(crate) struct TroubleArgs {
    /// Listen only after so many milliseconds
    #[arg(
        long,
        value_name = "MS",
        env = "SIMPLE_SERVICE_START_UP_MS",
        hide_env_values = true,
        default_value_t = 0
    )]
    pub(crate) start_up: u32,
    /// Share of the requests for /endpoint0 and /info that are answered with status 500, 0 to 1
    #[arg(
        long,
        value_name = "F",
        env = "SIMPLE_SERVICE_FAILURE_RATE",
        hide_env_values = true,
        default_value_t = 0.0,
        value_parser = share
    )]
    pub(crate) failure_rate: f64,
    /// Take so many milliseconds for /endpoint0 and /info
    #[arg(
        long,
        value_name = "MS",
        env = "SIMPLE_SERVICE_SLOW_MS",
        hide_env_values = true,
        default_value_t = 0
    )]
    pub(crate) slow: u32,
    /// End with an error so many milliseconds after the service began to listen
    #[arg(long, value_name = "MS", env = "SIMPLE_SERVICE_CRASH_AFTER_MS", hide_env_values = true)]
    pub(crate) crash_after: Option<u32>,
    /// Draw the same delays and failures as another service with this number
    #[arg(long, value_name = "N", env = "SIMPLE_SERVICE_SEED", hide_env_values = true)]
    pub(crate) seed: Option<u64>,
}

fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "not a number between 0 and 1".into())
}
