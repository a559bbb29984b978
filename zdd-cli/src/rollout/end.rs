//! Promotes a canary, or rolls it back.

use zdd_core::ports::{LoadBalancer, Marathon};
use zdd_core::rollout::record::{Found, Phase, Record};

use super::carry::Means;
use super::claim::{Claim, find, find_all, me, refuse_held};
use super::close::close;
use super::error::CanaryError;
use super::walk::walk;
use super::watchers::Watchers;
use crate::args::{CheckHookArgs, EndArgs};
use crate::clock::now;
use crate::error::CliError;
use crate::exit::ExitCode;
use crate::follow::{Console, Operator};

/// What becomes of a canary.
#[derive(Clone, Copy)]
pub(super) enum Turn<'a> {
    /// It goes on to its next step, if that is waited for.
    Approve(&'a CheckHookArgs),
    To(Phase),
}

pub(super) async fn run(
    args: &EndArgs,
    to: Turn<'_>,
    marathon: &dyn Marathon,
    balancer: &dyn LoadBalancer,
    watchers: &Watchers,
    operator: &mut dyn Operator,
    console: &mut Console<'_>,
) -> Result<ExitCode, CliError> {
    let found = one(marathon, args.group.as_deref()).await?;
    let (pace, hooks) = (&args.pace, Some(&args.hooks));
    let means = Means { marathon, balancer, pace, watchers, hooks, check: None };
    match to {
        Turn::To(phase) => turn(&found, phase, means, operator, console).await,
        Turn::Approve(check) => {
            let means = Means { check: Some(check), ..means };
            carry(&found, approved(&found.record)?, means, operator, console).await
        }
    }
}

/// Carries a rollout out towards where it is to go.
pub(super) async fn turn(
    found: &Found,
    phase: Phase,
    means: Means<'_>,
    operator: &mut dyn Operator,
    console: &mut Console<'_>,
) -> Result<ExitCode, CliError> {
    carry(found, turned(&found.record, phase)?, means, operator, console).await
}

async fn carry(
    found: &Found,
    record: Record,
    means: Means<'_>,
    operator: &mut dyn Operator,
    console: &mut Console<'_>,
) -> Result<ExitCode, CliError> {
    refuse_held(Some(found), means.pace.drain.take_over, now())?;
    console.tell(&heading(&record))?;
    let definition = found.definition.clone();
    let holder = me(now(), record.awaits_approval());
    let mut claim = Claim::take(means.marathon, Some(found), record, definition, holder).await?;
    let walked = walk(&mut claim, means, operator, console).await;
    close(claim, means, walked, operator, console).await
}

/// The canary that is meant.
pub(super) async fn one(marathon: &dyn Marathon, group: Option<&str>) -> Result<Found, CliError> {
    if let Some(group) = group {
        let group = group.strip_prefix('/').unwrap_or(group);
        let found = find(marathon, group).await?;
        return Ok(found.ok_or_else(|| CanaryError::NoneOf(group.into()))?);
    }
    let mut all = find_all(marathon).await?.into_iter();
    match (all.next(), all.next()) {
        (None, _) => Err(CanaryError::None.into()),
        (Some(one), None) => Ok(one),
        (Some(one), Some(other)) => {
            let groups = [one, other].into_iter().chain(all).map(|it| it.record.group);
            Err(CanaryError::Several(groups.collect()).into())
        }
    }
}

/// The record with another way to go.
pub(super) fn turned(record: &Record, phase: Phase) -> Result<Record, CanaryError> {
    let group = || record.group.clone();
    record.turned(phase).ok_or_else(|| CanaryError::OnItsWay { group: group(), is_forward: false })
}

/// The record of a canary that waits for somebody's word, with that word.
fn approved(record: &Record) -> Result<Record, CanaryError> {
    if !record.awaits_approval() {
        return Err(CanaryError::NothingToApprove(record.group.clone()));
    }
    // After the last step both may be meant to stay.
    let stands = || Record { course: None, ..record.clone() };
    Ok(record.onward(now()).unwrap_or_else(stands))
}

pub(super) fn heading(record: &Record) -> String {
    let Record { group, old, new, .. } = record;
    match (record.phase, old) {
        (Phase::Canary, _) => format!("{group}: going on with the canary {new}"),
        (Phase::Rollback, Some(old)) => {
            format!("{group}: rolling {new} back; {old} gets everything")
        }
        (Phase::Rollback, None) => format!("{group}: taking {new} away, which was the first"),
        (_, Some(old)) => format!("{group}: promoting {new}; {old} goes"),
        (_, None) => format!("{group}: {new} is the first of its group"),
    }
}
