//! Arguments of `zdd canary`.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Subcommand};
use zdd_core::rollout::{Part, Split};

use super::{
    AmendArgs, CheckHookArgs, ConnectArgs, DrainArgs, Group, HaproxyArgs, HookArgs, ObserveArgs,
    Output, Span, StepArgs,
};

/// Give a new version a share of the traffic, then promote it or roll it back
///
/// Old and new are two apps with the same label `HAPROXY_DEPLOYMENT_GROUP` behind one HAProxy. Weights are
/// set through its admin socket, so that shares are exact whatever the number of instances. Where a
/// canary stands is kept in Marathon, in an app without instances below /zdd-rollouts: any machine can go
/// on with it.
#[derive(Args, Debug)]
pub(crate) struct CanaryArgs {
    #[command(subcommand)]
    pub(crate) verb: CanaryVerb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CanaryVerb {
    Start(Box<StartArgs>),
    /// Let a canary that waits for it go on to its next step
    Approve(Box<ApproveArgs>),
    /// Give the new version everything, and remove the old one when its last session has ended
    Promote(Box<EndArgs>),
    /// Give the old version everything again, and remove the new one when its last session has ended
    Rollback(Box<EndArgs>),
    Hold(Box<HoldArgs>),
    Status(Box<ShowArgs>),
}

/// Start a canary, or change the share of one that stands
///
/// FILE is the new version: an app definition with the label `HAPROXY_DEPLOYMENT_GROUP`, or a blueprint of
/// VAMP, which says both versions and their weights. Where nothing of the group runs yet, it is deployed
/// whole: there is nothing that it could be compared with.
#[derive(Args, Debug)]
pub(crate) struct StartArgs {
    /// App definition in Marathon's JSON, or a blueprint in YAML; `-` is standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Share of the traffic for the new version, in percent, such as 20 or 0.5
    #[arg(long, value_name = "PERCENT", allow_negative_numbers = true)]
    pub(crate) weight: Option<Percent>,
    /// Number of instances of the new version while both stand [default: 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) instances: Option<u32>,
    /// Take the nearest share where the wanted one cannot be reached
    #[arg(long)]
    pub(crate) nearest: bool,
    /// Go on although nothing says whether instances of the new version serve
    #[arg(long)]
    pub(crate) no_health_check_ok: bool,
    /// Show what would be done, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Start only what this plan says: the JSON of `zdd plan` or --dry-run, made from what ran then
    #[arg(long, value_name = "PLAN")]
    pub(crate) plan: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) amend: AmendArgs,
    #[command(flatten)]
    pub(crate) steps: StepArgs,
    #[command(flatten)]
    pub(crate) pace: PaceArgs,
    #[command(flatten)]
    pub(crate) observe: ObserveArgs,
    #[command(flatten)]
    pub(crate) hooks: HookArgs,
    #[command(flatten)]
    pub(crate) check: CheckHookArgs,
    #[command(flatten)]
    pub(crate) connect: ConnectArgs,
    #[command(flatten)]
    pub(crate) balancer: HaproxyArgs,
}

impl StartArgs {
    /// The share of the new version to begin with, where it is said.
    pub(crate) fn share(&self) -> Option<Percent> {
        self.weight.or_else(|| self.steps.first_share())
    }

    /// The first option that was given and nothing comes of: no share is kept, so that nothing is watched.
    pub(crate) fn idle(&self) -> Option<&'static str> {
        let check = self.check.check_hook.as_ref().map(|_| "--check-hook");
        self.steps.about_watching().or(check).filter(|_| !self.steps.is_kept())
    }
}

/// That a canary goes on to its next step.
#[derive(Args, Debug)]
pub(crate) struct ApproveArgs {
    #[command(flatten)]
    pub(crate) end: EndArgs,
    #[command(flatten)]
    pub(crate) check: CheckHookArgs,
}

/// The end of a canary.
#[derive(Args, Debug)]
pub(crate) struct EndArgs {
    /// Its deployment group; needed where there are several
    #[arg(value_name = "GROUP")]
    pub(crate) group: Option<Group>,
    #[command(flatten)]
    pub(crate) pace: PaceArgs,
    #[command(flatten)]
    pub(crate) observe: ObserveArgs,
    #[command(flatten)]
    pub(crate) hooks: HookArgs,
    #[command(flatten)]
    pub(crate) connect: ConnectArgs,
    #[command(flatten)]
    pub(crate) balancer: HaproxyArgs,
}

/// Keep the shares of a canary exact while instances come and go, until Ctrl-C
///
/// Without it, an instance that is replaced gets next to nothing until weights are set again.
#[derive(Args, Debug)]
pub(crate) struct HoldArgs {
    /// Its deployment group; needed where there are several
    #[arg(value_name = "GROUP")]
    pub(crate) group: Option<Group>,
    #[command(flatten)]
    pub(crate) pace: PaceArgs,
    #[command(flatten)]
    pub(crate) observe: ObserveArgs,
    #[command(flatten)]
    pub(crate) connect: ConnectArgs,
    #[command(flatten)]
    pub(crate) balancer: HaproxyArgs,
}

/// Say where canaries are, and what they wait for
#[derive(Args, Debug)]
pub(crate) struct ShowArgs {
    /// A deployment group; without it, all that have a canary
    #[arg(value_name = "GROUP")]
    pub(crate) group: Option<Group>,
    #[command(flatten)]
    pub(crate) connect: ConnectArgs,
    #[command(flatten)]
    pub(crate) balancer: HaproxyArgs,
    /// How to print it
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: Output,
}

/// How patient a rollout is, and how it is shown.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Carrying out")]
pub(crate) struct PaceArgs {
    /// How long one and the same thing may be waited for
    #[arg(long, value_name = "TIME", default_value = "5m")]
    pub(crate) timeout: Span,
    #[command(flatten)]
    pub(crate) drain: DrainArgs,
    /// How to print what happens: `json` is one object a line
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: Output,
}

/// A share in thousandths of a percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Percent(u32);

impl Percent {
    const ALL: u32 = 100_000;
    pub(super) const ONE: Self = Self(1_000);

    /// As a part of the whole.
    pub(crate) const fn part(self) -> Part {
        Part::of_millionths(self.0 * 10)
    }

    /// The split with this share for the new version.
    pub(crate) const fn split(self) -> Split {
        Split { old: Self::ALL - self.0, new: self.0 }
    }
}

impl FromStr for Percent {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WRONG: &str = "not a percentage from 0 to 100 with at most three decimals";
        let number = text.trim_end_matches('%').trim_end();
        let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
        let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || decimals.len() > 3 || !are_digits(whole) || !are_digits(decimals) {
            return Err(WRONG);
        }
        let thousandths = format!("{whole}{decimals:0<3}").parse().map_err(|_| WRONG)?;
        if thousandths > Self::ALL { Err(WRONG) } else { Ok(Self(thousandths)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_have_up_to_three_decimals() {
        let percent = |text: &str| text.parse().ok().map(|Percent(it)| it);
        assert_eq!(percent("20"), Some(20_000));
        assert_eq!(percent("20%"), Some(20_000));
        assert_eq!(percent("0.5"), Some(500));
        assert_eq!(percent("33.333 %"), Some(33_333));
        assert_eq!(percent("100"), Some(100_000));
        for wrong in ["", "-1", "100.001", "1e1", "0.1234", ".5", "+5", "NaN", "5 0"] {
            assert_eq!(percent(wrong), None, "{wrong}");
        }
    }
}
