//! Shows the plan of a rollout.

use super::forecast::Plan;
use super::json::RolloutReport;
use super::text;
use crate::error::CliError;
use crate::exit::ExitCode;
use crate::follow::Console;

/// Shows what would be done: for --dry-run.
pub(crate) fn preview(plan: &Plan, console: &mut Console<'_>) -> Result<ExitCode, CliError> {
    if console.is_json() {
        console.line(&RolloutReport::of(plan))?;
    } else {
        text::write(plan, None, false, console.page, console.out)?;
        console.out.flush()?;
    }
    console.tell("nothing was done; leave --dry-run out to do it")?;
    Ok(if plan.is_reached() { ExitCode::Done } else { ExitCode::NotSatisfiable })
}
