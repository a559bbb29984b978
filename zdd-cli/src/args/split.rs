//! Arguments of `zdd split`.

use std::num::{NonZeroU16, NonZeroU64};

use clap::Args;
use url::Url;

use super::{Output, Span};
use crate::split::{By, Wanted};

/// Ask a service many times, and say which versions answered how often
///
/// With --expect, the exit status is 11 when the shares do not fit what is expected of them.
#[derive(Args, Debug)]
pub(crate) struct SplitArgs {
    /// What to ask for, as clients do: the address of the load balancer
    #[arg(value_name = "URL")]
    pub(crate) url: Url,
    /// How many requests
    #[arg(short = 'n', long, value_name = "N", default_value = "1000")]
    pub(crate) requests: NonZeroU64,
    /// How many of them at the same time
    #[arg(short, long, value_name = "N", default_value = "16")]
    pub(crate) clients: NonZeroU16,
    /// What tells versions apart: `json:PATH`, `header:NAME` or `status`
    ///
    /// A path leads into the answer by names and numbers: json:app.versions.0
    #[arg(long, value_name = "WHAT", default_value = "json:version")]
    pub(crate) by: By,
    /// The expected shares: 0.9=80,1.0=20
    ///
    /// Only how they compare counts: 4 and 1 are as good as 80 and 20.
    #[arg(long, value_name = "VERSION=SHARE", value_delimiter = ',')]
    pub(crate) expect: Vec<Wanted>,
    /// Make a new connection for each request
    #[arg(long)]
    pub(crate) reconnect: bool,
    /// How long one request may take
    #[arg(long, value_name = "TIME", default_value = "5s")]
    pub(crate) timeout: Span,
    /// How to print it
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: Output,
}
