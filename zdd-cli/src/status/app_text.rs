//! One app for people: what should run, what runs, and what is in the way.

use std::io::{self, Write};

use zdd_core::ports::{AppStatus, QueueItem, Task, TaskState};
use zdd_core::standing::{Age, Standing};
use zdd_core::units::Timestamp;

use crate::follow::Seen;
use crate::text::{BAD, BOLD, DIM, NOTE, Page, Time, mark, plural, styled};

/// Instances beyond these are counted.
const SHOWN: usize = 50;

pub(super) fn app(
    status: &AppStatus,
    seen: &Seen,
    page: Page,
    out: &mut dyn Write,
) -> io::Result<()> {
    intent(status, seen, out)?;
    reality(status, seen.at, out)?;
    reasons(status, seen, page, out)
}

/// What should run.
fn intent(status: &AppStatus, seen: &Seen, out: &mut dyn Write) -> io::Result<()> {
    let app = &status.app;
    let instances = plural(app.instances().get(), "instance");
    let version = match app.version() {
        Some(version) => format!(" of version {version}, {} old", ago(seen.at, version)),
        None => String::new(),
    };
    writeln!(out, "{}: {instances}{version}", styled(BOLD, app.id()))?;
    for id in &status.deployments {
        match seen.deployment(id) {
            Some(deployment) => {
                let actions = deployment.current_actions.iter().filter(|it| it.app == *app.id());
                let actions: Vec<_> = actions.map(|action| action.action.as_str()).collect();
                let now = if actions.is_empty() { "another app" } else { &actions.join(", ") };
                writeln!(
                    out,
                    "  deployment {id}: step {} of {}, {now}",
                    deployment.current_step, deployment.total_steps
                )?;
            }
            None => writeln!(out, "  deployment {id}")?,
        }
    }
    Ok(())
}

/// What runs.
fn reality(status: &AppStatus, now: Timestamp, out: &mut dyn Write) -> io::Result<()> {
    let Some(standing) = Standing::of(status) else { return Ok(()) };
    writeln!(out, "  {}", mark(standing.is_settled(), &standing.to_string()))?;
    let mut tasks: Vec<_> = status.tasks.iter().flatten().collect();
    tasks.sort_by_key(|task| (task.version, task.staged_at, task.id.clone()));
    for task in tasks.iter().take(SHOWN) {
        let age = match Age::of(task, &status.app) {
            Age::Old => styled(DIM, "old"),
            Age::Current => "new".into(),
        };
        let since = task.started_at.or(task.staged_at);
        let since = since.map_or_else(String::new, |since| format!("  {}", ago(now, since)));
        let (place, state) = (place(task), state(task, !status.app.health_checks().is_empty()));
        writeln!(out, "  {age}  {}  {state}{place}{since}", task.id)?;
    }
    match tasks.len().saturating_sub(SHOWN) {
        0 => Ok(()),
        more => writeln!(out, "  and {more} more"),
    }
}

fn state(task: &Task, is_checked: bool) -> String {
    match (&task.state, task.is_healthy()) {
        (TaskState::Running, Some(true)) => "✔ healthy".into(),
        (TaskState::Running, Some(false)) => styled(BAD, "✖ unhealthy"),
        (TaskState::Running, None) if is_checked => "◌ running, no check passed yet".into(),
        (TaskState::Running, None) => "• running".into(),
        (TaskState::Staging, _) => "◌ staging".into(),
        (TaskState::Starting, _) => "◌ starting".into(),
        (TaskState::Killing, _) => "× stopping".into(),
        (TaskState::Unreachable, _) => styled(BAD, "? unreachable"),
        (TaskState::Other(word), _) => format!("? {word}"),
    }
}

fn place(task: &Task) -> String {
    match (&task.host, task.ports.first()) {
        (Some(host), Some(port)) => format!("  {host}:{port}"),
        (Some(host), None) => format!("  {host}"),
        (None, _) => String::new(),
    }
}

/// What is in the way.
fn reasons(status: &AppStatus, seen: &Seen, page: Page, out: &mut dyn Write) -> io::Result<()> {
    let mut say = |text: &str| writeln!(out, "{}", styled(NOTE, page.hanging(2, 4, text)));
    for item in seen.queue.iter().filter(|item| item.app == *status.app.id()) {
        say(&waiting(item))?;
    }
    for task in status.tasks.iter().flatten() {
        for failing in task.health.iter().filter(|result| !result.alive) {
            let cause = failing.last_failure_cause.as_deref().unwrap_or("no cause given");
            let times = plural(failing.consecutive_failures, "failure");
            say(&format!("! {}: health check fails, {times} in a row: {cause}", task.id))?;
        }
    }
    for readiness in status.readiness.iter().filter(|readiness| !readiness.ready) {
        let answer = match readiness.last_status {
            Some(status) => format!(", last answer {status}"),
            None => ", no answer yet".into(),
        };
        say(&format!("! {}: not ready ({}){answer}", readiness.task, readiness.name))?;
    }
    if let Some(failure) = &status.last_task_failure {
        let when = failure.at.map_or_else(String::new, |at| format!(" {} ago", ago(seen.at, at)));
        let (task, state, message) = (&failure.task, &failure.state, &failure.message);
        say(&format!("! last failure{when}: {task} {state}: {message}"))?;
    }
    Ok(())
}

/// Why instances are not launched.
fn waiting(item: &QueueItem) -> String {
    let declined = item.offers.rejected.iter().filter(|it| it.declined > 0);
    let declined: Vec<_> =
        declined.map(|it| format!("{} ({} of {})", it.reason, it.declined, it.processed)).collect();
    let why = if !item.overdue {
        format!("the launch delay after failures goes on for {}", Time(item.delay))
    } else if declined.is_empty() {
        "no offer was looked at yet".into()
    } else {
        format!("offers declined: {}", declined.join(", "))
    };
    format!("! {} to be launched: {why}", plural(item.count, "instance"))
}

/// A length of time, in whole seconds.
fn ago(now: Timestamp, then: Timestamp) -> Time {
    Time(std::time::Duration::from_secs(now.since(then).as_secs()))
}
