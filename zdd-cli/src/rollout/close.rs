//! How a rollout ends that was carried out, whichever verb began it.

use std::time::Duration;

use tokio::time::sleep;
use zdd_core::app::App;
use zdd_core::drive::{Claim, find};
use zdd_core::ports::Marathon;
use zdd_core::rollout::record::{Phase, Record};
use zdd_core::rollout::{Observation, labels};
use zdd_core::units::Timestamp;

use super::carry::Means;
use super::error::CanaryError;
use super::hints::{goes_on, in_its_place, on_in_its_place, stays};
use super::hooked::{Failed, call};
use super::lines::Teller;
use super::status;
use super::walk::{Walked, app};
use crate::clock::now;
use crate::error::CliError;
use crate::exit::ExitCode;
use crate::follow::{Console, Operator};
use crate::history::keep;
use crate::hooks::{Event, Occasion};
use crate::text::plural;

/// How long Marathon may take to note down that a rollout is left, before that is said: whoever pressed
/// Ctrl-C wants to know that it was heard.
const SLOW_AFTER: Duration = Duration::from_secs(1);

/// Says how it ended, and leaves the record as whoever comes next has to find it.
pub(super) async fn close(
    claim: Claim<'_>,
    means: Means<'_>,
    walked: Result<Walked, CliError>,
    operator: &mut dyn Operator,
    console: &mut Console<'_>,
) -> Result<ExitCode, CliError> {
    match walked {
        Ok(Walked::Reached(seen)) => match claim.record.phase {
            Phase::Canary => stand(claim, &seen, console).await,
            Phase::Promote => promoted(claim, means, &seen, operator, console).await,
            Phase::Rollback => {
                let text = done(&claim.record);
                forget(claim, console).await?;
                console.say(&text)?;
                Ok(ExitCode::Done)
            }
        },
        Ok(Walked::TakenBack { what }) => {
            let (text, group) = (done(&claim.record), claim.record.group.clone());
            forget(claim, console).await?;
            console.say(&text)?;
            Err(CanaryError::TakenBack { group, what }.into())
        }
        Ok(Walked::HandedOver) => handed_over(&claim.record, means.marathon, console).await,
        Ok(Walked::Interrupted) => {
            let text = match claim.record.phase {
                Phase::Canary | Phase::Promote => stays(&claim.record.group),
                // It cannot be turned round any more.
                Phase::Rollback => goes_on(&claim.record.group),
            };
            if let Some(error) = release(claim, console).await? {
                return Err(error);
            }
            console.tell(&format!("interrupted; {text}"))?;
            Ok(ExitCode::Left)
        }
        Err(error) => {
            leave(claim, &error, console).await?;
            Err(error)
        }
    }
}

/// Both versions stand beside each other.
async fn stand(
    mut claim: Claim<'_>,
    seen: &Observation,
    console: &mut Console<'_>,
) -> Result<ExitCode, CliError> {
    claim.record.hold = claim.record.traffic;
    let record = claim.record.clone();
    if let Some(error) = release(claim, console).await? {
        return Err(error);
    }
    status::say(&record, seen, console)?;
    Ok(ExitCode::Done)
}

/// Says what somebody else made of a rollout that waited for a word.
async fn handed_over(
    record: &Record,
    marathon: &dyn Marathon,
    console: &mut Console<'_>,
) -> Result<ExitCode, CliError> {
    let Record { group, new, since, .. } = record;
    let found = find(marathon, group).await?.map(|it| it.record);
    let (code, text) = match found.filter(|it| (&it.new, it.since) == (new, *since)) {
        Some(it) if it.phase == Phase::Rollback => {
            (ExitCode::RolledBack, format!("not approved: somebody else rolls {group} back"))
        }
        Some(it) if it.course == record.course && it.phase == record.phase => {
            (ExitCode::Done, format!("somebody else holds {group} as it is"))
        }
        Some(_) => (ExitCode::Done, format!("approved: somebody else goes on with {group}")),
        // It is over.
        None if app(new, marathon).await?.is_some_and(|it| began_at(&it) == Some(*since)) => {
            (ExitCode::Done, format!("approved: somebody else has promoted {new}"))
        }
        None => (ExitCode::RolledBack, format!("not approved: somebody else rolled {group} back")),
    };
    console.say(&text)?;
    Ok(code)
}

/// When the rollout of an app began.
fn began_at(app: &App) -> Option<Timestamp> {
    app.labels().get(labels::STARTED_AT)?.parse().ok()
}

/// One version has taken over. The record goes last: whoever finds it does the rest of this once more.
async fn promoted(
    claim: Claim<'_>,
    means: Means<'_>,
    seen: &Observation,
    operator: &mut dyn Operator,
    console: &mut Console<'_>,
) -> Result<ExitCode, CliError> {
    let text = done(&claim.record);
    if let Some(made) = &claim.definition {
        let by = (claim.who().to_owned(), now());
        // What was asked for is done, with a history or without.
        if let Err(error) = keep(&claim.record, what_runs(made, seen), by, means.marathon).await {
            console.tell(&format!("warning: the history could not be written: {error}"))?;
        }
    }
    let told = tell(means, seen, operator, console).await;
    forget(claim, console).await?;
    console.say(&text)?;
    told.map(|()| ExitCode::Done)
}

/// The app as it was made; or as it is, where somebody pushed another definition and it was gone on with.
fn what_runs<'a>(made: &'a App, seen: &'a Observation) -> &'a App {
    let runs = seen.new.as_ref().map(|it| &it.app);
    runs.filter(|runs| runs.is_upgrade_of(made)).unwrap_or(made)
}

/// Tells the operator's hook that a version has taken over.
async fn tell(
    means: Means<'_>,
    seen: &Observation,
    operator: &mut dyn Operator,
    console: &mut Console<'_>,
) -> Result<(), CliError> {
    let hook = means.hooks.and_then(|args| Some((args, args.after_promote_hook.as_deref()?)));
    let Some((args, path)) = hook else { return Ok(()) };
    let [old, new] = [&seen.old, &seen.new].map(|side| side.as_ref().map(|it| &it.app));
    let occasion = Occasion { event: Event::AfterPromote, old, tasks: &[], new };
    let mut teller = Teller::new(console);
    let mut say = |line: &str| teller.hook(line);
    let called = tokio::select! {
        biased;
        called = call(path, args, &occasion, &mut say) => called?,
        () = operator.interrupted() => {
            let why = "interrupted, and the hook was killed".into();
            return Err(CanaryError::Unheard { hook: path.into(), why, last: None }.into());
        }
    };
    called.map_err(|Failed { outcome, last }| {
        let why = outcome.to_string();
        CanaryError::Unheard { hook: path.into(), why, last }.into()
    })
}

/// Leaves a rollout to others after an error, unless they have it already.
pub(super) async fn leave(
    claim: Claim<'_>,
    error: &CliError,
    console: &mut Console<'_>,
) -> Result<(), CliError> {
    if is_lost(error) {
        return Ok(());
    }
    // The first error is the one that counts; whatever is wrong with this was said.
    release(claim, console).await.map(drop)
}

/// Leaves a rollout to others. Where that could not be written, whoever comes next has to take it from
/// somebody who is gone: that is said, and the reason is the answer.
pub(super) async fn release(
    claim: Claim<'_>,
    console: &mut Console<'_>,
) -> Result<Option<CliError>, CliError> {
    let (group, who) = (claim.record.group.clone(), claim.who().to_owned());
    let is_way_back = claim.record.phase == Phase::Rollback;
    let released = claim.release();
    tokio::pin!(released);
    let released = tokio::select! {
        biased;
        released = &mut released => released,
        () = sleep(SLOW_AFTER) => {
            console.tell(&format!(
                "waiting for Marathon to note down that nobody works on {group} any more; Ctrl-C ends at \
                 once, and it takes `zdd resume {group} --take-over` to go on then"
            ))?;
            released.await
        }
    };
    let Err(error) = released else { return Ok(None) };
    let error = CliError::from(error);
    if !is_lost(&error) {
        warn_of_hold(&group, &who, &error, console)?;
        let hint = if is_way_back { on_in_its_place(&group) } else { in_its_place(&group) };
        console.tell(&format!("hint: {hint}"))?;
    }
    Ok(Some(error))
}

/// Removes the record of what is done, or left to labels alone. Where it stays, whoever comes next has to
/// take it from somebody who is gone: that is said.
pub(super) async fn forget(claim: Claim<'_>, console: &mut Console<'_>) -> Result<(), CliError> {
    let (group, who) = (claim.record.group.clone(), claim.who().to_owned());
    let Err(error) = claim.forget().await else { return Ok(()) };
    let error = CliError::from(error);
    if !is_lost(&error) {
        warn_of_hold(&group, &who, &error, console)?;
        console.tell(&format!("hint: {}", on_in_its_place(&group)))?;
    }
    Err(error)
}

fn warn_of_hold(
    group: &str,
    who: &str,
    error: &CliError,
    console: &mut Console<'_>,
) -> Result<(), CliError> {
    console.tell(&format!("warning: {group} is still held by {who}, which ends now: {error}"))
}

const fn is_lost(error: &CliError) -> bool {
    matches!(error, CliError::Canary(CanaryError::Lost { .. }))
}

fn done(record: &Record) -> String {
    let Record { old, new, full, before, .. } = record;
    let instances = plural(*full, "instance");
    match (record.phase, old) {
        (Phase::Rollback, Some(old)) => {
            format!("rolled back: {old} has {before} instances and all of the traffic")
        }
        (Phase::Rollback, None) => format!("rolled back: {new} is gone"),
        (_, None) => format!("{new} serves with {instances}: it is the first of its group"),
        (_, Some(old)) if record.share().is_none() => {
            format!("{new} serves with {instances}; {old} is gone")
        }
        _ => format!("promoted: {new} has {full} instances and all of the traffic"),
    }
}

#[cfg(test)]
mod tests;
