//! What is said when a deployment is no longer followed, and the exit status.

use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;
use zdd_core::guarantee::Guarantee;
use zdd_core::standing::Standing;
use zdd_core::units::DeploymentId;
use zdd_core::verify::{Fault, Outcome, Replayed, Report, Severity};

use super::follower::Followed;
use super::outcome::Cause;
use super::{Closing, Console, How, Scope, Seen};
use crate::args::Output;
use crate::error::CliError;
use crate::exit::ExitCode;
use crate::schema::SCHEMA;
use crate::text::{BAD, BOLD, mark, styled};
use crate::verify;

/// What was asked for, to measure the end by.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) deployment: DeploymentId,
    pub(crate) scope: Scope,
    /// The guarantee that the exit status answers for.
    pub(crate) guarantee: Guarantee,
}

/// The last line with `-o json`.
#[derive(Debug, JsonSchema, Serialize)]
pub(crate) struct EndLine<'a> {
    /// Version of this form.
    schema: u32,
    /// `end`.
    event: &'static str,
    /// Id of the deployment.
    deployment: &'a str,
    /// done, stopped, taken-over, unknown, rolled-back or left.
    outcome: &'static str,
    /// The same in words.
    text: String,
    /// The exit status.
    exit: u8,
}

/// The verdict with `-o json`.
#[derive(Debug, JsonSchema, Serialize)]
pub(crate) struct VerdictLine {
    /// Version of this form.
    schema: u32,
    /// `verdict`.
    event: &'static str,
    /// One for each app, as `zdd verify` prints them.
    reports: Vec<verify::json::VerifyReport>,
}

/// Says how it ended and what the verifier makes of it.
pub(crate) fn close(
    closing: &Closing,
    followed: Followed,
    asked: &Asked,
    console: &mut Console<'_>,
) -> Result<ExitCode, CliError> {
    let Followed { mut replayed, incomplete } = followed;
    replayed.reports.retain(|report| *report.deployment == *asked.deployment.as_str());
    if let Closing::Left(_) = closing {
        replayed.reports.retain(says_more_than_unfinished);
    }
    let is_broken = is_broken(&replayed, asked.guarantee);
    let code = match exit_of(closing) {
        ExitCode::Done if is_broken => ExitCode::Violated,
        // The deployment is done, and what was asked beside it is not.
        ExitCode::Done if incomplete.is_some() => ExitCode::Usage,
        code => code,
    };
    let said = said(closing, asked);
    console.finish()?;
    match console.output {
        Output::Text => {
            writeln!(console.out, "{}", said.text)?;
            if !replayed.reports.is_empty() {
                writeln!(console.out)?;
                // What the definition says is always of interest, also where breaking it was allowed.
                let strongest = asked.guarantee.max(Guarantee::Bounds);
                verify::text::write(&replayed, strongest, console.page, &mut *console.out)?;
            }
            console.out.flush()?;
            if let Some(file) = &incomplete {
                let error = styled(BAD, "error:");
                console.note(&format!("{error} {}", incomplete_words(file)))?;
            }
            if let Some(hint) = said.hint {
                console.note(&format!("{} {hint}", styled(BOLD, "hint:")))?;
            }
        }
        Output::Json => {
            if let Some(file) = &incomplete {
                console.note(&incomplete_words(file))?;
            }
            let reports = verify::json::of(&replayed);
            console.line(&VerdictLine { schema: SCHEMA, event: "verdict", reports })?;
            console.line(&EndLine {
                schema: SCHEMA,
                event: "end",
                deployment: asked.deployment.as_str(),
                outcome: said.outcome,
                text: said.plain,
                exit: code as u8,
            })?;
        }
    }
    Ok(code)
}

/// That a deployment which was left has not ended is no judgement of it. What went wrong until then
/// is one.
fn says_more_than_unfinished(report: &Report) -> bool {
    let findings = &report.verdict.findings;
    report.outcome != Outcome::Unfinished
        || findings.iter().any(|it| {
            it.fault.severity() == Severity::Violation
                && !matches!(it.fault, Fault::NotFinished { .. })
        })
}

/// The exit status says that something was not done: this is what.
fn incomplete_words(file: &Path) -> String {
    format!("{}: incomplete: it ends before the deployment does", file.display())
}

fn is_broken(replayed: &Replayed, guarantee: Guarantee) -> bool {
    replayed.reports.iter().any(|report| report.verdict.holds(guarantee) == Some(false))
}

const fn exit_of(closing: &Closing) -> ExitCode {
    match closing {
        Closing::Ended(end) => match end.how {
            How::Done => ExitCode::Done,
            How::Stopped { .. } | How::TakenOver { .. } | How::Unknown => ExitCode::Marathon,
        },
        Closing::RolledBack(end) => match end.how {
            How::Done => ExitCode::RolledBack,
            How::Stopped { .. } | How::TakenOver { .. } | How::Unknown => ExitCode::Marathon,
        },
        Closing::Stopped(Cause::Deadline) | Closing::Left(Cause::Deadline) => ExitCode::Deadline,
        Closing::Stopped(Cause::Interrupt) | Closing::NothingToRevert => ExitCode::Marathon,
        Closing::Left(Cause::Interrupt) => ExitCode::Left,
    }
}

/// How it ended, in words.
struct Said {
    outcome: &'static str,
    plain: String,
    text: String,
    hint: Option<String>,
}

fn said(closing: &Closing, asked: &Asked) -> Said {
    let Asked { deployment, scope, .. } = asked;
    let resume = || Some(format!("`zdd resume {scope}` goes on from here"));
    let both = || {
        Some(format!("`zdd resume {scope}` follows it again, `zdd abort {scope}` takes it back"))
    };
    let (outcome, words, hint) = match closing {
        Closing::Ended(end) => {
            let standing = standing(&end.seen);
            match &end.how {
                How::Done => ("done", format!("done: {standing}"), None),
                How::Stopped { reason } => {
                    let reason = reason.as_deref().map(|it| format!(" ({it})")).unwrap_or_default();
                    let words = format!("stopped before its end{reason}: {standing}");
                    ("stopped", words, Some(format!("`zdd status {scope}` says what runs")))
                }
                How::TakenOver { by } => {
                    let by: Vec<_> = by.iter().map(DeploymentId::as_str).collect();
                    let words = format!("taken over by deployment {}", by.join(", "));
                    ("taken-over", words, resume())
                }
                How::Unknown => {
                    let words = format!("ended, and how was not seen: {standing}");
                    ("unknown", words, Some(format!("`zdd status {scope}` says what runs")))
                }
            }
        }
        Closing::RolledBack(end) if end.how == How::Done => {
            ("rolled-back", format!("taken back: {}", standing(&end.seen)), None)
        }
        Closing::RolledBack(end) => {
            let words = format!("not taken back to the end: {}", standing(&end.seen));
            ("stopped", words, resume())
        }
        Closing::Stopped(_) => (
            "stopped",
            "stopped where it was; instances of both definitions may be left".into(),
            Some(format!("`zdd status {scope}` says what runs")),
        ),
        Closing::Left(_) => ("left", "goes on without zdd".into(), both()),
        Closing::NothingToRevert => (
            "left",
            "goes on: it restarts instances of one and the same definition, and there is no other \
             to go back to"
                .into(),
            Some(format!("`zdd abort --cancel {scope}` stops it where it is")),
        ),
    };
    let plain = format!("{scope}: deployment {deployment} {words}");
    let text = mark(matches!(outcome, "done" | "rolled-back"), &plain);
    Said { outcome, plain, text, hint }
}

/// What runs at the end: of a group, the apps that are not as they should be.
fn standing(seen: &Seen) -> String {
    let apps = seen.apps.iter().filter_map(|app| Some((app.app.id(), Standing::of(app)?)));
    if seen.apps.len() == 1 {
        return apps.map(|(_, standing)| standing.to_string()).collect();
    }
    let apart: Vec<_> = apps
        .filter(|(_, standing)| !standing.is_settled())
        .map(|(app, standing)| format!("{app}: {standing}"))
        .collect();
    if apart.is_empty() { "all instances serve".into() } else { apart.join("; ") }
}
