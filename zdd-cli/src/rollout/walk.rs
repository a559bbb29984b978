//! Carries a rollout out step by step, until it is at its end.

use std::time::Duration;

use tokio::time::sleep;
use zdd_core::app::App;
use zdd_core::drive::Claim;
use zdd_core::ports::{Marathon, MarathonError};
use zdd_core::rollout::record::{Phase, Record};
use zdd_core::rollout::{Course, Observation, Pause, Step, Then};
use zdd_core::units::AppId;

use super::away::Away;
use super::carry::{Carried, Means, carry_out};
use super::end::heading;
use super::error::{CanaryError, Share};
use super::hooked::{Failed, call};
use crate::args::{CheckHookArgs, HookArgs};
use crate::clock::now;
use crate::error::CliError;
use crate::follow::{Console, Operator};
use crate::hooks::{Event, Occasion};
use crate::text::{Time, plural};

/// How a rollout ended that was carried out step by step.
pub(super) enum Walked {
    /// Everything is as it should be, as was seen last.
    Reached(Box<Observation>),
    /// A limit was passed, and everything is as it was before.
    TakenBack {
        /// Which.
        what: String,
    },
    /// Somebody else goes on with it, as was waited for.
    HandedOver,
    /// Ctrl-C.
    Interrupted,
}

/// Carries out what a claim's record says, and what comes after it.
pub(super) async fn walk(
    claim: &mut Claim<'_>,
    means: Means<'_>,
    operator: &mut dyn Operator,
    console: &mut Console<'_>,
) -> Result<Walked, CliError> {
    let walked = walk_on(claim, means, operator, console).await;
    means.watchers.walked(&walked);
    walked
}

/// Each step is written down before it is begun, so that anybody can go on from there.
async fn walk_on(
    claim: &mut Claim<'_>,
    means: Means<'_>,
    operator: &mut dyn Operator,
    console: &mut Console<'_>,
) -> Result<Walked, CliError> {
    let mut taken_back = None;
    loop {
        let (next, why) = match watched(claim, means, operator, console).await {
            Ok(Carried::Reached(seen)) => match (claim.record.onward(now()), taken_back.take()) {
                (Some(next), _) => (next, None),
                (None, Some(what)) => return Ok(Walked::TakenBack { what }),
                (None, None) => return Ok(Walked::Reached(seen)),
            },
            Err(CliError::Canary(CanaryError::LimitPassed { group, what })) => {
                match claim.record.after_failure() {
                    Some(next) => (next, Some(what)),
                    None => return Err(CanaryError::LimitPassed { group, what }.into()),
                }
            }
            // That is what it waited for.
            Err(CliError::Canary(CanaryError::Lost { .. })) if claim.record.awaits_approval() => {
                return Ok(Walked::HandedOver);
            }
            Ok(Carried::Interrupted) => return Ok(Walked::Interrupted),
            Err(error) => return Err(error),
        };
        match &why {
            Some(what) => console.tell(&format!("{what}: rolling back"))?,
            None => {
                if let Some(text) = words(&next) {
                    console.tell(&text)?;
                }
            }
        }
        taken_back = why;
        let patience = means.pace.timeout.time();
        if !is_turned(claim, &next, patience, operator, console).await? {
            return Ok(Walked::Interrupted);
        }
    }
}

/// Writes the next step down, whenever Marathon answers: what was decided, that a limit was passed above all,
/// is not dropped because it does not just then. Whether it is written; it may not be where Ctrl-C came first.
async fn is_turned(
    claim: &mut Claim<'_>,
    next: &Record,
    patience: Duration,
    operator: &mut dyn Operator,
    console: &mut Console<'_>,
) -> Result<bool, CliError> {
    let mut away = Away::for_at_most(patience);
    let turn = async || Ok(claim.turn_to(next.clone()).await?);
    let mut say = |line: &str| console.tell(line);
    tokio::select! {
        biased;
        turned = away.outlast(turn, &mut say) => turned.map(|()| true),
        () = operator.interrupted() => Ok(false),
    }
}

/// Carries out one record; while the new version is watched, the operator's own check is asked as well.
async fn watched(
    claim: &mut Claim<'_>,
    means: Means<'_>,
    operator: &mut dyn Operator,
    console: &mut Console<'_>,
) -> Result<Carried, CliError> {
    let check = means.check.filter(|it| it.check_hook.is_some() && claim.record.is_watched());
    let Some((hooks, check)) = means.hooks.zip(check) else {
        return Box::pin(carry_out(claim, means, operator, console)).await;
    };
    let record = claim.record.clone();
    tokio::select! {
        carried = Box::pin(carry_out(claim, means, operator, console)) => carried,
        what = refused(&record, (hooks, check), means) => {
            let group = record.group.clone();
            let no = |what| CanaryError::LimitPassed { group, what }.into();
            let error = what.map_or_else(|error| error, no);
            means.watchers.ended(None, Some(&error));
            Err(error)
        }
    }
}

/// Asks until the answer is no, and says what it was.
async fn refused(
    record: &Record,
    (hooks, check): (&HookArgs, &CheckHookArgs),
    Means { marathon, pace, .. }: Means<'_>,
) -> Result<String, CliError> {
    let Some(path) = &check.check_hook else { return std::future::pending().await };
    let mut away = Away::for_at_most(pace.timeout.time());
    loop {
        let (old, new) = apps(record, &mut away, marathon).await?;
        let (old, new) = (old.as_ref(), new.as_ref());
        let occasion = Occasion { event: Event::Check, old, tasks: &[], new };
        // It is asked so often that only a no is worth a line.
        if let Err(Failed { outcome, last }) = call(path, hooks, &occasion, &mut |_| Ok(())).await?
        {
            let last = last.map(|it| format!("; it said: {it}")).unwrap_or_default();
            return Ok(format!("{} (check): {outcome}{last}", path.display()));
        }
        sleep(check.check_every.time()).await;
    }
}

/// Both apps, whenever Marathon answers. Whoever carries the rollout out meanwhile waits for it as well, and
/// says so.
async fn apps(
    record: &Record,
    away: &mut Away,
    marathon: &dyn Marathon,
) -> Result<(Option<App>, Option<App>), CliError> {
    let look = async || {
        let old = match &record.old {
            Some(old) => app(old, marathon).await?,
            None => None,
        };
        Ok((old, app(&record.new, marathon).await?))
    };
    away.outlast(look, &mut |_| Ok(())).await
}

/// An app, if it is there.
pub(super) async fn app(id: &AppId, marathon: &dyn Marathon) -> Result<Option<App>, CliError> {
    match marathon.app(id).await {
        Ok(status) => Ok(Some(status.app)),
        Err(MarathonError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// What a step is, for people; nothing where another word says it.
fn words(record: &Record) -> Option<String> {
    let course = record.course.as_ref()?;
    if record.phase != Phase::Canary {
        return Some(heading(record));
    }
    let Step { instances, pause, .. } = course.step()?;
    let share = Share(record.share()?);
    let (nth, all) = (course.at + 1, course.steps.len());
    match (course.reached, pause) {
        (None, _) => {
            let instances = plural(*instances, "instance");
            Some(format!("step {nth} of {all}: {share} to the new version, with {instances}"))
        }
        (Some(_), Some(Pause::For(time))) => {
            Some(format!("step {nth} of {all}: {share} reached, kept for {}", Time(*time)))
        }
        (Some(_), _) => Some(format!("step {nth} of {all}: {share} reached")),
    }
}

/// All steps in one line, for people.
pub(super) fn in_short(course: &Course) -> String {
    let steps = course.steps.iter().map(|step| {
        let all = f64::from(step.split.old) + f64::from(step.split.new);
        let share = Share(f64::from(step.split.new) / all);
        let pause = match step.pause {
            None => String::new(),
            Some(Pause::For(time)) => format!(" for {}", Time(time)),
            Some(Pause::Approval) => " until it is approved".into(),
        };
        format!("{share} with {}{pause}", plural(step.instances, "instance"))
    });
    let mut texts: Vec<String> = steps.collect();
    texts.push(match course.then {
        Then::Promote => "then promoted".into(),
        Then::Stay => "then both stay".into(),
    });
    texts.join(", ")
}

#[cfg(test)]
mod tests;
