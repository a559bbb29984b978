//! The verb itself.

use std::path::PathBuf;

use zdd_core::capacity::MarathonVersion;
use zdd_core::guarantee::Guarantee;
use zdd_core::ports::{Marathon, MarathonError};
use zdd_core::standing::Standing;

use super::change::Change;
use super::lock::Patience;
use super::order::{Order, Present, stale};
use super::show;
use super::submit::{Submitted, failed, submit};
use crate::args::{Carrying, DeployArgs, FollowArgs};
use crate::error::{Call, CliError};
use crate::exit::ExitCode;
use crate::follow::{
    Asked, Console, Course, Follower, Journal, Operator, Recording, carry_on, close, on_failure,
};

pub(crate) async fn run(
    args: &DeployArgs,
    marathon: &dyn Marathon,
    operator: &mut dyn Operator,
    console: &mut Console<'_>,
) -> Result<ExitCode, CliError> {
    if args.dry_run {
        return preview(args, marathon, console).await;
    }
    carry_out(&args.file, &args.how, &args.follow, marathon, operator, console).await
}

/// Shows what would be done.
async fn preview(
    args: &DeployArgs,
    marathon: &dyn Marathon,
    console: &mut Console<'_>,
) -> Result<ExitCode, CliError> {
    let order = Order::read(&args.file)?;
    let version = release(&args.how, marathon).await?;
    let present = order.present(marathon).await?;
    expected(&args.how, &order, &present)?;
    let change = Change::of(&order, &present, &args.how, version)?;
    show::change(&change, &order, &present, console)?;
    if let Some(version) = present.app().and_then(|app| app.version())
        && !matches!(change, Change::Nothing)
    {
        let file = &order.source;
        console.note(&format!(
            "nothing was done; `zdd deploy {file} --expect-version {version}` does just this"
        ))?;
    }
    refuse(&change, &args.how, &order).map(|()| ExitCode::Done)
}

/// Deploys what `file` says. Doing it again is harmless: what is in place is not deployed anew, and a
/// deployment that is on its way there is followed.
pub(crate) async fn carry_out(
    file: &PathBuf,
    how: &Carrying,
    follow: &FollowArgs,
    marathon: &dyn Marathon,
    operator: &mut dyn Operator,
    console: &mut Console<'_>,
) -> Result<ExitCode, CliError> {
    let order = Order::read(file)?;
    on_failure(follow, operator)?;
    let version = release(how, marathon).await?;
    let patience = Patience::new(how);
    loop {
        let present = order.present(marathon).await?;
        if let Some(code) =
            already(&order, &present, how, follow, marathon, operator, console).await?
        {
            return Ok(code);
        }
        let Some(present) = patience.unlocked(&order, present, marathon, operator, console).await?
        else {
            return Ok(ExitCode::Left);
        };
        expected(how, &order, &present)?;
        let change = Change::of(&order, &present, how, version)?;
        show::change(&change, &order, &present, console)?;
        if matches!(change, Change::Nothing) {
            return in_place(&present);
        }
        refuse(&change, how, &order)?;

        let recording = follow.record.as_deref().map(Recording::create).transpose()?;
        let journal = Journal::new(order.apps(), recording);
        let mut follower = Follower::new(marathon, journal);
        follower.connect(console).await?;
        // The stream took a moment, and whoever reads a plan takes more: what is deployed is what
        // was shown, or nothing.
        let seen = present.versions();
        if let Some(error) = stale(&seen, &order.present(marathon).await?.versions()) {
            return Err(error);
        }
        let accepted = match submit(&order, &change, how, &seen, marathon).await? {
            Submitted::Accepted(accepted) => accepted,
            Submitted::Ended => return in_place(&order.present(marathon).await?),
            Submitted::Locked(error) if patience.is_left() && follow.record.is_none() => {
                console.note(&format!("{}", failed(&order, Call::Other, error)))?;
                continue;
            }
            Submitted::Locked(error) => return Err(failed(&order, Call::Other, error)),
        };
        console.note(&format!("deployment {}", accepted.deployment))?;
        let course = Course::new(accepted.deployment, order.scope(), follow, operator)?;
        let closing = carry_on(marathon, &mut follower, &course, operator, console).await?;
        return close(&closing, follower.finish(), &asked(&course, how), console);
    }
}

/// Follows the deployment that is on its way to just this definition, if one is.
async fn already(
    order: &Order,
    present: &Present,
    how: &Carrying,
    follow: &FollowArgs,
    marathon: &dyn Marathon,
    operator: &mut dyn Operator,
    console: &mut Console<'_>,
) -> Result<Option<ExitCode>, CliError> {
    let holders = present.holders(order);
    let Some(deployment) = holders.last() else { return Ok(None) };
    // Marathon stores a definition when it accepts it, long before all instances are of it.
    let unforced = Carrying { restart: false, ..*how };
    if how.restart || !matches!(Change::of(order, present, &unforced, None)?, Change::Nothing) {
        return Ok(None);
    }
    console.note(&format!("deployment {deployment} carries this out already"))?;
    let course = Course::new(deployment.clone(), order.scope(), follow, operator)?;
    let recording = follow.record.as_deref().map(Recording::create).transpose()?;
    let mut follower = Follower::new(marathon, Journal::new(order.apps(), recording));
    follower.connect(console).await?;
    let closing = carry_on(marathon, &mut follower, &course, operator, console).await?;
    close(&closing, follower.finish(), &asked(&course, how), console).map(Some)
}

fn asked(course: &Course, how: &Carrying) -> Asked {
    // Who allows a guarantee to be broken still wants the end to be reached.
    let guarantee = if how.allow_broken { Guarantee::Completes } else { how.guarantee };
    Asked { deployment: course.deployment.clone(), scope: course.scope.clone(), guarantee }
}

/// The release of Marathon: how it counts depends on it.
async fn release(
    how: &Carrying,
    marathon: &dyn Marathon,
) -> Result<Option<MarathonVersion>, CliError> {
    match how.marathon_version {
        Some(version) => Ok(Some(version)),
        None => Ok(marathon.info().await.map_err(CliError::of_reading)?.version),
    }
}

/// Whether the app has the version that `--expect-version` says.
fn expected(how: &Carrying, order: &Order, present: &Present) -> Result<(), CliError> {
    let Some(expected) = how.expect_version else { return Ok(()) };
    let found = present.app().and_then(|app| app.version());
    match order.apps().first() {
        Some(app) if found != Some(expected) => {
            Err(CliError::Stale { app: app.id().clone(), expected: Some(expected), found })
        }
        _ => Ok(()),
    }
}

/// Refuses what would break the guarantee that was asked for.
fn refuse(change: &Change, how: &Carrying, order: &Order) -> Result<(), CliError> {
    match change.broken(how.guarantee, order) {
        Some(error) if !how.allow_broken => Err(error),
        _ => Ok(()),
    }
}

/// Nothing has to be deployed. Whether all is well is another question: a deployment that was
/// cancelled leaves instances of both definitions, and Marathon does not repair that.
fn in_place(present: &Present) -> Result<ExitCode, CliError> {
    for status in &present.seen.apps {
        if let Some(standing) = Standing::of(status)
            && standing.old > 0
        {
            let app = status.app.id().clone();
            return Err(CliError::Mixed { app, standing: standing.to_string() });
        }
    }
    Ok(ExitCode::Done)
}

impl From<MarathonError> for CliError {
    fn from(error: MarathonError) -> Self {
        Self::of_reading(error)
    }
}
