//! The verb itself.

use std::path::Path;

use zdd_core::app::App;
use zdd_core::ports::{Marathon, MarathonError};
use zdd_core::rollout::forecast::{Binding, Sight};
use zdd_core::rollout::labels;

use super::job::Job;
use super::order::{Order, Target};
use super::preview::{preview, release};
use crate::args::{
    AmendArgs, Carrying, DeployArgs, FollowArgs, ObserveArgs, PaceArgs, Span, Strategy,
};
use crate::connect::balancer;
use crate::error::CliError;
use crate::exit::ExitCode;
use crate::follow::{Console, Operator, on_failure};
use crate::plan::rollout::Bound;
use crate::rollout::{self, CanaryError, Doing, Watchers};

pub(crate) async fn run(
    args: &DeployArgs,
    marathon: &dyn Marathon,
    operator: &mut dyn Operator,
    console: &mut Console<'_>,
) -> Result<ExitCode, CliError> {
    let order = Order::read(&args.file, &args.amend)?;
    let bound = args.plan.as_deref().map(Bound::read).transpose()?;
    if let Some(app) = blue_green(&order, args)? {
        let pace = pace(args);
        let balancer = balancer(&args.balancer)?.ok_or(CanaryError::NoBalancer)?;
        let how = (&args.swap, &pace, &args.hooks);
        let (source, is_dry) = (&order.source, args.dry_run);
        let watchers = Watchers::open(&observe(args), is_dry, console)?;
        let doing = Doing { source, is_dry, bound: bound.as_ref(), watchers: &watchers };
        let answer = rollout::swap(app, how, doing, marathon, &*balancer, operator, console).await;
        return watchers.finish(answer, console).await;
    }
    refuse_beside(args.beside.given().or_else(|| args.hooks.given()))?;
    if let Target::App(app) = &order.target {
        rollout::refuse_one_more(app, marathon).await?;
    }
    if args.strategy.is_none() {
        warn_of_groups(&order, console)?;
    }
    let how = match bound {
        Some(bound) => bound_to(&bound, &order, &args.how, marathon).await?,
        None => args.how,
    };
    if args.dry_run {
        return preview(order, &how, marathon, console).await;
    }
    carry_out_order(order, &how, &args.follow, marathon, operator, console).await
}

/// The app, if it is deployed blue/green.
fn blue_green<'o>(order: &'o Order, args: &DeployArgs) -> Result<Option<&'o App>, CliError> {
    if args.strategy == Some(Strategy::Rolling) {
        return Ok(None);
    }
    let Target::App(app) = &order.target else {
        return match args.strategy {
            Some(_) => Err(CanaryError::NotOneApp(order.source.clone()).into()),
            None => Ok(None),
        };
    };
    if args.strategy.is_none() && labels::group_of(app).is_none() {
        return Ok(None);
    }
    match only_rolling(&args.how, &args.follow) {
        Some(option) => Err(CanaryError::OnlyRolling(option).into()),
        None => Ok(Some(app)),
    }
}

/// Refuses what only rollouts beside what runs know.
pub(crate) fn refuse_beside(given: Option<&'static str>) -> Result<(), CanaryError> {
    given.map_or(Ok(()), |option| Err(CanaryError::OnlyBlueGreen(option)))
}

/// Says which apps of a group would be deployed blue/green by themselves.
fn warn_of_groups(order: &Order, console: &mut Console<'_>) -> Result<(), CliError> {
    let Target::Group(_) = &order.target else { return Ok(()) };
    let with_label = order.apps().into_iter().filter(|app| labels::group_of(app).is_some());
    let ids: Vec<String> = with_label.map(|app| app.id().to_string()).collect();
    if ids.is_empty() {
        return Ok(());
    }
    console.tell(&format!(
        "warning: in a group everything is deployed rolling, also what carries \
         HAPROXY_DEPLOYMENT_GROUP: {}; blue/green is for one app: `zdd deploy` a file of each",
        ids.join(", ")
    ))
}

/// The first option that was given and only rolling upgrades know.
pub(crate) fn only_rolling(how: &Carrying, follow: &FollowArgs) -> Option<&'static str> {
    let options = [
        ("--allow-broken", how.allow_broken),
        ("--restart", how.restart),
        ("--expect-version", how.expect_version.is_some()),
        ("--force", how.force),
        ("--wait-lock", how.wait_lock.is_some()),
        ("--on-failure", follow.on_failure.is_some()),
    ];
    options.into_iter().find(|(_, is_given)| *is_given).map(|(option, _)| option)
}

fn pace(args: &DeployArgs) -> PaceArgs {
    let watch = &args.follow.watch;
    args.swap.drain.pace(watch.timeout.unwrap_or(Span::FIVE_MINUTES), watch.output)
}

/// Holds the order to a plan: to what was seen then, and from now on to the version that is seen now.
async fn bound_to(
    bound: &Bound,
    order: &Order,
    how: &Carrying,
    marathon: &dyn Marathon,
) -> Result<Carrying, CliError> {
    let Target::App(app) = &order.target else {
        return Err(CliError::NotForGroups { given: "--plan" });
    };
    let present = order.present(marathon).await?;
    bound.holds(&Binding::of_upgrade(app, Sight::live(present.app(), None)))?;
    let seen = present.app().and_then(App::version);
    Ok(Carrying { expect_version: how.expect_version.or(seen), ..*how })
}

fn observe(args: &DeployArgs) -> ObserveArgs {
    ObserveArgs { record: args.follow.watch.record.clone(), beside: args.beside.clone() }
}

/// Deploys what `file` says. Doing it again is harmless: what is in place is not deployed anew, and a
/// deployment that is on its way there is followed.
pub(crate) async fn carry_out(
    file: &Path,
    how: &Carrying,
    follow: &FollowArgs,
    marathon: &dyn Marathon,
    operator: &mut dyn Operator,
    console: &mut Console<'_>,
) -> Result<ExitCode, CliError> {
    let order = Order::read(file, &AmendArgs::default())?;
    if let Target::App(app) = &order.target
        && let Some(group) = labels::group_of(app)
    {
        let (app, group) = (app.id().clone(), group.to_owned());
        return Err(CanaryError::OfAGroup { app, group }.into());
    }
    warn_of_groups(&order, console)?;
    carry_out_order(order, how, follow, marathon, operator, console).await
}

async fn carry_out_order(
    order: Order,
    how: &Carrying,
    follow: &FollowArgs,
    marathon: &dyn Marathon,
    operator: &mut dyn Operator,
    console: &mut Console<'_>,
) -> Result<ExitCode, CliError> {
    on_failure(follow, operator)?;
    let release = release(how, marathon).await?;
    Job { order, release, how, follow, marathon }.carry_out(operator, console).await
}

impl From<MarathonError> for CliError {
    fn from(error: MarathonError) -> Self {
        Self::of_reading(error)
    }
}
