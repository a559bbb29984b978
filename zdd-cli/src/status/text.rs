//! Running deployments for people.

use std::io::{self, Write};

use zdd_core::ports::RunningDeployment;

use crate::text::{BOLD, DIM, Page, styled};

/// Apps beyond these are counted.
const SHOWN: usize = 5;

pub(super) fn deployments(
    deployments: &[RunningDeployment],
    page: Page,
    out: &mut dyn Write,
) -> io::Result<()> {
    if deployments.is_empty() {
        return writeln!(out, "No deployment goes on.");
    }
    for deployment in deployments {
        let RunningDeployment { id, current_step, total_steps, .. } = deployment;
        let title = format!("deployment {id}: step {current_step} of {total_steps}");
        writeln!(out, "{}", styled(BOLD, title))?;
        for action in &deployment.current_actions {
            writeln!(out, "  {} {}", action.action, action.app)?;
        }
        let apps = &deployment.affected_apps;
        let mut names: Vec<_> = apps.iter().take(SHOWN).map(ToString::to_string).collect();
        match apps.len().saturating_sub(SHOWN) {
            0 => {}
            more => names.push(format!("and {more} more")),
        }
        let holds = format!("holds {}; to version {}", names.join(", "), deployment.version);
        writeln!(out, "{}", styled(DIM, page.wrapped(2, &holds)))?;
    }
    Ok(())
}
