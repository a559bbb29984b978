//! The verb itself.

use std::io::Write;

use super::group::GroupPlan;
use super::json::{GroupReport, ReplacementReport, ScalingReport};
use super::subject::Subject;
use super::text;
use crate::args::{PlanArgs, PlanOutput};
use crate::chart::Chart;
use crate::error::CliError;
use crate::exit::ExitCode;
use crate::schema::write_json;
use crate::text::Page;

pub(crate) fn run(args: &PlanArgs, page: Page, out: &mut impl Write) -> Result<ExitCode, CliError> {
    match (Subject::of(args)?, args.output) {
        (Subject::Replacement(replacement), PlanOutput::Text) => {
            text::replacement(&replacement, args.all_steps, page, out)?;
        }
        (Subject::Replacement(replacement), PlanOutput::Json) => {
            write_json(&ReplacementReport::of(&replacement), out)?;
        }
        (Subject::Replacement(replacement), PlanOutput::Svg) => {
            write!(out, "{}", Chart::of_plan(&replacement.timeline, replacement.name()))?;
        }
        (Subject::Scaling(scaling), PlanOutput::Text) => text::scaling(&scaling, page, out)?,
        (Subject::Scaling(scaling), PlanOutput::Json) => {
            write_json(&ScalingReport::of(&scaling), out)?;
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
    Ok(ExitCode::Done)
}
