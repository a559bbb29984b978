//! `zdd lab demo`: deployments to look at.

mod balanced;
mod rolling;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tokio::runtime::Runtime;

use super::load::Counted;
use crate::args::{Demo, DemoArgs};
use crate::error::CliError;
use crate::exit::ExitCode;
use crate::text::{Page, mark};
use balanced::Play;

/// Shows one.
pub(super) fn run(
    args: &DemoArgs,
    runtime: &Runtime,
    page: Page,
    out: &mut impl Write,
    err: &mut impl Write,
) -> Result<ExitCode, CliError> {
    let (play, args) = match &args.demo {
        Some(Demo::Rolling(args)) => return rolling::run(args, runtime, page, out, err),
        Some(Demo::Canary(args)) => (Play::Canary, args),
        Some(Demo::BlueGreen(args)) => (Play::BlueGreen, args),
        None => (Play::BlueGreen, &args.clients),
    };
    balanced::run(play, args, runtime, page, out, err)
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
