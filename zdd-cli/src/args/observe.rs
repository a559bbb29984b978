//! Who else is told what a rollout does.

use std::convert::Infallible;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;

/// What a rollout is recorded in, and who is told of it.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Watching")]
pub(crate) struct ObserveArgs {
    /// Write what is seen, decided and done into a new file, for `zdd verify`
    #[arg(long, value_name = "LOG")]
    pub(crate) record: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) beside: BesideArgs,
}

/// Who is told of a rollout while it goes on.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Watching")]
pub(crate) struct BesideArgs {
    /// Serve metrics for Prometheus meanwhile, at /metrics: ADDRESS:PORT, or a port of this machine's
    /// loopback; with port 0 a free one is chosen and said
    #[arg(long, value_name = "ADDR")]
    pub(crate) metrics: Option<String>,
    /// Post a JSON object to this address when it begins, when something is waited for longer than
    /// 30 s, and when it ends; its secrets are safer in `ZDD_NOTIFY_URL`
    #[arg(long, value_name = "URL")]
    pub(crate) notify: Option<HookUrl>,
}

impl BesideArgs {
    /// The first that was given.
    pub(crate) fn given(&self) -> Option<&'static str> {
        let options = [("--metrics", self.metrics.is_some()), ("--notify", self.notify.is_some())];
        options.into_iter().find(|(_, is_given)| *is_given).map(|(option, _)| option)
    }
}

/// An address that may be a secret as a whole. It is no [`Url`](url::Url) yet, so that no refusal repeats it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct HookUrl(pub(crate) String);

impl FromStr for HookUrl {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.into()))
    }
}

impl fmt::Debug for HookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HookUrl(…)")
    }
}
