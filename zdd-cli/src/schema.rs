//! The JSON that the verbs print, and its schemas.

use std::io::Write;
use std::time::Duration;

use schemars::{JsonSchema, Schema, schema_for};
use serde::Serialize;
use serde_json::json;

use crate::args::{SchemaArgs, SchemaOf};
use crate::check::json::CheckReport;
use crate::deploy::PlanLine;
use crate::error::CliError;
use crate::exit::ExitCode;
use crate::follow::{EndLine, Note, VerdictLine};
use crate::history::GroupReport;
use crate::jobs::Job;
use crate::live::ViewLine;
use crate::plan::json::PlanReport;
use crate::plan::rollout::RolloutReport as PlannedRollout;
use crate::rollout::{CanaryLine, CanaryReport};
use crate::split;
use crate::status::{AppReport, DeploymentsReport, SightReport};
use crate::verify::json::VerifyReport;
use crate::verify::rollout_json::RolloutReport;

/// Version of the JSON of all verbs.
pub(crate) const SCHEMA: u32 = 1;

/// How the names of guarantees look in a schema: those of `zdd_core::guarantee::Guarantee`.
#[derive(JsonSchema)]
#[schemars(rename = "Guarantee", rename_all = "kebab-case")]
#[expect(dead_code, reason = "only its schema is used")]
pub(crate) enum GuaranteeName {
    Completes,
    Bounds,
    SideBySide,
}

/// How the names of readings look in a schema: those of `zdd_core::capacity::Reading`.
#[derive(JsonSchema)]
#[schemars(rename = "Reading", rename_all = "kebab-case")]
#[expect(dead_code, reason = "only its schema is used")]
pub(crate) enum ReadingName {
    Classic,
    HealthAware,
}

/// One object for one answer, a list for several: what each verb prints.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
enum OneOrMany<T> {
    One(T),
    Many(Vec<T>),
}

/// What `verify` prints of a recording of Marathon's events, and of one of rollouts.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
enum Verified {
    Deployment(Box<VerifyReport>),
    Rollout(Box<RolloutReport>),
}

/// One line of what `deploy`, `resume` and `abort` print.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
enum DeployLine {
    Plan(Box<PlanLine>),
    /// With `--dry-run`, of what is deployed blue/green.
    Rollout(Box<PlannedRollout>),
    Note(Note<'static>),
    View(Box<ViewLine>),
    Verdict(VerdictLine),
    End(EndLine<'static>),
    /// Of what is deployed blue/green, or is a canary.
    Canary(CanaryLine<'static>),
}

/// One line of what `canary start`, `promote`, `rollback` and `hold` print.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
enum CarryLine {
    Canary(CanaryLine<'static>),
    Note(Note<'static>),
    /// With `--dry-run`.
    Rollout(Box<PlannedRollout>),
}

/// What `status` prints: without an id the deployments, with one the apps or a rollout.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
enum StatusReport {
    Deployments(DeploymentsReport),
    App(Box<AppReport>),
    Apps(Vec<AppReport>),
    Rollout(Box<SightReport>),
}

pub(crate) fn run(args: &SchemaArgs, out: &mut impl Write) -> Result<ExitCode, CliError> {
    match args.verb {
        Some(verb) => write_json(&of(verb), out)?,
        None => write_json(
            &json!({
                "check": of(SchemaOf::Check),
                "plan": of(SchemaOf::Plan),
                "verify": of(SchemaOf::Verify),
                "deploy": of(SchemaOf::Deploy),
                "status": of(SchemaOf::Status),
                "canary": of(SchemaOf::Canary),
                "canary-status": of(SchemaOf::CanaryStatus),
                "history": of(SchemaOf::History),
                "split": of(SchemaOf::Split),
                "jobs": of(SchemaOf::Jobs),
            }),
            out,
        )?,
    }
    Ok(ExitCode::Done)
}

fn of(verb: SchemaOf) -> Schema {
    match verb {
        SchemaOf::Check => schema_for!(OneOrMany<CheckReport>),
        SchemaOf::Plan => schema_for!(PlanReport),
        SchemaOf::Verify => schema_for!(OneOrMany<Verified>),
        SchemaOf::Deploy => schema_for!(DeployLine),
        SchemaOf::Status => schema_for!(StatusReport),
        SchemaOf::Canary => schema_for!(CarryLine),
        SchemaOf::CanaryStatus => schema_for!(Vec<CanaryReport>),
        SchemaOf::History => schema_for!(Vec<GroupReport>),
        SchemaOf::Split => schema_for!(split::Report),
        SchemaOf::Jobs => schema_for!(Vec<Job>),
    }
}

/// A length of time in milliseconds.
pub(crate) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Writes `value` over several lines, with a last line end.
pub(crate) fn write_json(
    value: &(impl Serialize + ?Sized),
    out: &mut (impl Write + ?Sized),
) -> Result<(), CliError> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    writeln!(out)?;
    Ok(())
}
