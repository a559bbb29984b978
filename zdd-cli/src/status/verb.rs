//! The verb itself.

use std::time::Duration;

use tokio::time::sleep;
use zdd_core::ports::{Marathon, MarathonError};
use zdd_core::units::{AppId, GroupId};

use super::json::DeploymentsReport;
use super::text;
use crate::args::{Output, StatusArgs};
use crate::error::CliError;
use crate::exit::ExitCode;
use crate::follow::{Console, Operator, Scope};
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
        match &scope {
            Some(scope) => console.look(&scope.read(marathon).await?)?,
            None => {
                let deployments = marathon.deployments().await?;
                match args.output {
                    Output::Json if args.watch => {
                        console.line(&DeploymentsReport::of(&deployments))?;
                    }
                    Output::Json => {
                        write_json(&DeploymentsReport::of(&deployments), console.out)?;
                    }
                    Output::Text => text::deployments(&deployments, console.page, console.out)?,
                }
                console.finish()?;
            }
        }
        if !args.watch {
            return Ok(ExitCode::Done);
        }
        tokio::select! {
            () = operator.interrupted() => return Ok(ExitCode::Done),
            () = sleep(LOOK_EVERY) => {}
        }
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
