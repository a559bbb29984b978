//! Rollouts for the verbs that are there for all deployments: `status`, `abort` and `resume`.

use zdd_core::drive::read_all;
use zdd_core::ports::Marathon;
use zdd_core::rollout::labels;
use zdd_core::rollout::record::{Found, Phase, Record};
use zdd_core::units::AppId;

use super::around::look_around;
use super::carry::Means;
use super::end::{heading, turn, turned};
use super::error::CanaryError;
use super::verb::needed;
use super::watchers::Watchers;
use crate::args::{AbortArgs, ObserveArgs, ResumeArgs, TurnArgs, WatchArgs};
use crate::deploy::only_rolling;
use crate::error::CliError;
use crate::exit::ExitCode;
use crate::follow::{Console, Operator};
use crate::hooks::check;

/// The rollouts that go on.
pub(crate) struct Rollouts(Vec<Found>);

impl Rollouts {
    /// Reads them. What is there in the place of a record and is none is only told: it must not stand in
    /// the way of all other deployments.
    pub(crate) async fn read(
        marathon: &dyn Marathon,
        console: &mut Console<'_>,
    ) -> Result<Self, CliError> {
        let (all, unreadable) = read_all(marathon).await?;
        for error in unreadable {
            console.tell(&format!("warning: {error}"))?;
        }
        Ok(Self(all))
    }

    /// All of them.
    pub(crate) fn all(&self) -> &[Found] {
        &self.0
    }

    /// Their deployment groups.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|found| found.record.group.as_str())
    }

    /// The one of a deployment group, or of an app.
    pub(crate) fn meant(&self, text: &str) -> Option<&Found> {
        let group = text.strip_prefix('/').unwrap_or(text);
        let app: Option<AppId> = text.parse().ok();
        let is_of = |found: &&Found| app.as_ref().is_some_and(|app| is_about(found, app));
        self.0
            .iter()
            .find(|found| found.record.group == group)
            .or_else(|| self.0.iter().find(is_of))
    }

    /// Which of both apps of a rollout a text is about: none where it is the name of the group.
    pub(crate) fn app<'f>(found: &'f Found, text: &str) -> Option<&'f AppId> {
        let app = text.starts_with('/').then(|| text.parse::<AppId>().ok()).flatten()?;
        let Record { old, new, .. } = &found.record;
        match old {
            Some(old) if *old == app => Some(old),
            _ => is_about(found, &app).then_some(new),
        }
    }

    /// Whether all of these apps belong to them.
    pub(crate) fn have(&self, apps: &[AppId]) -> bool {
        apps.iter().all(|app| self.0.iter().any(|found| is_about(found, app)))
    }
}

/// Whether an app is one of both, or the one of the file that the new one was made from.
fn is_about(found: &Found, app: &AppId) -> bool {
    let written = found.definition.as_ref().and_then(|it| it.labels().get(labels::APP_ID));
    found.record.new == *app
        || found.record.old.as_ref() == Some(app)
        || written.is_some_and(|id| id.parse().as_ref() == Ok(app))
}

/// Turns a rollout round.
pub(crate) async fn take_back(
    found: &Found,
    args: &AbortArgs,
    marathon: &dyn Marathon,
    operator: &mut dyn Operator,
    console: &mut Console<'_>,
) -> Result<ExitCode, CliError> {
    let group = &found.record.group;
    if args.cancel {
        let group = group.clone();
        return Err(CanaryError::NotOfRollouts { option: "--cancel", group }.into());
    }
    if let Some(option) = args.turn.hooks.only_forward() {
        return Err(CanaryError::NothingPromoted(option).into());
    }
    if args.dry_run {
        look_around(&found.record, marathon, console).await?;
        let record = turned(&found.record, Phase::Rollback, marathon).await?;
        console.tell(&heading(&record))?;
        console.tell("nothing was done; leave --dry-run out to do it")?;
        return Ok(ExitCode::Done);
    }
    check(&args.turn.hooks, None).map_err(CanaryError::from)?;
    let balancer = needed(&args.turn.balancer)?;
    let pace = args.turn.pace(&args.watch);
    let (hooks, check) = (Some(&args.turn.hooks), None);
    let watchers = Watchers::open(&observe(&args.watch, &args.turn), false, console)?;
    let (pace, watching, balancer) = (&pace, &watchers, &*balancer);
    let means = Means { marathon, balancer, pace, watchers: watching, hooks, check };
    let answer = turn(found, Phase::Rollback, means, operator, console).await;
    let code = watchers.finish(answer, console).await?;
    Ok(ended(Phase::Rollback, code))
}

/// Goes on with a rollout, in the direction in which it went.
pub(crate) async fn go_on(
    found: &Found,
    args: &ResumeArgs,
    marathon: &dyn Marathon,
    operator: &mut dyn Operator,
    console: &mut Console<'_>,
) -> Result<ExitCode, CliError> {
    let group = &found.record.group;
    if let Some(option) = only_rolling(&args.how, &args.follow) {
        return Err(CanaryError::NotOfRollouts { option, group: group.clone() }.into());
    }
    if args.check.check_hook.is_some() && !is_to_be_watched(&found.record) {
        return Err(CanaryError::NothingWatched.into());
    }
    check(&args.turn.hooks, Some(&args.check)).map_err(CanaryError::from)?;
    let balancer = needed(&args.turn.balancer)?;
    let pace = args.turn.pace(&args.follow.watch);
    let (hooks, check) = (Some(&args.turn.hooks), Some(&args.check));
    let watchers = Watchers::open(&observe(&args.follow.watch, &args.turn), false, console)?;
    let (pace, watching, balancer) = (&pace, &watchers, &*balancer);
    let means = Means { marathon, balancer, pace, watchers: watching, hooks, check };
    let phase = found.record.phase;
    let answer = turn(found, phase, means, operator, console).await;
    let code = watchers.finish(answer, console).await?;
    Ok(ended(phase, code))
}

/// Whether a step is kept, now or later.
fn is_to_be_watched(record: &Record) -> bool {
    let steps = record.course.iter().flat_map(|course| course.steps.iter().skip(course.at));
    record.phase == Phase::Canary && steps.into_iter().any(|step| step.pause.is_some())
}

fn observe(watch: &WatchArgs, turn: &TurnArgs) -> ObserveArgs {
    ObserveArgs { record: watch.record.clone(), beside: turn.beside.clone() }
}

/// What a rollout that was taken back is for whoever waits for a new version.
const fn ended(phase: Phase, code: ExitCode) -> ExitCode {
    match (phase, code) {
        (Phase::Rollback, ExitCode::Done) => ExitCode::RolledBack,
        (_, code) => code,
    }
}

#[cfg(test)]
mod tests {
    use zdd_core::rollout::{Course, Limits, OnFailure, Pause, Split, Step, Then};
    use zdd_core::testing::record;

    use super::*;

    #[test]
    fn a_check_is_asked_where_a_step_is_kept_now_or_later() {
        let step = |pause| Step { split: Split { old: 80, new: 20 }, instances: 1, pause };
        let at = |at, phase| {
            let course = Course {
                steps: vec![step(None), step(Some(Pause::Approval)), step(None)],
                at,
                reached: None,
                limits: Limits::default(),
                then: Then::Promote,
                on_failure: OnFailure::Rollback,
            };
            is_to_be_watched(&Record { phase, course: Some(course), ..record() })
        };
        assert!(at(0, Phase::Canary));
        assert!(at(1, Phase::Canary));
        // What was kept is over; and on the way to an end nothing is.
        assert!(!at(2, Phase::Canary));
        assert!(!at(0, Phase::Promote));
        assert!(!at(0, Phase::Rollback));
        assert!(!is_to_be_watched(&record()));
    }
}
