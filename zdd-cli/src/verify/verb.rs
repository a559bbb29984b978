//! The verb itself.

use std::io::{self, Read, Write};

use zdd_core::app::App;
use zdd_core::guarantee::Guarantee;
use zdd_core::verify::rollout::is_rollout;
use zdd_core::verify::{Facts, LogReader, Replay, Replayed};

use super::{json, rollout, text};
use crate::args::{PlanOutput, VerifyArgs};
use crate::chart::Chart;
use crate::error::CliError;
use crate::exit::ExitCode;
use crate::input::{self, Source};
use crate::schema::write_json;
use crate::text::{Page, plural};

/// Bytes that are read at a time.
pub(super) const PIECE: usize = 1 << 16;

pub(crate) fn run(
    args: &VerifyArgs,
    page: Page,
    out: &mut impl Write,
) -> Result<ExitCode, CliError> {
    let source = Source::from(args.log.as_path());
    let mut recording = source.open().map_err(|error| CliError::Files(vec![error]))?;
    let begun = beginning(&mut recording)
        .map_err(|error| CliError::Files(vec![source.error(error.into())]))?;
    if is_rollout(&begun) {
        return rollout::run(args, source, &begun, recording, page, out);
    }
    let mut replayed = replay(&source, begun.chain(recording), definitions(args)?)?;
    if replayed.reports.is_empty() {
        return Err(CliError::NoDeployment(source));
    }
    if let Some(app) = &args.app {
        replayed.reports.retain(|report| &*report.app == app.as_str());
        if replayed.reports.is_empty() {
            return Err(CliError::NoDeploymentOf { source_name: source, app: app.to_string() });
        }
    }
    match args.output {
        PlanOutput::Text => text::write(&replayed, Guarantee::SideBySide, page, out)?,
        PlanOutput::Json => match json::of(&replayed).as_slice() {
            [report] => write_json(report, out)?,
            reports => write_json(reports, out)?,
        },
        PlanOutput::Svg => match replayed.reports.as_slice() {
            [report] => write!(out, "{}", Chart::of_recording(report))?,
            reports => {
                let what = format!("a recording of {}", plural(reports.len() as u64, "deployment"));
                return Err(CliError::NoPicture { what });
            }
        },
    }
    let broken = |holds: Option<bool>| holds == Some(false);
    let mut verdicts = replayed.reports.iter().map(|report| report.verdict.holds(args.guarantee));
    Ok(if verdicts.any(broken) { ExitCode::Violated } else { ExitCode::Done })
}

/// The first piece of a recording, or all of it: as much as it takes to tell what it is of.
fn beginning(recording: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut begun = Vec::new();
    recording.take(PIECE as u64).read_to_end(&mut begun)?;
    Ok(begun)
}

/// A replay that knows what the caller says of apps.
fn definitions(args: &VerifyArgs) -> Result<Replay, CliError> {
    let mut replay = match args.output {
        PlanOutput::Svg => Replay::new().with_states(),
        PlanOutput::Text | PlanOutput::Json => Replay::new(),
    };
    for (_, document) in input::documents(args.definition.as_slice())? {
        for app in document.apps() {
            replay = replay.with_definition(app.id().as_str(), facts(app));
        }
    }
    Ok(replay)
}

/// What a definition says that the verifier has to know.
fn facts(app: &App) -> Facts {
    Facts {
        instances: Some(app.instances()),
        strategy: Some(app.upgrade_strategy()),
        has_health_checks: !app.health_checks().is_empty(),
        has_readiness_checks: app.readiness_check().is_some(),
    }
}

/// Reads a whole recording, piece by piece: what lives in it fills memory, its length does not.
fn replay(
    source: &Source,
    mut recording: impl Read,
    mut replay: Replay,
) -> Result<Replayed, CliError> {
    let failed = |error: io::Error| CliError::Files(vec![source.error(error.into())]);
    let mut reader = LogReader::new();
    let mut piece = vec![0; PIECE];
    loop {
        match recording.read(&mut piece) {
            Ok(0) => break,
            Ok(n) => reader.push(&piece[..n], &mut |event| replay.push(&event)),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(failed(error)),
        }
    }
    let issues = reader.finish(&mut |event| replay.push(&event));
    Ok(replay.finish(issues))
}
