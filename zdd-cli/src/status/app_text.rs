//! One app for people: what should run, what runs, and what is in the way.

use std::io::{self, Write};

use zdd_core::ports::{AppStatus, TaskFailure};
use zdd_core::rollout::history::REVISION;
use zdd_core::watch::{Moment, Reason, Watch};

use crate::follow::Seen;
use crate::live::{self, Ids};
use crate::text::{DIM, NOTE, Page, Time, styled};

pub(super) fn app(
    status: &AppStatus,
    seen: &Seen,
    page: Page,
    out: &mut dyn Write,
) -> io::Result<()> {
    let moment =
        Moment { now: seen.at, app: status, deployments: &seen.deployments, queue: &seen.queue };
    let view = Watch::new().look(&moment);
    for line in live::app(&view, seen.at, page.width, Ids::Whole, None) {
        writeln!(out, "{line}")?;
    }
    if let Some(revision) = status.app.labels().get(REVISION) {
        writeln!(out, "{}", styled(DIM, format!("  revision {revision}")))?;
    }
    let is_told =
        view.waiting.iter().any(|waiting| matches!(waiting.reason, Reason::LaunchDelay { .. }));
    match &status.last_task_failure {
        Some(failure) if !is_told => last_failure(failure, seen, page, out),
        _ => Ok(()),
    }
}

fn last_failure(
    failure: &TaskFailure,
    seen: &Seen,
    page: Page,
    out: &mut dyn Write,
) -> io::Result<()> {
    let when = failure.at.map_or_else(String::new, |at| {
        format!(" {} ago", Time(std::time::Duration::from_secs(seen.at.since(at).as_secs())))
    });
    let TaskFailure { task, state, message, .. } = failure;
    let text = format!("! last failure{when}: {task} {state}: {message}");
    writeln!(out, "{}", styled(NOTE, page.hanging(2, 4, &text)))
}
