//! How a rollout ends that was carried out, whichever verb began it.

use zdd_core::rollout::Observation;
use zdd_core::rollout::record::{Phase, Record};

use super::carry::Means;
use super::claim::Claim;
use super::error::{CanaryError, goes_on, stays};
use super::hooked::{Failed, call};
use super::lines::Teller;
use super::status;
use super::walk::Walked;
use crate::clock::now;
use crate::error::CliError;
use crate::exit::ExitCode;
use crate::follow::{Console, Operator};
use crate::history::keep;
use crate::hooks::{Event, Occasion};
use crate::text::plural;

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
                claim.forget().await?;
                console.say(&text)?;
                Ok(ExitCode::Done)
            }
        },
        Ok(Walked::TakenBack { what }) => {
            let (text, group) = (done(&claim.record), claim.record.group.clone());
            claim.forget().await?;
            console.say(&text)?;
            Err(CanaryError::TakenBack { group, what }.into())
        }
        Ok(Walked::HandedOver) => {
            let group = &claim.record.group;
            console.say(&format!("approved: somebody else goes on with {group}"))?;
            Ok(ExitCode::Done)
        }
        Ok(Walked::Interrupted) => {
            let text = match claim.record.phase {
                Phase::Canary | Phase::Promote => stays(&claim.record.group),
                // It cannot be turned round any more.
                Phase::Rollback => goes_on(&claim.record.group),
            };
            claim.release().await?;
            console.tell(&format!("interrupted; {text}"))?;
            Ok(ExitCode::Left)
        }
        Err(error) => {
            leave(claim, &error).await?;
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
    claim.update().await?;
    let record = claim.record.clone();
    claim.release().await?;
    status::say(&record, seen, console)?;
    Ok(ExitCode::Done)
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
        if let Err(error) = keep(&claim.record, made, by, means.marathon).await {
            console.tell(&format!("warning: the history could not be written: {error}"))?;
        }
    }
    let told = tell(means, seen, operator, console).await;
    claim.forget().await?;
    console.say(&text)?;
    told.map(|()| ExitCode::Done)
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
pub(super) async fn leave(claim: Claim<'_>, error: &CliError) -> Result<(), CliError> {
    if matches!(error, CliError::Canary(CanaryError::Lost { .. })) {
        return Ok(());
    }
    // The first error is the one that counts.
    let _ = claim.release().await;
    Ok(())
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
