//! The verb itself.

use std::time::Duration;

use tokio::time::sleep;
use zdd_core::ports::{Marathon, MarathonError, RunningDeployment};
use zdd_core::units::{AppId, GroupId};

use super::app_json::AppReport;
use super::json::DeploymentsReport;
use super::{app_text, text};
use crate::args::{Output, StatusArgs};
use crate::error::CliError;
use crate::exit::ExitCode;
use crate::follow::{Console, Operator, Scope, Seen};
use crate::schema::write_json;

/// How often it is looked with `--watch`.
const LOOK_EVERY: Duration = Duration::from_secs(2);

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
    loop {
        if let Some(scope) = &scope {
            show(&scope.read(marathon).await?, args, console)?;
        } else {
            running(&marathon.deployments().await?, args, console)?;
        }
        console.finish()?;
        if !args.watch {
            return Ok(ExitCode::Done);
        }
        tokio::select! {
            () = operator.interrupted() => return Ok(ExitCode::Done),
            () = sleep(LOOK_EVERY) => {}
        }
    }
}

/// All apps that were seen.
fn show(seen: &Seen, args: &StatusArgs, console: &mut Console<'_>) -> Result<(), CliError> {
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
