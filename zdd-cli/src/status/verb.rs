//! The verb itself.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use zdd_core::drive::running_of;
use zdd_core::ports::{LoadBalancer, Marathon, MarathonError, RunningDeployment};
use zdd_core::units::{AppId, GroupId, Timestamp};

use super::app_json::AppReport;
use super::json::{DeploymentsReport, SightReport};
use super::{app_text, text};
use crate::args::{Output, StatusArgs, Target};
use crate::clock::now;
use crate::connect::balancer;
use crate::error::CliError;
use crate::exit::ExitCode;
use crate::follow::{Console, Operator, Scope, Seen};
use crate::rollout::{Rollouts, Sight};
use crate::schema::write_json;

/// How often it is looked with `--watch`.
const LOOK_EVERY: Duration = Duration::from_secs(1);

pub(crate) async fn run(
    args: &StatusArgs,
    marathon: &dyn Marathon,
    operator: &mut dyn Operator,
    console: &mut Console<'_>,
) -> Result<ExitCode, CliError> {
    let balancer = balancer(&args.balancer)?;
    let ports = Ports { marathon, balancer: balancer.as_deref() };
    let about = about(args, marathon, console).await?;
    let answer = tokio::select! {
        biased;
        () = operator.interrupted(), if args.watch => Ok(ExitCode::Done),
        answer = look(&about, args, ports, console) => answer,
    };
    console.finish()?;
    answer
}

/// What is looked at, and by what.
#[derive(Clone, Copy)]
struct Ports<'p> {
    marathon: &'p dyn Marathon,
    balancer: Option<&'p dyn LoadBalancer>,
}

/// What is asked for.
enum About {
    /// All deployments and rollouts.
    All,
    /// An app, the apps of a group, or those of a deployment group.
    Apps(Vec<Scope>),
    /// The rollout of a deployment group, and the one of its apps that is asked for.
    Rollout(Target, Option<Scope>),
}

async fn about(
    args: &StatusArgs,
    marathon: &dyn Marathon,
    console: &mut Console<'_>,
) -> Result<About, CliError> {
    let Some(target) = &args.target else { return Ok(About::All) };
    if let Some(found) = Rollouts::read(marathon, console).await?.meant(target.as_str()) {
        let app = Rollouts::app(found, target.as_str());
        return Ok(About::Rollout(target.clone(), app.cloned().map(Scope::App)));
    }
    let text = target.as_str();
    let found = match text.parse() {
        Ok(id) => scope(&id, marathon).await,
        Err(_) => Err(CliError::NoTarget(text.into())),
    };
    Ok(About::Apps(match found {
        Err(CliError::NoTarget(_)) if !text.starts_with('/') => of_group(text, marathon).await?,
        found => vec![found?],
    }))
}

/// The apps of a deployment group.
async fn of_group(group: &str, marathon: &dyn Marathon) -> Result<Vec<Scope>, CliError> {
    let apps = running_of(marathon, group).await?;
    if apps.is_empty() {
        return Err(CliError::NoTarget(group.into()));
    }
    Ok(apps.iter().map(|app| Scope::App(app.id().clone())).collect())
}

/// Reads all of them, one after the other.
async fn read(scopes: &[Scope], marathon: &dyn Marathon) -> Result<Seen, CliError> {
    let mut all = Seen { at: now(), apps: Vec::new(), deployments: Vec::new(), queue: Vec::new() };
    for scope in scopes {
        let seen = scope.read(marathon).await?;
        all = Seen { apps: [all.apps, seen.apps].concat(), ..seen };
    }
    Ok(all)
}

/// Looks once, or again and again.
async fn look(
    about: &About,
    args: &StatusArgs,
    ports: Ports<'_>,
    console: &mut Console<'_>,
) -> Result<ExitCode, CliError> {
    let mut shown = None;
    loop {
        let Some(now) = View::of(about, ports, console).await? else {
            console.say("the rollout goes on no longer")?;
            return Ok(ExitCode::Done);
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
        View::All(deployments, rollouts) => all(deployments, rollouts, args, console),
        View::Rollout(sight, app) => match (args.output, app) {
            (Output::Json, app) if args.watch => {
                console.line(&SightReport::of(sight, app.as_ref()))
            }
            (Output::Json, app) => write_json(&SightReport::of(sight, app.as_ref()), console.out),
            (Output::Text, None) => sight.say(console),
            (Output::Text, Some(app)) => {
                sight.say_in_short(console)?;
                apps(app, args, console)
            }
        },
    }
}

/// What is seen.
enum View {
    Apps(Seen),
    All(Vec<RunningDeployment>, Vec<Sight>),
    Rollout(Box<Sight>, Option<Seen>),
}

impl View {
    /// Looks; nothing where a rollout has ended.
    async fn of(
        about: &About,
        Ports { marathon, balancer }: Ports<'_>,
        console: &mut Console<'_>,
    ) -> Result<Option<Self>, CliError> {
        Ok(Some(match about {
            About::Apps(scopes) => Self::Apps(read(scopes, marathon).await?),
            About::All => {
                let deployments = marathon.deployments().await?;
                let mut sights = Vec::new();
                for found in Rollouts::read(marathon, console).await?.all() {
                    sights.push(Sight::of(found.clone(), marathon, balancer).await?);
                }
                Self::All(deployments, sights)
            }
            About::Rollout(target, app) => {
                let rollouts = Rollouts::read(marathon, console).await?;
                let Some(found) = rollouts.meant(target.as_str()) else { return Ok(None) };
                let sight = Sight::of(found.clone(), marathon, balancer).await?;
                let app = match app {
                    Some(app) => Some(app.read(marathon).await?),
                    None => None,
                };
                Self::Rollout(Box::new(sight), app)
            }
        }))
    }

    /// What there is to see but for the time, which alone is no change.
    fn said(&self) -> Result<String, CliError> {
        Ok(match self {
            Self::Apps(seen) => {
                let timeless = timeless(seen);
                let apps = timeless.apps.iter().map(|app| AppReport::of(app, &timeless));
                serde_json::to_string(&apps.collect::<Vec<_>>())?
            }
            Self::All(deployments, rollouts) => {
                serde_json::to_string(&DeploymentsReport::of(deployments, rollouts))?
            }
            Self::Rollout(sight, app) => {
                let timeless = app.as_ref().map(timeless);
                serde_json::to_string(&SightReport::of(sight, timeless.as_ref()))?
            }
        })
    }
}

fn timeless(seen: &Seen) -> Seen {
    Seen { at: Timestamp::EPOCH, ..seen.clone() }
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

/// All deployments and rollouts that go on.
fn all(
    deployments: &[RunningDeployment],
    rollouts: &[Sight],
    args: &StatusArgs,
    console: &mut Console<'_>,
) -> Result<(), CliError> {
    match args.output {
        Output::Json if args.watch => console.line(&DeploymentsReport::of(deployments, rollouts)),
        Output::Json => write_json(&DeploymentsReport::of(deployments, rollouts), console.out),
        Output::Text => {
            if !deployments.is_empty() || rollouts.is_empty() {
                text::deployments(deployments, console.page, console.out)?;
            }
            rollouts.iter().try_for_each(|sight| sight.say(console))
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
