//! The verb itself.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use zdd_core::ports::{Marathon, MarathonError, RunningDeployment};
use zdd_core::units::{AppId, GroupId, Timestamp};

use super::app_json::AppReport;
use super::json::DeploymentsReport;
use super::{app_text, text};
use crate::args::{Output, StatusArgs};
use crate::error::CliError;
use crate::exit::ExitCode;
use crate::follow::{Console, Operator, Scope, Seen};
use crate::schema::write_json;

/// How often it is looked with `--watch`.
const LOOK_EVERY: Duration = Duration::from_secs(1);

pub(crate) async fn run(
    args: &StatusArgs,
    marathon: &dyn Marathon,
    operator: &mut dyn Operator,
    console: &mut Console<'_>,
) -> Result<ExitCode, CliError> {
    let scope = match &args.target {
        Some(target) => Some(scope(target, marathon).await?),
        None => None,
    };
    let answer = tokio::select! {
        biased;
        () = operator.interrupted(), if args.watch => Ok(ExitCode::Done),
        answer = look(scope.as_ref(), args, marathon, console) => answer,
    };
    console.finish()?;
    answer
}

/// Looks once, or again and again.
async fn look(
    scope: Option<&Scope>,
    args: &StatusArgs,
    marathon: &dyn Marathon,
    console: &mut Console<'_>,
) -> Result<ExitCode, CliError> {
    let mut shown = None;
    loop {
        let now = match scope {
            Some(scope) => View::Apps(scope.read(marathon).await?),
            None => View::Deployments(marathon.deployments().await?),
        };
        match now {
            View::Apps(seen) if args.watch && !console.is_json() => console.look(&seen)?,
            now => {
                let said = now.said()?;
                if shown.as_ref() != Some(&said) {
                    show(&now, args, console)?;
                    shown = Some(said);
                }
            }
        }
        if !args.watch {
            return Ok(ExitCode::Done);
        }
        pause(console).await?;
    }
}

/// Until it is time to look again.
async fn pause(console: &mut Console<'_>) -> Result<(), CliError> {
    let until = Instant::now() + LOOK_EVERY;
    while let Some(due) = console.due().filter(|due| *due < until) {
        sleep_until(due).await;
        console.refresh()?;
    }
    sleep_until(until).await;
    Ok(())
}

fn show(view: &View, args: &StatusArgs, console: &mut Console<'_>) -> Result<(), CliError> {
    match view {
        View::Apps(seen) => apps(seen, args, console),
        View::Deployments(deployments) => running(deployments, args, console),
    }
}

/// What is looked at.
enum View {
    Apps(Seen),
    Deployments(Vec<RunningDeployment>),
}

impl View {
    /// What there is to see but for the time, which alone is no change.
    fn said(&self) -> Result<String, CliError> {
        Ok(match self {
            Self::Apps(seen) => {
                let timeless = Seen { at: Timestamp::EPOCH, ..seen.clone() };
                let apps = timeless.apps.iter().map(|app| AppReport::of(app, &timeless));
                serde_json::to_string(&apps.collect::<Vec<_>>())?
            }
            Self::Deployments(deployments) => {
                serde_json::to_string(&DeploymentsReport::of(deployments))?
            }
        })
    }
}

/// All apps that were seen.
fn apps(seen: &Seen, args: &StatusArgs, console: &mut Console<'_>) -> Result<(), CliError> {
    match args.output {
        Output::Json if args.watch => {
            seen.apps.iter().try_for_each(|app| console.line(&AppReport::of(app, seen)))
        }
        Output::Json => {
            let reports: Vec<_> = seen.apps.iter().map(|app| AppReport::of(app, seen)).collect();
            match reports.as_slice() {
                [report] => write_json(report, console.out),
                reports => write_json(reports, console.out),
            }
        }
        Output::Text => {
            for app in &seen.apps {
                app_text::app(app, seen, console.page, console.out)?;
            }
            Ok(())
        }
    }
}

/// All deployments that go on.
fn running(
    deployments: &[RunningDeployment],
    args: &StatusArgs,
    console: &mut Console<'_>,
) -> Result<(), CliError> {
    match args.output {
        Output::Json if args.watch => console.line(&DeploymentsReport::of(deployments)),
        Output::Json => write_json(&DeploymentsReport::of(deployments), console.out),
        Output::Text => Ok(text::deployments(deployments, console.page, console.out)?),
    }
}

/// The app or the group of an id. Most ids are those of apps.
async fn scope(target: &GroupId, marathon: &dyn Marathon) -> Result<Scope, CliError> {
    if let Ok(id) = target.as_str().parse::<AppId>() {
        match marathon.app(&id).await {
            Ok(_) => return Ok(Scope::App(id)),
            Err(MarathonError::NotFound { .. }) => {}
            Err(error) => return Err(CliError::of_app(&id, error)),
        }
    }
    match marathon.group(target).await {
        Ok(_) => Ok(Scope::Group(target.clone())),
        Err(MarathonError::NotFound { .. }) => Err(CliError::NoTarget(target.to_string())),
        Err(error) => Err(error.into()),
    }
}
