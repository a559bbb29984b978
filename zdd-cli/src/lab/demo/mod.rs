//! `zdd lab demo`: deployments to look at.

mod canary;
mod rolling;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tokio::runtime::Runtime;

use super::load::Counted;
use crate::args::Demo;
use crate::error::CliError;
use crate::exit::ExitCode;
use crate::text::{Page, mark};

/// Shows one.
pub(super) fn run(
    demo: &Demo,
    runtime: &Runtime,
    page: Page,
    out: &mut impl Write,
    err: &mut impl Write,
) -> Result<ExitCode, CliError> {
    match demo {
        Demo::Rolling(args) => rolling::run(args, runtime, page, out, err),
        Demo::Canary(args) => canary::run(args, runtime, page, out, err),
    }
}

/// Says what became of the requests.
fn tell(counted: &Counted, out: &mut impl Write) -> Result<(), CliError> {
    writeln!(out, "{}", mark(counted.failed == 0, &format!("load: {counted}")))?;
    for failure in counted.failures.iter().take(3) {
        writeln!(out, "  {failure}")?;
    }
    Ok(out.flush()?)
}

/// What went well did not if requests failed meanwhile.
const fn failed_is_violated(code: ExitCode, counted: &Counted) -> ExitCode {
    match code {
        ExitCode::Done if counted.failed > 0 => ExitCode::Violated,
        other => other,
    }
}

/// Writes a definition beside the folders of the tasks, which go with the lab.
fn write(folder: &Path, name: &str, definition: &Value) -> Result<PathBuf, CliError> {
    let path = folder.join(name);
    let failed = |error| CliError::Write { path: path.clone(), error };
    let text = serde_json::to_string_pretty(definition)?;
    fs::write(&path, text).map_err(failed)?;
    Ok(path)
}
