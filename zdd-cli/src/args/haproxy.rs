//! How to reach the load balancers.

use clap::Args;

/// How to reach HAProxy.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Load balancer")]
pub(crate) struct HaproxyArgs {
    /// Admin socket of HAProxy: a path, or HOST:PORT; several, by commas or repeated, are balancers
    /// of the same apps, and so are all addresses of one name
    #[arg(
        long,
        value_name = "SOCKET",
        value_delimiter = ',',
        env = "ZDD_HAPROXY",
        hide_env_values = true
    )]
    pub(crate) haproxy: Vec<String>,
    /// Socket of each one's master, in the same order: shows connections in processes that a reload
    /// has replaced
    #[arg(
        long,
        value_name = "SOCKET",
        value_delimiter = ',',
        env = "ZDD_HAPROXY_MASTER",
        hide_env_values = true
    )]
    pub(crate) haproxy_master: Vec<String>,
    /// Address of marathon-lb's statistics, usually port 9090: for where only marathon-lb itself may
    /// change HAProxy; every address of the name is looked at
    #[arg(short = 'l', long, value_name = "URL", env = "ZDD_MARATHON_LB", hide_env_values = true)]
    pub(crate) marathon_lb: Option<String>,
}
