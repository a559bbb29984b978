//! Judges a recording of rollouts.

use std::io::{self, Read, Write};

use zdd_core::verify::rollout::wire::Begin;
use zdd_core::verify::rollout::{Reader, Report, Reviewed};

use super::{rollout_json, rollout_text};
use crate::args::{PlanOutput, VerifyArgs};
use crate::error::CliError;
use crate::exit::ExitCode;
use crate::input::Source;
use crate::schema::write_json;
use crate::text::Page;

/// Judges the recording whose beginning was read already, as far as `begun`.
pub(super) fn run(
    args: &VerifyArgs,
    source: Source,
    begun: &[u8],
    rest: impl Read,
    page: Page,
    out: &mut impl Write,
) -> Result<ExitCode, CliError> {
    if args.definition.is_some() {
        return Err(CliError::NotForRollouts { given: "--definition" });
    }
    let mut reviewed = review(&source, begun, rest)?;
    if reviewed.reports.is_empty() {
        return Err(CliError::NoDeployment(source));
    }
    if let Some(app) = &args.app {
        let is_of = |begin: &Begin| begin.new == *app || begin.old.as_ref() == Some(app);
        reviewed.reports.retain(|report| is_of(&report.begin));
        if reviewed.reports.is_empty() {
            return Err(CliError::NoDeploymentOf { source_name: source, app: app.to_string() });
        }
    }
    match args.output {
        PlanOutput::Text => rollout_text::write(&reviewed, page, out)?,
        PlanOutput::Json => match rollout_json::of(&reviewed).as_slice() {
            [report] => write_json(report, out)?,
            reports => write_json(reports, out)?,
        },
        PlanOutput::Svg => {
            let what = "a recording of a rollout, which has two apps and a balancer".into();
            return Err(CliError::NoPicture { what });
        }
    }
    let is_violated = reviewed.reports.iter().any(Report::is_violated);
    Ok(if is_violated { ExitCode::Violated } else { ExitCode::Done })
}

fn review(source: &Source, begun: &[u8], mut rest: impl Read) -> Result<Reviewed, CliError> {
    let newer = |newer| CliError::NewerRecording { source_name: source.clone(), newer };
    let mut reader = Reader::new();
    reader.push(begun).map_err(newer)?;
    let mut piece = vec![0; super::verb::PIECE];
    loop {
        match rest.read(&mut piece) {
            Ok(0) => return reader.finish().map_err(newer),
            Ok(n) => reader.push(&piece[..n]).map_err(newer)?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(CliError::Files(vec![source.error(error.into())])),
        }
    }
}
