//! `zdd lab`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use zdd_core::capacity::MarathonVersion;

use super::{BalancerArgs, BridgeArgs};
use crate::lab::AgentSpec;

/// The lab: everything that a deployment needs, on this machine
#[derive(Args, Debug)]
pub(crate) struct LabArgs {
    #[command(subcommand)]
    pub(crate) verb: LabVerb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LabVerb {
    Up(Box<UpArgs>),
    Bridge(Box<BridgeArgs>),
    Demo(DemoArgs),
    Service(ServiceArgs),
}

/// Run a Marathon on this machine, whose tasks are processes, until it is told to stop
///
/// It speaks Marathon's API and event stream, and a HAProxy in step with it serves the apps: each at
/// 127.0.0.1, on the port that its label `HAPROXY_0_PORT` says. Ctrl-C or SIGTERM ends it with HAProxy and
/// all its tasks; asked twice, it gives them no time.
#[derive(Args, Clone, Debug)]
pub(crate) struct UpArgs {
    /// Where Marathon listens; port 0 is any free one
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8080")]
    pub(crate) listen: String,
    /// Let other machines in, all of which can then run commands here as you
    #[arg(long)]
    pub(crate) allow_non_loopback: bool,
    /// Number of agents, at 127.0.0.1 and the addresses after it [default: 3]
    #[arg(
        long,
        value_name = "N",
        conflicts_with = "agent",
        value_parser = clap::value_parser!(u8).range(1..=250)
    )]
    pub(crate) agents: Option<u8>,
    /// An agent and what it has: 127.0.0.2=cpus:4,mem:8192,rack:r1; can be repeated
    ///
    /// cpus, mem, disk (both in MiB), gpus and ports are resources, ip is its address, region and
    /// zone are where it is. All others are attributes, for constraints. Other programs have to be
    /// able to look the name up: an address is the surest one.
    #[arg(long, value_name = "NAME[=KEY:VALUE,…]")]
    pub(crate) agent: Vec<AgentSpec>,
    #[command(flatten)]
    pub(crate) images: ImageArgs,
    /// Keep apps in this folder, and bring them back from there
    #[arg(long, value_name = "DIR")]
    pub(crate) state: Option<PathBuf>,
    /// Release of Marathon to behave like, such as 1.8 or 1.10.17; without it, one before 1.10
    #[arg(long, value_name = "V")]
    pub(crate) marathon_version: Option<MarathonVersion>,
    /// Go without a load balancer
    #[arg(
        long,
        conflicts_with_all = ["haproxy", "lb_listen", "vhosts", "group", "mended_merge"]
    )]
    pub(crate) no_haproxy: bool,
    #[command(flatten)]
    pub(crate) balancer: BalancerArgs,
}

/// What runs in the place of images.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct ImageArgs {
    /// Run a command in the place of an image, in which * stands for any text; can be repeated
    ///
    /// The command is a line for /bin/sh. Without one, the app's own cmd or args are run. For
    /// mhausenblas/simpleservice:* there is `zdd lab service`.
    #[arg(long, value_name = "IMAGE=COMMAND")]
    pub(crate) image: Vec<String>,
    /// The same for several images: a JSON object of images and their commands; can be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) image_file: Vec<PathBuf>,
}

/// See a deployment happen, from start to end, on a lab of its own
///
/// Without a name it is blue/green: 1.0 takes over from 0.9 behind a HAProxy, under load.
#[derive(Args, Clone, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct DemoArgs {
    #[command(subcommand)]
    pub(crate) demo: Option<Demo>,
    #[command(flatten)]
    pub(crate) clients: ClientsArgs,
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Demo {
    /// Let 1.0 take over from 0.9 behind a HAProxy, and count the requests that fail
    BlueGreen(ClientsArgs),
    /// Upgrade a service from 0.9 to 1.0 by Marathon alone, and count the requests that fail
    Rolling(ClientsArgs),
    /// Give 1.0 a fifth of the traffic beside 0.9, count who answers, then promote it
    Canary(ClientsArgs),
}

/// The load of a demonstration.
#[derive(Args, Clone, Debug)]
pub(crate) struct ClientsArgs {
    /// How many clients use the service at the same time
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) clients: u16,
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
