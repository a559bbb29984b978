//! Why what runs is not what is intended.

use alloc::vec::Vec;
use core::cmp::Reverse;

use super::intent::Intent;
use super::look::Moment;
use super::reason::{Reason, Waiting};
use super::seat::{Condition, Seat};
use crate::ports::{HealthResult, QueueItem, Rejected};
use crate::standing::Standing;
use crate::units::Timestamp;

/// All reasons, the most serious first; none when nothing is waited for.
pub(super) fn reasons(
    moment: &Moment<'_>,
    intent: &Intent,
    seats: &[Seat],
    standing: Option<Standing>,
) -> Vec<Waiting> {
    let mut all = Vec::new();
    let queue = moment.queue.iter().filter(|item| item.app == intent.app);
    all.extend(queue.filter_map(|item| of_queue(item, moment)));
    seats.iter().filter_map(|seat| of_seat(seat, moment)).for_each(|one| join(&mut all, one));
    if intent.is_deployed() && all.is_empty() {
        let is_settled = standing.is_some_and(|standing| standing.is_settled());
        let others = of_others(moment, intent, is_settled);
        all.push(others.unwrap_or_else(|| of_rest(moment, seats, standing)));
    }
    all.sort_by_key(|waiting| weight(&waiting.reason));
    all
}

/// The most serious are the lightest.
const fn weight(reason: &Reason) -> u8 {
    match reason {
        Reason::LaunchDelay { .. } => 0,
        Reason::HealthFailing { .. } => 1,
        Reason::OffersDeclined { .. } => 2,
        Reason::Unreachable => 3,
        Reason::NoOffers => 4,
        Reason::NotReady { .. } => 5,
        Reason::Starting => 6,
        Reason::Unchecked => 7,
        Reason::KillGrace { .. } => 8,
        Reason::OldLeft { .. } | Reason::TooMany { .. } => 9,
        Reason::OtherApps { .. } => 10,
        Reason::Unknown => 11,
    }
}

/// Why instances are not launched.
fn of_queue(item: &QueueItem, moment: &Moment<'_>) -> Option<Waiting> {
    let QueueItem { count, delay, overdue, since, offers, .. } = item;
    let mut declined: Vec<Rejected> =
        offers.rejected.iter().filter(|it| it.declined > 0).cloned().collect();
    declined.sort_by_key(|it| Reverse(it.declined));
    let (reason, until) = if !overdue && !delay.is_zero() {
        let last = moment.app.last_task_failure.clone();
        (Reason::LaunchDelay { last }, Some(moment.now.saturating_add(*delay)))
    } else if declined.is_empty() {
        (Reason::NoOffers, None)
    } else {
        (Reason::OffersDeclined { declined }, None)
    };
    // An item without instances only remembers a delay.
    (*count > 0).then(|| Waiting { reason, count: *count, tasks: Vec::new(), since: *since, until })
}

/// What one instance is waited for.
fn of_seat(seat: &Seat, moment: &Moment<'_>) -> Option<Waiting> {
    let app = &moment.app.app;
    let checks = app.health_checks();
    let after = |time| seat.since.map(|since: Timestamp| since.saturating_add(time));
    let (reason, until) = match &seat.condition {
        Condition::Serving | Condition::Ended(_) => return None,
        Condition::Starting => (Reason::Starting, None),
        Condition::Unreachable => (Reason::Unreachable, None),
        Condition::Unchecked => {
            let grace = checks.iter().map(|check| check.grace_period).max();
            (Reason::Unchecked, grace.and_then(after))
        }
        Condition::Stopping => {
            let grace = app.kill_grace();
            (Reason::KillGrace { grace }, grace.and_then(after))
        }
        Condition::NotReady => {
            let result =
                moment.app.readiness.iter().find(|it| it.task == seat.task && !it.ready)?;
            let check = result.name.clone();
            (Reason::NotReady { check, last_status: result.last_status }, None)
        }
        Condition::Unhealthy => (failing(seat, moment)?, None),
    };
    let tasks = alloc::vec![seat.task.clone()];
    Some(Waiting { reason, count: 1, tasks, since: seat.since, until })
}

/// How the worst check of an instance fails.
fn failing(seat: &Seat, moment: &Moment<'_>) -> Option<Reason> {
    let task = moment.app.tasks.iter().flatten().find(|task| task.id == seat.task)?;
    let checks = moment.app.app.health_checks();
    let results = task.health.iter().enumerate().filter(|(_, result)| !result.alive);
    let worst = results.max_by_key(|(_, result)| result.consecutive_failures);
    let (index, HealthResult { consecutive_failures, last_failure_cause, .. }) = worst?;
    // Results come in the order of the checks, unless some are missing.
    let check = if task.health.len() == checks.len() { checks.get(index) } else { None };
    let most = check.map(|check| check.max_consecutive_failures).filter(|most| *most > 0);
    let cause = last_failure_cause.clone();
    Some(Reason::HealthFailing { failures: *consecutive_failures, allowed: most, cause })
}

/// Adds a reason to those of its kind, so that forty instances that fail alike are one line.
fn join(all: &mut Vec<Waiting>, one: Waiting) {
    let Some(same) = all.iter_mut().find(|other| is_alike(&other.reason, &one.reason)) else {
        return all.push(one);
    };
    if let (Reason::HealthFailing { failures, .. }, Reason::HealthFailing { failures: more, .. }) =
        (&mut same.reason, &one.reason)
    {
        *failures = (*failures).max(*more);
    }
    same.count = same.count.saturating_add(one.count);
    same.tasks.extend(one.tasks);
    same.since = earlier(same.since, one.since);
    same.until = same.until.max(one.until);
}

fn is_alike(one: &Reason, other: &Reason) -> bool {
    match (one, other) {
        (
            Reason::HealthFailing { cause, allowed, .. },
            Reason::HealthFailing { cause: other, allowed: most, .. },
        ) => cause == other && allowed == most,
        (one, other) => one == other,
    }
}

fn earlier(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// Other apps, where it is their turn, or where this one is as it should be.
fn of_others(moment: &Moment<'_>, intent: &Intent, is_settled: bool) -> Option<Waiting> {
    let deployment =
        moment.deployments.iter().find(|one| Some(&one.id) == intent.deployment.as_ref())?;
    if intent.action.is_some() && !is_settled {
        return None;
    }
    let apps = deployment.current_actions.iter().map(|action| action.app.clone());
    let apps: Vec<_> = apps.filter(|app| *app != intent.app).collect();
    let reason = Reason::OtherApps { apps: apps.clone() };
    (!apps.is_empty()).then(|| Waiting::new(reason, Vec::new()))
}

/// What is left when no instance and nothing in the queue says anything.
fn of_rest(moment: &Moment<'_>, seats: &[Seat], standing: Option<Standing>) -> Waiting {
    let tasks = |of: &dyn Fn(&&Seat) -> bool| -> Vec<_> {
        seats.iter().filter(of).map(|seat| seat.task.clone()).collect()
    };
    let is_there = |seat: &Seat| !matches!(seat.condition, Condition::Ended(_));
    if let Some(check) = moment.app.app.readiness_check() {
        // Marathon has asked, and there is no answer yet.
        let is_ready = |seat: &Seat| moment.app.readiness.iter().any(|it| it.task == seat.task);
        let unasked = tasks(&|seat| seat.is_new() && is_there(seat) && !is_ready(seat));
        if !unasked.is_empty() {
            let check = check.name.clone();
            return Waiting::new(Reason::NotReady { check, last_status: None }, unasked);
        }
    }
    let grace = moment.app.app.kill_grace();
    let old = tasks(&|seat| !seat.is_new() && is_there(seat));
    if !old.is_empty() {
        return Waiting::new(Reason::OldLeft { grace }, old);
    }
    match standing.map(|standing| standing.current.saturating_sub(standing.wanted)) {
        Some(count) if count > 0 => {
            Waiting { count, ..Waiting::new(Reason::TooMany { grace }, Vec::new()) }
        }
        _ => Waiting::new(Reason::Unknown, Vec::new()),
    }
}
