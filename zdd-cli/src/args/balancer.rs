//! The load balancer of the lab.

use std::path::PathBuf;

use clap::Args;

use super::ConnectArgs;

/// What the load balancer is like.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Load balancer")]
pub(crate) struct BalancerArgs {
    /// The executable of HAProxy, 2.6 or later [default: haproxy]
    #[arg(long, value_name = "PATH")]
    pub(crate) haproxy: Option<PathBuf>,
    /// Port of 127.0.0.1 where statistics and process ids are, as marathon-lb has them; 0 is any
    /// free one
    #[arg(long, value_name = "PORT", default_value_t = 9090)]
    pub(crate) lb_listen: u16,
    /// Port of 127.0.0.1 where virtual hosts are served; without it none are
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) vhosts: Option<u16>,
    /// Serve only apps whose label `HAPROXY_GROUP` has this name; can be repeated, and * is all
    /// [default: *]
    #[arg(long, value_name = "NAME", value_parser = group)]
    pub(crate) group: Vec<String>,
    /// Take the app of a pair that was started last for the new one, and count only instances that
    /// run
    ///
    /// It is about two apps with one `HAPROXY_DEPLOYMENT_GROUP`, of which one takes over from the
    /// other. marathon-lb takes the one that was scaled last for the new one, so that scaling the
    /// old one up, to go back, drains what serves; and without health checks it counts instances
    /// before they run, so that old ones are drained too early. This mends both.
    #[arg(long)]
    pub(crate) mended_merge: bool,
}

/// Keep a HAProxy on this machine in step with a Marathon, as marathon-lb does
///
/// Each app that has a port is served at 127.0.0.1, on the port that its label `HAPROXY_0_PORT` says. What
/// is wrong with apps or with HAProxy is said on standard error. Ctrl-C or SIGTERM ends it with HAProxy.
#[derive(Args, Clone, Debug)]
pub(crate) struct BridgeArgs {
    #[command(flatten)]
    pub(crate) connect: ConnectArgs,
    #[command(flatten)]
    pub(crate) balancer: BalancerArgs,
}

/// A group with a comma in its name would be two in a label, and neither of them.
fn group(text: &str) -> Result<String, String> {
    let group = text.trim();
    if group.is_empty() || group.contains(',') {
        return Err("one name, without a comma".into());
    }
    Ok(group.into())
}
