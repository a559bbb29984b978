//! What can be wrong with a canary.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use zdd_core::ports::BalancerError;
use zdd_core::rollout::NoRoom;
use zdd_core::rollout::record::{Holder, RecordError};
use zdd_core::rollout::{ReleaseError, Side, StrangerError, WaitingOn};
use zdd_core::units::{AppId, Timestamp};
use zdd_core::weights::{Unreachable, WeightsError};
use zdd_haproxy::socket::AddressError;

use super::around::listed;
use super::hints::{either_way, goes_on, in_its_place, stays, vanished};
use crate::blueprint::BlueprintError;
use crate::error::CliError;
use crate::exit::ExitCode;
use crate::hooks::{Event, Outcome, Unusable};
use crate::input::Source;
use crate::text::{Time, plural};

/// Why a canary goes no further.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CanaryError {
    #[error("no HAProxy given")]
    NoBalancer,
    #[error("{0} belongs to rolling upgrades; this app is deployed blue/green")]
    OnlyRolling(&'static str),
    #[error("{0} belongs to blue/green deployments; this one is rolling")]
    OnlyBlueGreen(&'static str),
    #[error("`{0}` is no address for metrics")]
    MetricsAddress(String),
    #[error("metrics cannot be served at {address}: {error}")]
    Metrics { address: std::net::SocketAddr, error: std::io::Error },
    #[error("the address for notices cannot be used: {0}")]
    NotifyUrl(&'static str),
    #[error("{option} belongs to rolling upgrades; {group} is rolled out beside what runs")]
    NotOfRollouts { option: &'static str, group: String },
    #[error("{app} is deployed blue/green: its definition is not needed to go on")]
    OfAGroup { app: AppId, group: String },
    #[error("{app} is of the deployment group {found}, not {group}")]
    OtherGroup { app: AppId, group: String, found: String },
    #[error("{0} is about what is watched while a share is kept, and none is kept")]
    NothingKept(&'static str),
    #[error("--check-hook is about a canary that is watched, and nothing is watched here")]
    NothingWatched,
    #[error("{0} is told when a version has taken over, and none does on the way back")]
    NothingPromoted(&'static str),
    #[error("a canary is no --strategy: --weight and a blueprint ask for one")]
    NoStrategy,
    #[error("{} and {}", plural(*.balancers, "admin socket"), plural(*.given, "master socket"))]
    Masters { given: u32, balancers: u32 },
    #[error("{0}")]
    Address(AddressError),
    #[error("the address of marathon-lb: {0}")]
    Url(String),
    #[error("{0}")]
    MarathonLb(zdd_haproxy::marathon_lb::BuildError),
    #[error("{source_name}: {error}")]
    Blueprint { source_name: Source, error: BlueprintError },
    #[error("{0} is no app definition: a canary is of one app")]
    NotOneApp(Source),
    #[error("no share given")]
    NoWeight,
    #[error("{0} says the weights: --weight contradicts it")]
    TwoWeights(Source),
    #[error("{0}")]
    Release(#[from] ReleaseError),
    #[error("{app} would be one more app of the deployment group {group}, beside {}", listed(.apps))]
    OneMore { app: AppId, group: String, apps: Vec<AppId>, goes_on: bool },
    #[error("no deployment of {target} goes on, and no rollout: {several}")]
    Unrecorded { target: String, several: ReleaseError },
    #[error("{group} has apps that are no part of the rollout that goes on: {}", listed(.apps))]
    Others { group: String, apps: Vec<AppId> },
    #[error("{0}")]
    Stranger(#[from] StrangerError),
    #[error("{0}")]
    NotCreated(StrangerError),
    #[error("{0}")]
    Record(#[from] RecordError),
    #[error("{0}")]
    Weights(#[from] WeightsError),
    #[error("{}", unreachable(*.wanted, *.instances, .found))]
    Unreachable { wanted: f64, instances: [u32; 2], found: Unreachable },
    #[error("with {} for the {side} version, {have} would serve where {need} have to", Share(1.0))]
    TooFew { side: Side, have: u32, need: u32 },
    #[error("the backend chooses servers by `{0}`, which does not heed weights exactly")]
    Balance(String),
    #[error("{group} is held by {}{}", .holder.who, Age(&.holder.since, .now))]
    Held { group: String, holder: Holder, now: Timestamp },
    #[error("{error}; {group} may still be held by {who}, which ends now")]
    Left { group: String, who: String, error: Box<CliError> },
    #[error("somebody else has taken {group} over")]
    Lost { group: String },
    #[error("{group} is not as it was a moment ago: somebody else was faster")]
    Stale { group: String },
    #[error("{group} is a canary of another version, {app}")]
    Another { group: String, app: AppId },
    #[error("{group} is on its way to another version, {app}")]
    AnotherOnItsWay { group: String, app: AppId, is_old_gone: bool },
    #[error("{old} is gone: there is nothing to go back to")]
    NoWayBack { group: String, old: AppId, is_promoted: bool },
    #[error("{group} was made for {most} new instances at most, and a step wants {wanted}")]
    TooMany { group: String, most: u32, wanted: u32 },
    #[error("{group} has a canary, {app}")]
    HasCanary { group: String, app: AppId },
    #[error("{group} is on its way {}", way(*.is_forward))]
    OnItsWay { group: String, is_forward: bool },
    #[error("{0}")]
    Missing(zdd_core::rollout::zdd_py::Missing),
    #[error("{0} has not two apps: there is nothing to complete")]
    NothingToComplete(String),
    #[error("{0} has two apps: a deployment is in progress")]
    TwoApps(String),
    #[error("{0} has 0 instances: it is suspended, and nothing would run in the end")]
    Suspended(AppId),
    #[error("declined; everything stays as it is")]
    Declined,
    #[error("nobody is there to answer")]
    NobodyAnswers,
    #[error("{0}")]
    NoHook(#[from] Unusable),
    #[error("the hook says no: {said}")]
    Hook { said: String, flag: &'static str },
    #[error("{} ({event}): {outcome}{}", .hook.display(), Last(.last.as_deref()))]
    Refused {
        group: String,
        is_way_back: bool,
        hook: PathBuf,
        event: Event,
        outcome: Outcome,
        last: Option<String>,
    },
    #[error("promoted, but {} (after-promote): {why}{}", .hook.display(), Last(.last.as_deref()))]
    Unheard { hook: PathBuf, why: String, last: Option<String> },
    #[error("{what}")]
    LimitPassed { group: String, what: String },
    #[error("{group} was rolled back: {what}")]
    TakenBack { group: String, what: String },
    #[error("{0} waits for nobody's approval")]
    NothingToApprove(String),
    #[error("{room}")]
    NoRoom { room: NoRoom, app: AppId },
    #[error("no canary goes on")]
    None,
    #[error("no canary of {0} goes on")]
    NoneOf(String),
    #[error("several canaries go on: {}", .0.join(", "))]
    Several(Vec<String>),
    #[error("{waiting_on}, for {} already", Time(*.waited))]
    TimedOut {
        group: String,
        waiting_on: WaitingOn,
        waited: Duration,
        is_balancer: bool,
        is_way_back: bool,
    },
    #[error("{why}")]
    Stuck { why: String, hint: Option<String> },
    #[error("the {side} app is gone: somebody else removed it")]
    Vanished { side: Side, group: String },
    #[error("somebody else changed {app} or restarted it while it was rolled out")]
    Changed { group: String, app: AppId },
    #[error("{0}")]
    Balancer(BalancerError),
}

impl CanaryError {
    pub(crate) fn exit(&self) -> ExitCode {
        match self {
            Self::Left { error, .. } => error.exit(),
            Self::Refused { outcome: Outcome::TimedOut { .. }, .. } => ExitCode::Deadline,
            Self::Masters { .. }
            | Self::OnlyRolling(_)
            | Self::NothingKept(_)
            | Self::NothingWatched
            | Self::NothingPromoted(_)
            | Self::NoStrategy
            | Self::OtherGroup { .. }
            | Self::OnlyBlueGreen(_)
            | Self::NotOfRollouts { .. }
            | Self::OfAGroup { .. }
            | Self::TwoWeights(_)
            | Self::Another { .. }
            | Self::AnotherOnItsWay { .. }
            | Self::NoWayBack { .. }
            | Self::TooMany { .. }
            | Self::HasCanary { .. }
            | Self::OnItsWay { .. }
            | Self::None
            | Self::NoneOf(_)
            | Self::Several(_)
            | Self::NothingToComplete(_)
            | Self::NothingToApprove(_)
            | Self::OneMore { .. }
            | Self::Others { .. }
            | Self::Stranger(_)
            | Self::Release(ReleaseError::Hybrid { .. }) => ExitCode::InvalidCombination,
            Self::NotCreated(_) => ExitCode::Create,
            Self::Declined => ExitCode::Declined,
            Self::Missing(_)
            | Self::Release(
                ReleaseError::NoGroup(_)
                | ReleaseError::NoPort(_)
                | ReleaseError::NoAltPort { .. }
                | ReleaseError::NoHealthCheck(_),
            ) => ExitCode::MissingField,
            Self::NoBalancer
            | Self::MetricsAddress(_)
            | Self::Metrics { .. }
            | Self::NotifyUrl(_)
            | Self::TwoApps(_)
            | Self::Suspended(_)
            | Self::NobodyAnswers
            | Self::NoHook(_)
            | Self::Hook { .. }
            | Self::Refused { .. }
            | Self::Unheard { .. }
            | Self::Address(_)
            | Self::Url(_)
            | Self::MarathonLb(_)
            | Self::Blueprint { .. }
            | Self::NotOneApp(_)
            | Self::NoWeight
            | Self::Release(_)
            | Self::Record(_) => ExitCode::Usage,
            Self::NoRoom { .. }
            | Self::Weights(_)
            | Self::Unreachable { .. }
            | Self::TooFew { .. } => ExitCode::NotSatisfiable,
            Self::Balance(_)
            | Self::Balancer(_)
            | Self::Stuck { .. }
            | Self::TimedOut { is_balancer: true, .. } => ExitCode::LoadBalancer,
            Self::LimitPassed { .. } => ExitCode::Violated,
            Self::TakenBack { .. } => ExitCode::RolledBack,
            Self::Stale { .. } | Self::Changed { .. } => ExitCode::Stale,
            Self::Held { .. } | Self::Lost { .. } => ExitCode::Locked,
            Self::TimedOut { .. } => ExitCode::Deadline,
            Self::Vanished { .. } | Self::Unrecorded { .. } => ExitCode::Marathon,
        }
    }

    #[expect(clippy::too_many_lines, reason = "a table: one arm an error")]
    pub(crate) fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoBalancer => {
                "name its admin socket with --haproxy SOCKET or in ZDD_HAPROXY, or marathon-lb with \
                 --marathon-lb URL; `zdd lab up` says where the lab's are"
            }
            Self::OtherGroup { .. } => "old and new carry the same HAPROXY_DEPLOYMENT_GROUP",
            Self::NothingKept(_) => "say for how long, as in --pause 10m, or leave it out",
            Self::NoStrategy => "leave --strategy out, or --weight",
            Self::OnlyRolling(_) => "leave it out, or say --strategy rolling",
            Self::OnlyBlueGreen(_) => {
                "leave it out, or give the app the label HAPROXY_DEPLOYMENT_GROUP"
            }
            Self::MetricsAddress(_) | Self::Metrics { .. } => {
                "an address is such as 127.0.0.1:9100; port 0 is any that is free"
            }
            Self::NotifyUrl(_) => "an address is such as https://hooks.example/zdd",
            Self::NotOfRollouts { .. } | Self::NothingWatched | Self::NothingPromoted(_) => {
                "leave it out"
            }
            Self::OfAGroup { group, .. } => {
                return Some(format!(
                    "go on with `zdd resume {group}`, or begin with `zdd deploy FILE`"
                ));
            }
            Self::Masters { .. } => "give one --haproxy-master for each --haproxy, or none",
            Self::Url(_) => "an address is such as http://marathon-lb.example:9090",
            Self::MarathonLb(error) => return error.hint(),
            Self::Address(_) => "a socket is a path, as in /run/haproxy/admin.sock, or HOST:PORT",
            Self::Blueprint { .. } | Self::Missing(_) | Self::Declined => return None,
            Self::NotOneApp(_) => "give one app, not a group",
            Self::NoWeight => "say what the new version gets, as in --weight 20",
            Self::TwoWeights(_) => "leave --weight out, or change the blueprint",
            Self::Release(error) | Self::Unrecorded { several: error, .. } => {
                return error.hint().map(Into::into);
            }
            Self::OneMore { app, goes_on: false, .. } => {
                return Some(format!(
                    "leave --strategy rolling out: a release of {app} takes over from what runs then"
                ));
            }
            Self::OneMore { group, goes_on: true, .. } => {
                return Some(format!(
                    "end the rollout that goes on, with `zdd canary promote {group}` or `zdd abort \
                     {group}`; then deploy this one without --strategy rolling"
                ));
            }
            Self::Others { group, apps } => {
                return Some(format!(
                    "remove {}; or end the rollout first, with `zdd canary promote {group}` or `zdd abort \
                     {group}`",
                    listed(apps)
                ));
            }
            Self::Stranger(error) | Self::NotCreated(error) => return Some(error.hint()),
            Self::Record(_) => {
                "look at the apps below /zdd-rollouts; without them zdd knows of no rollout"
            }
            Self::Weights(_) => "give a side with a share an instance, too",
            Self::Unreachable { found, .. } => {
                return Some(format!(
                    "have {} old and {} new, or take the nearest with --nearest",
                    found.servers.first().copied().unwrap_or_default(),
                    found.servers.get(1).copied().unwrap_or_default(),
                ));
            }
            Self::TooFew { side: Side::New, need, .. } => {
                return Some(format!("give it {need} instances: --instances {need}"));
            }
            Self::TooFew { .. } => "give the new version a share, too",
            Self::Balance(_) => "set the label HAPROXY_0_BALANCE of the old app to roundrobin",
            Self::Held { group, .. } => {
                return Some(format!(
                    "wait until it has ended; if it is dead, {}",
                    in_its_place(group)
                ));
            }
            Self::Left { group, .. } => {
                return Some(format!("once Marathon answers, {}", in_its_place(group)));
            }
            Self::Stale { .. } => "look at what runs, and decide again",
            Self::Lost { .. } => "`zdd canary status` says who",
            Self::AnotherOnItsWay { group, is_old_gone: true, .. } => {
                return Some(format!(
                    "finish that with `zdd resume {group}`, then deploy this one"
                ));
            }
            Self::AnotherOnItsWay { group, is_old_gone: false, .. } => {
                return Some(format!(
                    "take that back with `zdd abort {group}`, or finish it with `zdd resume {group}`; \
                     then deploy this one"
                ));
            }
            Self::NoWayBack { group, is_promoted: true, .. } => {
                return Some(format!("finish what was begun with `zdd resume {group}`"));
            }
            Self::NoWayBack { group, is_promoted: false, .. } => {
                return Some(vanished(Side::Old, group));
            }
            Self::Another { group, .. }
            | Self::TooMany { group, .. }
            | Self::HasCanary { group, .. } => {
                return Some(format!(
                    "end that first: `zdd canary promote {group}`, or `zdd abort {group}`"
                ));
            }
            Self::OnItsWay { group, is_forward: true } => {
                return Some(format!(
                    "finish that with `zdd resume {group}`, or turn round with `zdd abort {group}`"
                ));
            }
            Self::OnItsWay { group, is_forward: false } => {
                return Some(format!("finish that with `zdd resume {group}`"));
            }
            Self::NothingToComplete(_) => {
                "deploy first, without --complete-cur and --complete-prev"
            }
            Self::TwoApps(_) => {
                "go on with --resume or --complete-cur, or go back with --complete-prev"
            }
            Self::Suspended(_) => "scale it to what is to run in the end, and deploy then",
            Self::NobodyAnswers => "--force asks nothing",
            Self::NoHook(_) => Unusable::hint(),
            Self::Hook { flag, .. } => {
                return Some(format!("everything stays as it is; {flag} goes on from here"));
            }
            // It cannot be turned round any more.
            Self::Refused { group, is_way_back: true, .. }
            | Self::TimedOut { group, is_way_back: true, .. } => return Some(goes_on(group)),
            Self::Refused { group, .. } | Self::LimitPassed { group, .. } => {
                return Some(stays(group));
            }
            Self::Unheard { .. } => {
                "the deployment is complete: tell by hand what the hook was for"
            }
            Self::TakenBack { .. } => "the old version has everything again; nothing is left to do",
            Self::NothingToApprove(group) => {
                return Some(format!("`zdd status {group}` says where it is"));
            }
            Self::NoRoom { app, .. } => {
                return Some(format!(
                    "let `maximumOverCapacity` of {app} allow one more, or leave --waves out"
                ));
            }
            Self::None | Self::NoneOf(_) => "start one: zdd canary start FILE --weight 20",
            Self::Several(_) => "name the deployment group",
            Self::TimedOut { group, waiting_on, .. } => {
                return Some(waiting_on.hint().unwrap_or_else(|| stays(group)));
            }
            Self::Stuck { hint, .. } => return hint.clone(),
            Self::Vanished { side, group } => return Some(vanished(*side, group)),
            Self::Changed { group, .. } => return Some(either_way(group)),
            Self::Balancer(error) => return error.hint().map(Into::into),
        };
        Some(hint.into())
    }
}

fn unreachable(wanted: f64, [old, new]: [u32; 2], found: &Unreachable) -> String {
    let nearest = found.nearest.get(1).copied().unwrap_or_default();
    format!(
        "{} for the new version cannot be reached with {} of the old and {new} of the new: {} is \
         nearest",
        Share(wanted),
        plural(old, "instance"),
        Share(nearest)
    )
}

const fn way(is_forward: bool) -> &'static str {
    if is_forward { "to the new version" } else { "back to the old version" }
}

/// A part of 1 in percent, with no more decimals than it takes to tell.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Share(pub(crate) f64);

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{:.3}", self.0 * 100.0);
        let text = text.trim_end_matches('0').trim_end_matches('.');
        f.pad(&format!("{text} %"))
    }
}

/// What was printed last, if something was.
struct Last<'a>(Option<&'a str>);

impl fmt::Display for Last<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |line| write!(f, "; it said last: {line}"))
    }
}

/// Since when, as a person would say it.
struct Age<'a>(&'a Timestamp, &'a Timestamp);

impl fmt::Display for Age<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let age = self.1.since(*self.0);
        write!(f, ", since {} ago", Time(Duration::from_secs(age.as_secs())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_too_long_on_the_way_back_is_not_to_be_taken_back() {
        let hint = |is_way_back| {
            let app: AppId = "/shop-blue".parse().unwrap();
            let waiting_on = WaitingOn::Health { app, have: 1, need: 3, last_failure: None };
            let waited = Duration::from_secs(9);
            let group = "shop".into();
            CanaryError::TimedOut { group, waiting_on, waited, is_balancer: false, is_way_back }
                .hint()
                .unwrap()
        };
        assert!(hint(false).contains("`zdd canary rollback` takes it back"), "{}", hint(false));
        assert!(hint(true).contains("`zdd resume shop` goes on"), "{}", hint(true));
    }
}
