//! Arguments for how instances are taken out of service, and who does it.

use clap::{Args, ValueEnum};
use zdd_core::rollout::OnDrainTimeout;

use super::{Output, PaceArgs, Span};

/// How instances that are to go are treated, by whoever holds the rollout.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct DrainArgs {
    /// How long sessions may take to end at instances that are to go
    #[arg(long, value_name = "TIME", default_value = "5m")]
    pub(crate) drain_timeout: Span,
    /// What to do with sessions that take longer
    #[arg(long, value_name = "WHAT", default_value = "stop")]
    pub(crate) on_drain_timeout: DrainTimeout,
    /// Take over from whoever holds the rollout: for when that one is dead
    #[arg(long)]
    pub(crate) take_over: bool,
}

impl DrainArgs {
    /// How patient a rollout is that waits this long for anything else.
    pub(crate) const fn pace(self, timeout: Span, output: Output) -> PaceArgs {
        PaceArgs { timeout, drain: self, output }
    }
}

/// What to do with sessions that do not end in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DrainTimeout {
    /// Go on waiting
    Wait,
    /// Stop there; everything stays as it is
    Stop,
    /// Cut them
    Kill,
}

impl From<DrainTimeout> for OnDrainTimeout {
    fn from(what: DrainTimeout) -> Self {
        match what {
            DrainTimeout::Wait => Self::Wait,
            DrainTimeout::Stop => Self::Stop,
            DrainTimeout::Kill => Self::Kill,
        }
    }
}
