//! Deployment groups: which tasks of the old app make place for those of the new one.

use std::collections::BTreeSet;

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use zdd_core::app::App;
use zdd_core::ports::{AppStatus, Task};
use zdd_core::units::TaskId;

use super::build::Merge;
use super::labels::{NEW, STARTED_AT, TARGET, wrong};
use super::problem::{Problem, Reason};
use super::tasks::{is_alive, is_serving};

/// An app, or what came of merging some.
#[derive(Clone, Debug)]
pub(super) struct Merged<'a> {
    /// Whose labels, ports and checks count.
    pub(super) app: &'a App,
    /// With whether each is draining.
    pub(super) tasks: Vec<(&'a Task, bool)>,
}

/// How apps are merged, and what was so before.
#[derive(Clone, Copy)]
pub(super) struct Merging<'m> {
    pub(super) how: Merge,
    /// Tasks that are draining already.
    pub(super) draining: &'m BTreeSet<TaskId>,
}

impl<'a> Merged<'a> {
    pub(super) fn of(status: &'a AppStatus) -> Self {
        let tasks = status.tasks.iter().flatten().map(|task| (task, false)).collect();
        Self { app: &status.app, tasks }
    }
}

/// Merges what came so far of a group with one more app of it.
///
/// Source: marathon-lb, whose order of decisions is kept, so that tools which count on it can go on.
pub(super) fn merge<'a>(
    so_far: Merged<'a>,
    listed: Merged<'a>,
    merging: Merging<'_>,
    problems: &mut Vec<Problem>,
) -> Merged<'a> {
    let how = merging.how;
    let has_checks = !listed.app.health_checks().is_empty();
    let mut started = |app| {
        started_at(app).unwrap_or_else(|problem| {
            problems.push(problem);
            None
        })
    };
    // The first that is listed is the newer of two that started together.
    let (mut old, mut new) =
        if started(so_far.app) < started(listed.app) { (so_far, listed) } else { (listed, so_far) };
    let is_counted = new.app.labels().contains_key(NEW);
    if how == Merge::MarathonLb && is_counted && scaled_at(old.app) > scaled_at(new.app) {
        (old, new) = (new, old);
    }
    let target = match target(new.app, is_counted) {
        Ok(target) => Some(target),
        Err(problem) => {
            problems.push(problem);
            None
        }
    };
    let healthy = match how {
        Merge::MarathonLb if !has_checks => u64::from(new.app.instances().get()),
        // One that is being killed may still be healthy.
        Merge::MarathonLb => count(&new, |task| is_serving(task) && is_alive(task)),
        Merge::Mended if new.app.health_checks().is_empty() => count(&new, is_serving),
        Merge::Mended => count(&new, |task| is_serving(task) && task.is_healthy() == Some(true)),
    };
    // Nor do those count that were told to stop.
    let healthy = if new.app.health_checks().is_empty() {
        healthy
    } else {
        healthy.saturating_sub(n_leaving(&new) as u64)
    };
    let spare = target.map_or(0, |target| {
        (healthy + u64::from(old.app.instances().get())).saturating_sub(target)
    });
    let n_draining = usize::try_from(healthy.min(spare)).unwrap_or(usize::MAX);
    take_out(&mut old, n_draining, merging.draining);
    take_out(&mut new, 0, merging.draining);
    old.tasks.append(&mut new.tasks);
    old
}

/// Lets so many tasks drain, and of those that drain already as many as Marathon has told to stop.
///
/// It still lists them as running then, and counts them no more among the instances. marathon-lb does not
/// look at that: it brings them back for the time that they take to end, and loses what they get. Which ones
/// it has told is not said; whoever stops drained ones has drained them before, here or by the admin socket.
fn take_out(app: &mut Merged<'_>, n_draining: usize, draining: &BTreeSet<TaskId>) {
    app.tasks.sort_by_key(|(task, _)| task.id.as_str());
    let n_leaving = n_leaving(app);
    for (_, is_draining) in app.tasks.iter_mut().take(n_draining) {
        *is_draining = true;
    }
    let stay =
        app.tasks.iter_mut().skip(n_draining).filter(|(task, _)| draining.contains(&task.id));
    for (_, is_draining) in stay.take(n_leaving) {
        *is_draining = true;
    }
}

/// How many tasks are listed beyond the instances that there are to be.
fn n_leaving(app: &Merged<'_>) -> usize {
    let wanted = usize::try_from(app.app.instances().get()).unwrap_or(usize::MAX);
    app.tasks.iter().filter(|(task, _)| is_serving(task)).count().saturating_sub(wanted)
}

fn count(app: &Merged<'_>, counts: impl Fn(&Task) -> bool) -> u64 {
    app.tasks.iter().filter(|(task, _)| counts(task)).count() as u64
}

/// How many there shall be in the end. Where nobody counts, one that is there is enough.
fn target(app: &App, is_counted: bool) -> Result<u64, Problem> {
    if !is_counted {
        return Ok(1);
    }
    let problem = |reason| Problem { app: app.id().clone(), reason };
    let text = app.labels().get(TARGET).ok_or_else(|| problem(Reason::MissingTarget))?;
    text.trim()
        .parse::<u32>()
        .map(u64::from)
        .map_err(|_| problem(wrong(TARGET.into(), text, "a number of instances")))
}

/// When its deployment began. `None` is before all others. Without a zone it is taken for UTC.
fn started_at(app: &App) -> Result<Option<Timestamp>, Problem> {
    let Some(text) = app.labels().get(STARTED_AT) else { return Ok(None) };
    let moment = text.parse::<Timestamp>().ok().or_else(|| {
        let local = text.parse::<DateTime>().ok()?;
        Some(local.to_zoned(TimeZone::UTC).ok()?.timestamp())
    });
    moment.map(Some).ok_or_else(|| Problem {
        app: app.id().clone(),
        reason: wrong(STARTED_AT.into(), text, "a date and time"),
    })
}

fn scaled_at(app: &App) -> Option<zdd_core::units::Timestamp> {
    app.version_info().map(|info| info.last_scaling_at)
}
