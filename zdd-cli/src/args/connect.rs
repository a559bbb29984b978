//! How to reach Marathon.

use std::path::PathBuf;

use clap::Args;

use super::Span;

/// How to reach Marathon.
///
/// Addresses stay text here, and secrets have no option: clap repeats what it cannot read, and every
/// user of a machine can read the arguments of every process.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Connection")]
pub(crate) struct ConnectArgs {
    /// Addresses of Marathon.
    // clap would show the value of the variable, password and all, and could not tell it from an
    // argument; so the variable is read elsewhere.
    #[arg(
        short,
        long,
        value_name = "URL",
        value_delimiter = ',',
        help = "Address of Marathon; several, by commas or repeated, are tried in turn \
                [env: ZDD_MARATHON]",
        long_help = "Address of Marathon; several, by commas or repeated, are tried in turn \
                     [env: ZDD_MARATHON]\n\nOn DC/OS it ends in /service/marathon. A password is \
                     not accepted here: it may stand in ZDD_MARATHON, or with the user in \
                     ZDD_MARATHON_USER and ZDD_MARATHON_PASSWORD."
    )]
    pub(crate) marathon: Vec<String>,
    /// Certificate authority to trust besides those of the system, in PEM
    #[arg(long, value_name = "FILE")]
    pub(crate) cacert: Option<PathBuf>,
    /// Trust any certificate
    #[arg(long, conflicts_with = "cacert")]
    pub(crate) insecure: bool,
    /// File with `user:password`, or the service account of DC/OS in JSON
    #[arg(long, value_name = "FILE", conflicts_with = "token_file")]
    pub(crate) credentials: Option<PathBuf>,
    /// File with a token of DC/OS
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// How long a connection may take to be made
    #[arg(long, value_name = "TIME", default_value = "10s")]
    pub(crate) connect_timeout: Span,
    /// How long Marathon may take to answer
    #[arg(long, value_name = "TIME", default_value = "30s")]
    pub(crate) read_timeout: Span,
    /// How long to try again while Marathon answers that it cannot answer now
    #[arg(long, value_name = "TIME", default_value = "45s")]
    pub(crate) retry_for: Span,
    /// Refused: a secret does not belong here
    #[arg(long, hide = true)]
    pub(crate) password: Option<String>,
    /// Refused: a secret does not belong here
    #[arg(long, hide = true)]
    pub(crate) token: Option<String>,
}
