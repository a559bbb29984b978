//! The verb itself.

use std::collections::BTreeSet;
use std::io::Write;

use zdd_core::app::{App, Document};
use zdd_core::ports::Marathon;
use zdd_core::rollout::forecast::{Binding, Sight};
use zdd_core::units::AppId;

use super::group::GroupPlan;
use super::json::{GroupReport, ReplacementReport, ScalingReport};
use super::rollout::{BindingReport, Either};
use super::subject::{One, Subject, one};
use super::text;
use crate::args::{PlanArgs, PlanCommand, PlanOutput};
use crate::chart::Chart;
use crate::connect::balancer;
use crate::deploy::{all_unversioned, unversioned};
use crate::error::CliError;
use crate::exit::ExitCode;
use crate::fit::{Answer, FitReport, Place};
use crate::input::Source;
use crate::schema::write_json;
use crate::text::Page;

/// Plans from files.
pub(crate) fn run(
    args: &PlanCommand,
    page: Page,
    out: &mut (impl Write + ?Sized),
) -> Result<ExitCode, CliError> {
    let place = Place::of_file(&args.cluster, args.plan.numbers)?;
    of_files(args, place.as_ref(), page, out)
}

/// Plans from files, on a cluster that its master has to be asked about.
pub(crate) async fn run_on_mesos(
    args: &PlanCommand,
    page: Page,
    out: &mut (impl Write + ?Sized),
) -> Result<ExitCode, CliError> {
    let nothing = BTreeSet::new();
    let place = Place::of(&args.cluster, &args.connect, args.plan.numbers, None, &nothing).await?;
    of_files(args, place.as_ref(), page, out)
}

fn of_files(
    args: &PlanCommand,
    place: Option<&Place>,
    page: Page,
    out: &mut (impl Write + ?Sized),
) -> Result<ExitCode, CliError> {
    match Either::of(args)? {
        Either::Upgrade(documents) => upgrade(&args.plan, documents, None, place, page, out),
        Either::Rollout(asked) => asked.show(args, place, page, out),
    }
}

/// Plans from what runs.
pub(crate) async fn run_live(
    args: &PlanCommand,
    marathon: &dyn Marathon,
    page: Page,
    out: &mut (impl Write + ?Sized),
) -> Result<ExitCode, CliError> {
    match Either::of(args)? {
        Either::Upgrade(documents) => {
            let (documents, bound) = beside_running(args, documents, marathon).await?;
            let apps = documents.iter().flat_map(|(_, document)| document.apps());
            let apps = apps.map(|app| app.id().clone()).collect();
            let place = place(args, marathon, &apps).await?;
            upgrade(&args.plan, documents, bound, place.as_ref(), page, out)
        }
        Either::Rollout(asked) => {
            let balancer = balancer(&args.balancer)?;
            asked.show_live(args, marathon, balancer.as_deref(), page, out).await
        }
    }
}

/// A definition with the one that runs, and what a plan of them is bound to.
async fn beside_running(
    args: &PlanCommand,
    documents: Vec<(Source, Document)>,
    marathon: &dyn Marathon,
) -> Result<(Vec<(Source, Document)>, Option<Binding>), CliError> {
    let [(source, document)] = <[_; 1]>::try_from(documents).map_err(|_| CliError::NothingGiven)?;
    let (new, running, bound) = match one(document, &source)? {
        One::App(new) => {
            let new = args.plan.numbers.override_in(*new);
            let running = marathon.app(new.id()).await?.app;
            let bound = Binding::of_upgrade(&new, Sight::live([&running], None));
            let app = |app: &App| Document::App(Box::new(unversioned(app)));
            (app(&new), app(&running), Some(bound))
        }
        One::Group(new) => {
            let running = marathon.group(new.id()).await?;
            let group = |group| Document::Group(all_unversioned(group));
            (group(&new), group(&running), None)
        }
    };
    Ok((vec![(source.clone(), new), (source, running)], bound))
}

/// The cluster, where one is given, with what Marathon says of `apps`.
pub(super) async fn place(
    args: &PlanCommand,
    marathon: &dyn Marathon,
    apps: &BTreeSet<AppId>,
) -> Result<Option<Place>, CliError> {
    Place::of(&args.cluster, &args.connect, args.plan.numbers, Some(marathon), apps).await
}

fn upgrade(
    args: &PlanArgs,
    documents: Vec<(Source, Document)>,
    bound: Option<Binding>,
    place: Option<&Place>,
    page: Page,
    out: &mut (impl Write + ?Sized),
) -> Result<ExitCode, CliError> {
    let report = bound.as_ref().map(BindingReport::of);
    let definitions: Vec<_> = place.map_or_else(Vec::new, |_| documents.clone());
    let subject = Subject::of(args, documents)?;
    let answer = place.map(|place| subject.fits(place, definitions, args.numbers)).transpose()?;
    let (answer, fits) = (answer.as_ref(), answer.as_ref().map(FitReport::of));
    match (subject, args.output) {
        (Subject::Replacement(replacement), PlanOutput::Text) => {
            text::replacement(&replacement, answer, args.all_steps, page, out)?;
        }
        (Subject::Replacement(replacement), PlanOutput::Json) => {
            write_json(&ReplacementReport::of(&replacement).bound(report).fitting(fits), out)?;
        }
        (Subject::Replacement(replacement), PlanOutput::Svg) => {
            let chart = Chart::of_plan(&replacement.timeline, replacement.name());
            let chart = chart.noting(answer.and_then(Answer::no_room));
            write!(out, "{}", chart.over(answer.map(Answer::chart).as_ref()))?;
        }
        (Subject::Scaling(scaling), PlanOutput::Text) => {
            text::scaling(&scaling, answer, page, out)?;
        }
        (Subject::Scaling(scaling), PlanOutput::Json) => {
            write_json(&ScalingReport::of(&scaling).bound(report).fitting(fits), out)?;
        }
        (Subject::Scaling(scaling), PlanOutput::Svg) => {
            let what = format!("a change of the number of instances of {}", scaling.app);
            agents_alone(answer, what, out)?;
        }
        (Subject::Group { old, new, source }, output) => {
            let plan = GroupPlan::of(old.as_ref(), &new, source, args)?;
            match output {
                PlanOutput::Text => text::group(&plan, answer, args.all_steps, page, out)?,
                PlanOutput::Json => write_json(&GroupReport::of(&plan).fitting(fits), out)?,
                PlanOutput::Svg => agents_alone(answer, "a plan of several apps".into(), out)?,
            }
        }
    }
    if let (Some(bound), PlanOutput::Text) = (bound, args.output) {
        writeln!(out, "\ndigest {}", bound.digest())?;
    }
    Ok(exit_of(answer))
}

/// What has no picture of its own has one of its agents, where they are known.
fn agents_alone(
    answer: Option<&Answer>,
    what: String,
    out: &mut (impl Write + ?Sized),
) -> Result<(), CliError> {
    let answer = answer.ok_or(CliError::NoPicture { what })?;
    Ok(write!(out, "{}", answer.chart())?)
}

/// A plan that does not fit is none.
pub(super) fn exit_of(answer: Option<&Answer>) -> ExitCode {
    if answer.is_none_or(Answer::fits) { ExitCode::Done } else { ExitCode::NotSatisfiable }
}
