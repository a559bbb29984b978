//! The verb itself.

use std::path::Path;

use zdd_core::app::App;
use zdd_core::capacity::MarathonVersion;
use zdd_core::guarantee::Guarantee;
use zdd_core::ports::{Marathon, MarathonError};
use zdd_core::rollout::forecast::{Binding, Sight};
use zdd_core::rollout::labels;
use zdd_core::standing::Standing;
use zdd_core::units::DeploymentId;

use super::change::Change;
use super::lock::Patience;
use super::order::{Order, Present, Target, stale};
use super::show;
use super::submit::{Submitted, failed, submit};
use crate::args::{
    AmendArgs, Carrying, DeployArgs, FollowArgs, ObserveArgs, PaceArgs, Span, Strategy,
};
use crate::connect::balancer;
use crate::error::{Call, CliError};
use crate::exit::ExitCode;
use crate::follow::{
    Asked, Console, Course, Follower, Journal, Operator, Recording, carry_on, close, on_failure,
};
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

/// Shows what would be done.
async fn preview(
    order: Order,
    how: &Carrying,
    marathon: &dyn Marathon,
    console: &mut Console<'_>,
) -> Result<ExitCode, CliError> {
    let Release { version, .. } = release(how, marathon).await?;
    let present = order.present(marathon).await?;
    expected(how, &order, &present)?;
    let change = Change::of(&order, &present, how, version)?;
    show::change(&change, &order, &present, console)?;
    compare(&change, &order, marathon, console).await?;
    if let Some(version) = present.app().and_then(App::version)
        && !matches!(change, Change::Nothing)
    {
        let file = &order.source;
        console.note(&format!(
            "nothing was done; `zdd deploy {file} --expect-version {version}` does just this"
        ))?;
    }
    refuse(&change, how, &order).map(|()| ExitCode::Done)
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

/// One definition to be deployed.
struct Job<'j> {
    order: Order,
    release: Release,
    how: &'j Carrying,
    follow: &'j FollowArgs,
    marathon: &'j dyn Marathon,
}

impl<'j> Job<'j> {
    async fn carry_out(
        &self,
        operator: &mut dyn Operator,
        console: &mut Console<'_>,
    ) -> Result<ExitCode, CliError> {
        let Self { order, how, marathon, .. } = self;
        let mut patience = Patience::new(how);
        let mut shown = None;
        // One event stream and one recording, however often others are quicker.
        let mut follower = None;
        loop {
            let present = order.present(*marathon).await?;
            if let Some(deployment) = self.on_its_way(&present)? {
                console.note(&format!("deployment {deployment} carries this out already"))?;
                let mut follower = match follower {
                    Some(follower) => follower,
                    None => self.follower(&present, console).await?,
                };
                follower.note(&order.present(*marathon).await?.seen, console)?;
                return self.followed(deployment, follower, operator, console).await;
            }
            let unlocked = patience.unlocked(order, present, *marathon, operator, console).await?;
            let Some(present) = unlocked else {
                return unchanged(console);
            };
            expected(how, order, &present)?;
            let change = Change::of(order, &present, how, self.release.version)?;
            if shown.as_ref() != Some(&present.versions()) {
                show::change(&change, order, &present, console)?;
                compare(&change, order, *marathon, console).await?;
                shown = Some(present.versions());
            }
            if matches!(change, Change::Nothing) {
                return in_place(&present);
            }
            refuse(&change, how, order)?;

            let mut listening = match follower.take() {
                Some(follower) => follower,
                None => self.follower(&present, console).await?,
            };
            // The stream took a moment, and whoever reads a plan takes more: what is deployed is
            // what was shown, or nothing.
            let seen = present.versions();
            let present = order.present(*marathon).await?;
            if let Some(error) = stale(&seen, &present.versions()) {
                return Err(error);
            }
            listening.note(&present.seen, console)?;
            let submitted = tokio::select! {
                biased;
                submitted = submit(order, &change, how, &seen, *marathon) => submitted?,
                () = operator.interrupted() => {
                    console.note(
                        "interrupted while the answer to the change was awaited: it may have been \
                         carried out; `zdd status` says",
                    )?;
                    return Ok(ExitCode::Left);
                }
            };
            match submitted {
                Submitted::Accepted(accepted) => {
                    listening.accepted();
                    console.note(&format!("deployment {}", accepted.deployment))?;
                    return self.followed(accepted.deployment, listening, operator, console).await;
                }
                Submitted::Ended => return self.ended(listening, operator, console).await,
                // A recording would hold the time of waiting, too.
                Submitted::Locked(error)
                    if patience.is_left() && self.follow.watch.record.is_none() =>
                {
                    let locked = failed(order, Call::Other, error);
                    if !patience.pause(&locked, operator, console).await? {
                        return unchanged(console);
                    }
                    follower = Some(listening);
                }
                Submitted::Locked(error) => return Err(failed(order, Call::Other, error)),
            }
        }
    }

    /// The deployment that is on its way to just this definition, if one is: Marathon stores a
    /// definition when it accepts it, long before all instances are of it.
    fn on_its_way(&self, present: &Present) -> Result<Option<DeploymentId>, CliError> {
        let holders = present.holders(&self.order);
        if holders.is_empty() || self.how.restart {
            return Ok(None);
        }
        let change = Change::of(&self.order, present, self.how, self.release.version)?;
        Ok(holders.into_iter().next_back().filter(|_| matches!(change, Change::Nothing)))
    }

    /// The answer to the change was lost, it was carried out, and no deployment of it is left: says
    /// how it ended, from what was heard meanwhile and from what is there now.
    async fn ended(
        &self,
        mut follower: Follower<'_>,
        operator: &mut dyn Operator,
        console: &mut Console<'_>,
    ) -> Result<ExitCode, CliError> {
        follower.accepted();
        let scope = self.order.scope();
        if let Some(deployment) = follower.ended_meanwhile(&scope, console).await? {
            console.note(&format!("deployment {deployment}, of which the answer was lost"))?;
            return self.followed(deployment, follower, operator, console).await;
        }
        let lost = format!("{scope}: the answer to the change was lost, and it is in place");
        console.note(&lost)?;
        in_place(&self.order.present(self.marathon).await?)
    }

    /// Listens from now on.
    async fn follower(
        &self,
        present: &Present,
        console: &mut Console<'_>,
    ) -> Result<Follower<'j>, CliError> {
        let recording = self.follow.watch.record.as_deref().map(Recording::create).transpose()?;
        let journal = Journal::new(self.order.concerned(present), &self.release.text, recording);
        let mut follower = Follower::new(self.marathon, journal);
        follower.connect(console).await?;
        Ok(follower)
    }

    async fn followed(
        &self,
        deployment: DeploymentId,
        mut follower: Follower<'_>,
        operator: &mut dyn Operator,
        console: &mut Console<'_>,
    ) -> Result<ExitCode, CliError> {
        let course = Course::new(deployment, self.order.scope(), self.follow, operator)?;
        if !console.is_json() {
            writeln!(console.out)?;
        }
        let closing = carry_on(self.marathon, &mut follower, &course, operator, console).await?;
        close(&closing, follower.finish(), &asked(&course, self.how), console)
    }
}

/// Asks Marathon for its own steps, where it can say them before: for groups. It also refuses there
/// what it would refuse later.
async fn compare(
    change: &Change,
    order: &Order,
    marathon: &dyn Marathon,
    console: &mut Console<'_>,
) -> Result<(), CliError> {
    let (Target::Group(group), Change::Group { .. }) = (&order.target, change) else {
        return Ok(());
    };
    let steps = marathon.preview_group(group).await;
    let steps = steps.map_err(|error| failed(order, Call::Other, error))?;
    change.departure(&steps).map_or(Ok(()), |text| console.note(&text))
}

fn asked(course: &Course, how: &Carrying) -> Asked {
    // Who allows a guarantee to be broken still wants the end to be reached.
    let guarantee = if how.allow_broken { Guarantee::Completes } else { how.guarantee };
    Asked { deployment: course.deployment.clone(), scope: course.scope.clone(), guarantee }
}

/// The release of Marathon: how it counts depends on it.
struct Release {
    /// As Marathon writes it.
    text: String,
    /// As it is reckoned with.
    version: Option<MarathonVersion>,
}

async fn release(how: &Carrying, marathon: &dyn Marathon) -> Result<Release, CliError> {
    let info = marathon.info().await?;
    Ok(Release { text: info.version_text, version: how.marathon_version.or(info.version) })
}

/// Whether the app has the version that `--expect-version` says.
fn expected(how: &Carrying, order: &Order, present: &Present) -> Result<(), CliError> {
    let Some(expected) = how.expect_version else { return Ok(()) };
    let found = present.app().and_then(App::version);
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

fn unchanged(console: &mut Console<'_>) -> Result<ExitCode, CliError> {
    console.note("interrupted; nothing was changed")?;
    Ok(ExitCode::Left)
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
