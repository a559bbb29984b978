//! The verb itself.

use zdd_core::guarantee::Guarantee;
use zdd_core::ports::{Marathon, MarathonError, RunningDeployment};
use zdd_core::rollout::record::Found;
use zdd_core::standing::Standing;
use zdd_core::units::AppId;

use super::find::named;
use super::{Wanted, explained, find, none_of};
use crate::args::ResumeArgs;
use crate::deploy;
use crate::error::CliError;
use crate::exit::ExitCode;
use crate::follow::{
    Asked, Console, Course, Follower, Journal, Operator, Recording, Scope, carry_on, close,
    on_failure,
};
use crate::rollout::{CanaryError, Rollouts, go_on};
use crate::text::mark;

pub(crate) async fn run(
    args: &ResumeArgs,
    marathon: &dyn Marathon,
    operator: &mut dyn Operator,
    console: &mut Console<'_>,
) -> Result<ExitCode, CliError> {
    on_failure(&args.follow, operator)?;
    if let Some(file) = &args.file {
        refuse_beside(args)?;
        return deploy::carry_out(file, &args.how, &args.follow, marathon, operator, console).await;
    }
    let rollouts = Rollouts::read(marathon, console).await?;
    if let Some(found) = rollout(args, &rollouts) {
        return go_on(found, args, marathon, operator, console).await;
    }
    let deployments = marathon.deployments().await?;
    let Some(target) = &args.target else {
        let running = match &args.deployment {
            Some(id) => find(&deployments, Wanted { app: None, deployment: Some(id) })?,
            None => match only(&deployments, &rollouts)? {
                Only::Rollout(found) => {
                    return go_on(found, args, marathon, operator, console).await;
                }
                Only::Deployment(running) => running,
            },
        };
        return followed(args, running, marathon, operator, console).await;
    };
    let none = || none_of(target, &deployments, &rollouts);
    let Some(app) = target.app() else { return Err(explained(none(), marathon).await) };
    match find(&deployments, Wanted { app: Some(&app), deployment: None }) {
        Ok(running) => followed(args, running, marathon, operator, console).await,
        Err(CliError::NothingRuns(_)) => match ended(&app, marathon, console).await {
            // A deployment group may have the name of no app.
            Err(CliError::NoTarget(_)) if !target.as_str().starts_with('/') => {
                Err(explained(none(), marathon).await)
            }
            answer => answer,
        },
        Err(error) => Err(error),
    }
}

/// Refuses what only rollouts beside what runs know.
fn refuse_beside(args: &ResumeArgs) -> Result<(), CanaryError> {
    deploy::refuse_beside(args.turn.only_beside())?;
    if args.check.check_hook.is_some() { Err(CanaryError::NothingWatched) } else { Ok(()) }
}

/// The rollout that is named.
fn rollout<'r>(args: &ResumeArgs, rollouts: &'r Rollouts) -> Option<&'r Found> {
    args.target.as_ref().and_then(|target| rollouts.meant(target.as_str()))
}

/// What goes on where nothing is named.
enum Only<'a> {
    Rollout(&'a Found),
    Deployment(&'a RunningDeployment),
}

/// All that goes on, which has to be one. What Marathon does for a rollout is a part of that.
fn only<'a>(
    deployments: &'a [RunningDeployment],
    rollouts: &'a Rollouts,
) -> Result<Only<'a>, CliError> {
    let by_themselves: Vec<&RunningDeployment> =
        deployments.iter().filter(|it| !rollouts.have(&it.affected_apps)).collect();
    match (rollouts.all(), by_themselves.as_slice()) {
        ([found], []) => Ok(Only::Rollout(found)),
        ([], _) => find(deployments, Wanted { app: None, deployment: None }).map(Only::Deployment),
        (_, rest) => {
            let groups = rollouts.names().map(|group| format!("rollout of {group}"));
            let rest = rest.iter().map(|it| named(it));
            Err(CliError::SeveralRun(groups.chain(rest).collect()))
        }
    }
}

/// Follows a deployment that goes on.
async fn followed(
    args: &ResumeArgs,
    running: &RunningDeployment,
    marathon: &dyn Marathon,
    operator: &mut dyn Operator,
    console: &mut Console<'_>,
) -> Result<ExitCode, CliError> {
    refuse_beside(args)?;
    let Some(scope) = Scope::around(&running.affected_apps) else {
        return Err(CliError::HoldsNoApp(running.id.clone()));
    };
    console.note(&format!("deployment {} of {scope} goes on", running.id))?;
    let recording = args.follow.watch.record.as_deref().map(Recording::create).transpose()?;
    let seen = scope.read(marathon).await?;
    let marathon_is = marathon.info().await?.version_text;
    let apps = seen.apps.iter().map(|status| status.app.id().clone());
    let mut follower = Follower::new(marathon, Journal::new(apps, &marathon_is, recording));
    follower.connect(console).await?;
    follower.note(&scope.read(marathon).await?, console)?;
    let course = Course::new(running.id.clone(), scope, &args.follow, operator)?;
    let closing = carry_on(marathon, &mut follower, &course, operator, console).await?;
    let guarantee = if args.how.allow_broken { Guarantee::Completes } else { args.how.guarantee };
    let asked = Asked { deployment: course.deployment, scope: course.scope, guarantee };
    close(&closing, follower.finish(), &asked, console)
}

/// Says what became of an app that no deployment holds.
async fn ended(
    app: &AppId,
    marathon: &dyn Marathon,
    console: &mut Console<'_>,
) -> Result<ExitCode, CliError> {
    let status = marathon.app(app).await.map_err(|error| match error {
        MarathonError::NotFound { .. } => CliError::NoTarget(app.to_string()),
        error => CliError::of_app(app, error),
    })?;
    let version = status.app.version().map_or_else(String::new, |it| format!(" of version {it}"));
    let Some(standing) = Standing::of(&status) else {
        return Err(CliError::NothingRuns(app.to_string()));
    };
    let text = format!("{app}: no deployment goes on; of the definition{version} {standing}");
    let words = mark(standing.is_settled(), &text);
    console.say(if console.is_json() { &text } else { &words })?;
    if standing.is_settled() {
        return Ok(ExitCode::Done);
    }
    console.note(&format!(
        "hint: `zdd status {app}` says why; `zdd resume --file FILE` deploys anew"
    ))?;
    Ok(ExitCode::Marathon)
}
