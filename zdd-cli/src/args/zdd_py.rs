//! zdd.py's own command line.

use std::path::PathBuf;

use clap::Parser;

/// Deploy blue/green, with the arguments of marathon-lb's zdd.py
///
/// They mean what they mean there. For everything else see `zdd --help`: `zdd deploy` does the same.
#[derive(Debug, Parser)]
#[expect(clippy::struct_excessive_bools, reason = "zdd.py has so many flags")]
#[command(name = "zdd", version, max_term_width = 80)]
pub(crate) struct ZddPyArgs {
    /// Address of Marathon
    #[arg(short, long, value_name = "URL")]
    pub(crate) marathon: String,
    /// Address of marathon-lb's statistics
    #[arg(short = 'l', long, value_name = "URL")]
    pub(crate) marathon_lb: String,
    /// App definition
    #[arg(short, long, value_name = "FILE")]
    pub(crate) json: PathBuf,
    /// Print the app that would be posted, or what would be done, and do nothing
    #[arg(short, long)]
    pub(crate) dry_run: bool,
    /// Ask nothing
    #[arg(short, long)]
    pub(crate) force: bool,
    /// Seconds between two looks
    #[arg(short, long, value_name = "S", default_value_t = 5)]
    pub(crate) step_delay: u64,
    /// Instances that the new app begins with; 0 counts as 1
    #[arg(short, long, value_name = "N", default_value_t = 1)]
    pub(crate) initial_instances: u32,
    /// Grow by so many instances; 0 is by half
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) linear_increase: u32,
    /// Go on with a group that has two apps, towards the newer one
    #[arg(short, long, conflicts_with_all = ["complete_cur", "complete_prev"])]
    pub(crate) resume: bool,
    /// Seconds that sessions may take to end; then their tasks are killed
    #[arg(short = 'w', long, value_name = "S", default_value_t = 300)]
    pub(crate) max_wait: u64,
    /// Stop at so many new instances, beside the rest of the old ones
    #[arg(short, long, value_name = "N", default_value_t = 0)]
    pub(crate) new_instances: u32,
    /// Finish a group with two apps towards the newer one
    #[arg(short, long, conflicts_with = "complete_prev")]
    pub(crate) complete_cur: bool,
    /// Finish a group with two apps towards the older one
    #[arg(short = 'p', long)]
    pub(crate) complete_prev: bool,
    /// Executable that is asked before tasks are killed and before the old app is removed
    #[arg(long, value_name = "PATH")]
    pub(crate) pre_kill_hook: Option<PathBuf>,
    /// Accepted, and without effect: everything is said on standard error
    #[arg(long, value_name = "PATH")]
    pub(crate) syslog_socket: Option<PathBuf>,
    /// Accepted, and without effect
    #[arg(long, value_name = "FORMAT")]
    pub(crate) log_format: Option<String>,
    /// Accepted, and without effect
    #[arg(long, value_name = "LEVEL")]
    pub(crate) log_level: Option<String>,
    /// File with `user:pass`
    #[arg(long, value_name = "FILE")]
    pub(crate) marathon_auth_credential_file: Option<PathBuf>,
    /// `user:pass`, which every user of this machine can read there
    #[arg(long, value_name = "USER:PASS", hide = true)]
    pub(crate) auth_credentials: Option<String>,
    /// Certificate authority to trust besides those of the system
    #[arg(long, value_name = "FILE")]
    pub(crate) marathon_ca_cert: Option<PathBuf>,
}

impl ZddPyArgs {
    /// Whether arguments are zdd.py's: no verb, and a file behind `-j`.
    pub(crate) fn are_meant(args: &[std::ffi::OsString]) -> bool {
        let texts: Vec<_> = args.iter().skip(1).map(|it| it.to_string_lossy()).collect();
        let begins = texts.first().is_some_and(|it| it.starts_with('-'));
        let is_json = |it: &str| it.starts_with("--json") || it.starts_with("-j");
        begins && texts.iter().any(|it| is_json(it))
    }
}
