//! Completion scripts and man pages.

use std::io::Write;

use clap::CommandFactory;
use clap_mangen::Man;

use crate::args::{Cli, CompletionsArgs, ManArgs};
use crate::error::CliError;
use crate::exit::ExitCode;

pub(crate) fn completions(
    args: &CompletionsArgs,
    out: &mut impl Write,
) -> Result<ExitCode, CliError> {
    // The generator panics where it cannot write, so it gets something that it always can.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "zdd", &mut script);
    out.write_all(&script)?;
    Ok(ExitCode::Done)
}

pub(crate) fn man(args: &ManArgs, out: &mut impl Write) -> Result<ExitCode, CliError> {
    match &args.dir {
        None => Man::new(Cli::command()).render(out)?,
        Some(dir) => {
            let failed = |error| CliError::Write { path: dir.clone(), error };
            std::fs::create_dir_all(dir).map_err(failed)?;
            clap_mangen::generate_to(Cli::command(), dir).map_err(failed)?;
        }
    }
    Ok(ExitCode::Done)
}
