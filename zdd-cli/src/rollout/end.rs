//! Promotes a canary, or rolls it back.

use zdd_core::drive::{Claim, find, find_all, refuse_held};
use zdd_core::ports::{LoadBalancer, Marathon};
use zdd_core::rollout::record::{Found, Phase, Record};

use super::around::{look_around, unrecorded};
use super::carry::Means;
use super::claim::me;
use super::close::close;
use super::error::CanaryError;
use super::walk::{app, walk};
use super::watchers::Watchers;
use crate::args::{CheckHookArgs, EndArgs, Group};
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
    let found = one(marathon, args.group.as_ref()).await?;
    let (pace, hooks) = (&args.pace, Some(&args.hooks));
    let means = Means { marathon, balancer, pace, watchers, hooks, check: None };
    match to {
        Turn::To(phase) => turn(&found, phase, means, operator, console).await,
        Turn::Approve(check) => {
            let means = Means { check: Some(check), ..means };
            let record = approved(&found.record)?;
            refuse_held(Some(&found), means.pace.drain.take_over, now())?;
            look_around(&record, marathon, console).await?;
            carry(&found, record, means, operator, console).await
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
    refuse_held(Some(found), means.pace.drain.take_over, now())?;
    look_around(&found.record, means.marathon, console).await?;
    let record = turned(&found.record, phase, means.marathon).await?;
    carry(found, record, means, operator, console).await
}

async fn carry(
    found: &Found,
    record: Record,
    means: Means<'_>,
    operator: &mut dyn Operator,
    console: &mut Console<'_>,
) -> Result<ExitCode, CliError> {
    console.tell(&heading(&record))?;
    let definition = found.definition.clone();
    let holder = me(now(), false);
    let mut claim = Claim::take(means.marathon, Some(found), record, definition, holder).await?;
    let walked = walk(&mut claim, means, operator, console).await;
    close(claim, means, walked, operator, console).await
}

/// The canary that is meant.
pub(super) async fn one(marathon: &dyn Marathon, group: Option<&Group>) -> Result<Found, CliError> {
    if let Some(group) = group {
        let group = group.as_str();
        if let Some(found) = find(marathon, group).await? {
            return Ok(found);
        }
        let several = unrecorded(group, marathon).await?.map(CanaryError::from);
        return Err(several.unwrap_or_else(|| CanaryError::NoneOf(group.into())).into());
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

/// The record with another way to go. Where there is no such way, that is said before anything is taken
/// hold of: nobody could finish a record that goes back to an app that is gone.
///
/// # Errors
///
/// When it cannot go that way.
pub(super) async fn turned(
    record: &Record,
    phase: Phase,
    marathon: &dyn Marathon,
) -> Result<Record, CliError> {
    let group = record.group.clone();
    // One that is promoted already does without the old one.
    let needs_old = match phase {
        Phase::Canary => false,
        Phase::Promote => record.phase != Phase::Promote,
        Phase::Rollback => true,
    };
    if let (true, Some(old)) = (needs_old, &record.old)
        && app(old, marathon).await?.is_none()
    {
        if phase == Phase::Promote {
            return Ok(record.forward_alone());
        }
        let is_promoted = record.phase == Phase::Promote;
        return Err(CanaryError::NoWayBack { group, old: old.clone(), is_promoted }.into());
    }
    let turned = record.turned(phase);
    Ok(turned.ok_or(CanaryError::OnItsWay { group, is_forward: false })?)
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

#[cfg(test)]
mod tests {
    use super::super::claim::tests::memory::Memory;
    use super::*;
    use zdd_core::app::App;
    use zdd_core::testing::record;

    #[tokio::test]
    async fn nothing_goes_back_to_an_app_that_is_gone() {
        let there = App::parse(r#"{"id": "/shop-blue", "instances": 3}"#).unwrap();
        let with_old = Memory::new(1).with(there);
        let without = Memory::new(1);
        let [forward, back] =
            [Phase::Promote, Phase::Rollback].map(|it| record().turned(it).unwrap());
        for (record, hint) in [
            (&forward, "finish what was begun with `zdd resume shop`"),
            (&back, "`zdd canary promote shop` goes on with the new version alone"),
            (&record(), "`zdd canary promote shop` goes on with the new version alone"),
        ] {
            assert_eq!(
                turned(record, Phase::Rollback, &with_old).await.unwrap().phase,
                Phase::Rollback
            );
            let error = turned(record, Phase::Rollback, &without).await.unwrap_err();
            assert_eq!(error.to_string(), "/shop-blue is gone: there is nothing to go back to");
            assert_eq!(
                (error.exit(), error.hint()),
                (ExitCode::InvalidCombination, Some(hint.into()))
            );
            // And what the hint says can be done.
            assert_eq!(
                turned(record, Phase::Promote, &without).await.unwrap().phase,
                Phase::Promote
            );
        }
        let error = turned(&back, Phase::Promote, &with_old).await.unwrap_err();
        assert_eq!(error.to_string(), "shop is on its way back to the old version");
    }
}
