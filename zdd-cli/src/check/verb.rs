//! The verb itself.

use std::io::Write;

use super::json::CheckReport;
use super::subject::Subject;
use super::text;
use crate::args::{CheckArgs, Output};
use crate::error::CliError;
use crate::exit::ExitCode;
use crate::input;
use crate::schema::write_json;
use crate::text::Page;

pub(crate) fn run(
    args: &CheckArgs,
    page: Page,
    out: &mut impl Write,
) -> Result<ExitCode, CliError> {
    let subjects = subjects(args)?;
    match args.output {
        Output::Text => text::write(&subjects, args.guarantee, page, out)?,
        Output::Json => {
            let reports: Vec<_> = subjects.iter().map(CheckReport::of).collect();
            match reports.as_slice() {
                [report] if args.files.len() < 2 => write_json(report, out)?,
                reports => write_json(reports, out)?,
            }
        }
    }
    let is_satisfiable =
        |subject: &Subject| subject.check.verdict(args.guarantee).satisfiable.holds();
    Ok(if subjects.iter().all(is_satisfiable) { ExitCode::Done } else { ExitCode::NotSatisfiable })
}

fn subjects(args: &CheckArgs) -> Result<Vec<Subject>, CliError> {
    let mut subjects = Vec::new();
    if args.files.is_empty() {
        let instances = args.numbers.instances.ok_or(CliError::NothingGiven)?;
        subjects.push(Subject::of_numbers(instances, args)?);
    }
    for (source, document) in input::documents(&args.files)? {
        for app in document.apps() {
            subjects.push(Subject::of_app(app, source.clone(), args)?);
        }
    }
    Ok(subjects)
}
