//! The verb itself.

use std::collections::BTreeSet;
use std::io::Write;
use std::rc::Rc;

use zdd_core::app::{App, Document};
use zdd_core::ports::Marathon;

use super::json::CheckReport;
use super::subject::Subject;
use super::text;
use crate::args::{CheckArgs, Output};
use crate::error::CliError;
use crate::exit::ExitCode;
use crate::fit::Place;
use crate::input::{self, Source};
use crate::schema::write_json;
use crate::text::Page;

type Documents = Vec<(Source, Document)>;

/// Checks what files say.
pub(crate) fn run(
    args: &CheckArgs,
    page: Page,
    out: &mut (impl Write + ?Sized),
) -> Result<ExitCode, CliError> {
    let documents = input::documents(&args.files)?;
    let place = Place::of_file(&args.cluster, args.numbers)?;
    answer(args, &documents, place.as_ref(), page, out)
}

/// Checks what files say, on a cluster that somebody has to be asked about.
pub(crate) async fn run_on(
    args: &CheckArgs,
    marathon: Option<&dyn Marathon>,
    page: Page,
    out: &mut (impl Write + ?Sized),
) -> Result<ExitCode, CliError> {
    let documents = input::documents(&args.files)?;
    let apps = documents.iter().flat_map(|(_, document)| document.apps());
    let apps: BTreeSet<_> = apps.map(|app| app.id().clone()).collect();
    let place = Place::of(&args.cluster, &args.connect, args.numbers, marathon, &apps).await?;
    answer(args, &documents, place.as_ref(), page, out)
}

fn answer(
    args: &CheckArgs,
    documents: &Documents,
    place: Option<&Place>,
    page: Page,
    out: &mut (impl Write + ?Sized),
) -> Result<ExitCode, CliError> {
    let subjects = subjects(args, documents, place)?;
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
    let is_kept = subjects.iter().all(|subject| subject.holds(args.guarantee));
    Ok(if is_kept { ExitCode::Done } else { ExitCode::NotSatisfiable })
}

fn subjects(
    args: &CheckArgs,
    documents: &Documents,
    place: Option<&Place>,
) -> Result<Vec<Subject>, CliError> {
    let mut subjects = Vec::new();
    if args.files.is_empty() {
        let instances = args.numbers.instances.ok_or(CliError::NothingGiven)?;
        subjects.push(Subject::of_numbers(instances, args)?);
    }
    for (source, document) in documents {
        let group = match (place, document) {
            (Some(place), Document::Group(group)) => Some(Rc::new(place.of_group(None, group)?)),
            _ => None,
        };
        for app in document.apps() {
            let mut subject = Subject::of_app(app, source.clone(), args)?;
            subject.fits = match (&group, place) {
                (Some(group), _) => Some(Rc::clone(group)),
                (None, Some(place)) => Some(Rc::new(alone(args, place, app)?)),
                (None, None) => None,
            };
            subjects.push(subject);
        }
    }
    Ok(subjects)
}

/// Whether an app fits with nothing else changing.
fn alone(args: &CheckArgs, place: &Place, app: &App) -> Result<crate::fit::Answer, CliError> {
    place.of_upgrade(None, &args.numbers.override_in(app.clone()))
}
