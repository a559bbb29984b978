//! The verb itself.

use tokio::time::sleep;
use zdd_core::guarantee::Guarantee;
use zdd_core::ports::{Marathon, MarathonError, RunningDeployment, Unreachable};
use zdd_core::units::DeploymentId;

use crate::args::AbortArgs;
use crate::deploy::{LOOK_EVERY, LOOK_FOR, refuse_beside};
use crate::error::CliError;
use crate::exit::ExitCode;
use crate::follow::{
    Asked, Closing, Console, Course, End, Follower, How, Journal, Operator, Recording, Scope,
    carry_on, close,
};
use crate::resume::{Wanted, explained, find, none_of};
use crate::rollout::{Rollouts, take_back};

pub(crate) async fn run(
    args: &AbortArgs,
    marathon: &dyn Marathon,
    operator: &mut dyn Operator,
    console: &mut Console<'_>,
) -> Result<ExitCode, CliError> {
    let rollouts = Rollouts::read(marathon, console).await?;
    let rollout = args.target.as_ref().and_then(|target| rollouts.meant(target.as_str()));
    if let Some(found) = rollout {
        return take_back(found, args, marathon, operator, console).await;
    }
    refuse_beside(args.turn.only_beside())?;
    let deployments = marathon.deployments().await?;
    let running = match meant(args, &deployments, &rollouts) {
        Ok(running) => running,
        Err(error) => return Err(explained(error, marathon).await),
    };
    let Some(scope) = Scope::around(&running.affected_apps) else {
        return Err(CliError::HoldsNoApp(running.id.clone()));
    };
    let verb = if args.cancel { "stop it where it is" } else { "take it back" };
    if args.dry_run {
        console.note(&format!("{}: would {verb}; nothing was done", about(running, &scope)))?;
        return Ok(ExitCode::Done);
    }
    console.note(&format!("{}: {verb}", about(running, &scope)))?;

    let recording = args.watch.record.as_deref().map(Recording::create).transpose()?;
    let seen = scope.read(marathon).await?;
    let marathon_is = marathon.info().await?.version_text;
    let apps = seen.apps.iter().map(|status| status.app.id().clone());
    let mut follower = Follower::new(marathon, Journal::new(apps, &marathon_is, recording));
    follower.connect(console).await?;
    follower.note(&scope.read(marathon).await?, console)?;
    let (deployment, is_revert) = if args.cancel {
        marathon
            .cancel(&running.id)
            .await
            .map_err(|it| CliError::of_deployment(&running.id, it))?;
        (running.id.clone(), false)
    } else {
        let reverting = revert(running, &scope, marathon).await?;
        follower.accepted();
        console.note(&format!("deployment {reverting}"))?;
        (reverting, true)
    };
    let course = Course::of_end(deployment, scope, &args.watch);
    let closing = carry_on(marathon, &mut follower, &course, operator, console).await?;
    let closing = as_wanted(closing, is_revert, running);
    let asked = Asked {
        deployment: course.deployment,
        scope: course.scope,
        // What is taken back need not be within the bounds of what it is taken back to.
        guarantee: Guarantee::Completes,
    };
    let left = follower.finish();
    let done = if left.incomplete.is_none() { ExitCode::Done } else { ExitCode::Usage };
    let code = close(&closing, left, &asked, console)?;
    // What was asked for is done.
    Ok(match (code, &closing) {
        (ExitCode::RolledBack, _) => done,
        (_, Closing::Ended(End { how: How::Stopped { .. } | How::Unknown, .. })) if args.cancel => {
            done
        }
        (code, _) => code,
    })
}

/// The rolling upgrade that is meant.
fn meant<'d>(
    args: &AbortArgs,
    deployments: &'d [RunningDeployment],
    rollouts: &Rollouts,
) -> Result<&'d RunningDeployment, CliError> {
    let app = args.target.as_ref().map(|target| (target, target.app()));
    match app {
        Some((target, None)) => Err(none_of(target, deployments, rollouts)),
        Some((target, Some(app))) => {
            let wanted = Wanted { app: Some(&app), deployment: None };
            find(deployments, wanted).map_err(|error| match error {
                CliError::NothingRuns(_) => none_of(target, deployments, rollouts),
                error => error,
            })
        }
        None => find(deployments, Wanted { app: None, deployment: args.deployment.as_ref() }),
    }
}

/// Has a deployment taken back, once. Where the answer is lost, whoever took its apps over does it:
/// to ask again would take that one back in turn.
async fn revert(
    running: &RunningDeployment,
    scope: &Scope,
    marathon: &dyn Marathon,
) -> Result<DeploymentId, CliError> {
    let id = &running.id;
    let error = match marathon.revert(id).await {
        Ok(accepted) => return Ok(accepted.deployment),
        Err(error) => error,
    };
    if let MarathonError::Unreachable { why: Unreachable::MayHaveHappened { .. } } = error {
        for _ in 0..LOOK_FOR {
            sleep(LOOK_EVERY).await;
            let Ok(seen) = scope.read(marathon).await else { continue };
            let holders = seen.holders(scope, id);
            if let (None, Some(reverting)) = (seen.deployment(id), holders.into_iter().next()) {
                return Ok(reverting);
            }
        }
    }
    Err(CliError::of_deployment(id, error))
}

/// What the end of the deployment means to who wanted another one taken back.
fn as_wanted(closing: Closing, is_revert: bool, reverted: &RunningDeployment) -> Closing {
    match closing {
        Closing::Ended(end) if is_revert && end.seen.deployment(&reverted.id).is_some() => {
            Closing::NothingToRevert
        }
        Closing::Ended(end) if is_revert => Closing::RolledBack(end),
        closing => closing,
    }
}

fn about(running: &RunningDeployment, scope: &Scope) -> String {
    let RunningDeployment { id, current_step, total_steps, .. } = running;
    format!("deployment {id} of {scope}, at step {current_step} of {total_steps}")
}
