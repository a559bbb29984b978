//! The verb itself.

use std::io::Write;

use zdd_core::app::{App, Document};
use zdd_core::ports::Marathon;
use zdd_core::rollout::forecast::{Binding, Sight};

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
use crate::input::Source;
use crate::schema::write_json;
use crate::text::Page;

/// Plans from files.
pub(crate) fn run(
    args: &PlanCommand,
    page: Page,
    out: &mut (impl Write + ?Sized),
) -> Result<ExitCode, CliError> {
    match Either::of(args)? {
        Either::Upgrade(documents) => upgrade(&args.plan, documents, None, page, out),
        Either::Rollout(asked) => asked.show(args, page, out),
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
            upgrade(&args.plan, documents, bound, page, out)
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

fn upgrade(
    args: &PlanArgs,
    documents: Vec<(Source, Document)>,
    bound: Option<Binding>,
    page: Page,
    out: &mut (impl Write + ?Sized),
) -> Result<ExitCode, CliError> {
    let report = bound.as_ref().map(BindingReport::of);
    match (Subject::of(args, documents)?, args.output) {
        (Subject::Replacement(replacement), PlanOutput::Text) => {
            text::replacement(&replacement, args.all_steps, page, out)?;
        }
        (Subject::Replacement(replacement), PlanOutput::Json) => {
            write_json(&ReplacementReport::of(&replacement).bound(report), out)?;
        }
        (Subject::Replacement(replacement), PlanOutput::Svg) => {
            write!(out, "{}", Chart::of_plan(&replacement.timeline, replacement.name()))?;
        }
        (Subject::Scaling(scaling), PlanOutput::Text) => text::scaling(&scaling, page, out)?,
        (Subject::Scaling(scaling), PlanOutput::Json) => {
            write_json(&ScalingReport::of(&scaling).bound(report), out)?;
        }
        (Subject::Scaling(scaling), PlanOutput::Svg) => {
            let what = format!("a change of the number of instances of {}", scaling.app);
            return Err(CliError::NoPicture { what });
        }
        (Subject::Group { old, new, source }, output) => {
            let plan = GroupPlan::of(old.as_ref(), &new, source, args)?;
            match output {
                PlanOutput::Text => text::group(&plan, args.all_steps, page, out)?,
                PlanOutput::Json => write_json(&GroupReport::of(&plan), out)?,
                PlanOutput::Svg => {
                    return Err(CliError::NoPicture { what: "a plan of several apps".into() });
                }
            }
        }
    }
    if let (Some(bound), PlanOutput::Text) = (bound, args.output) {
        writeln!(out, "\ndigest {}", bound.digest())?;
    }
    Ok(ExitCode::Done)
}
