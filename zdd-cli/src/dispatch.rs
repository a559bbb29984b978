//! From a command line to an exit status.

use std::io::{self, Write};

use crate::args::{Cli, Verb, ZddPyArgs};
use crate::error::CliError;
use crate::exit::ExitCode;
use crate::text::{BAD, BOLD, Page, styled};
use crate::{extras, jobs, lab, network, schema, split, verify};

/// Does what `cli` asks for: the result goes to `out`, errors and hints to `err`.
pub(crate) fn run(cli: &Cli, page: Page, out: &mut impl Write, err: &mut impl Write) -> ExitCode {
    let answered = match &cli.verb {
        Verb::Check(args) => network::check(args, page, out, err),
        Verb::Plan(args) => network::plan(args, page, out, err),
        Verb::Deploy(args) => network::deploy(args, page, out, err),
        Verb::Canary(args) => network::canary(args, page, out, err),
        Verb::Status(args) => network::status(args, page, out, err),
        Verb::Abort(args) => network::abort(args, page, out, err),
        Verb::Resume(args) => network::resume(args, page, out, err),
        Verb::History(args) => network::history(args, page, out, err),
        Verb::Rollback(args) => network::rollback(args, page, out, err),
        Verb::Verify(args) => verify::run(args, page, out),
        Verb::Split(args) => split::run(args, page, out),
        Verb::Jobs(args) => jobs::run(args, out, err),
        Verb::Lab(args) => lab::run(args, page, out, err),
        Verb::Schema(args) => schema::run(args, out),
        Verb::Completions(args) => extras::completions(args, out),
        Verb::Man(args) => extras::man(args, out),
    };
    ended(answered, out, err)
}

/// Does what zdd.py would do.
pub(crate) fn zdd_py(
    args: &ZddPyArgs,
    page: Page,
    out: &mut impl Write,
    err: &mut impl Write,
) -> ExitCode {
    let answered = network::zdd_py(args, page, out, err);
    ended(answered, out, err)
}

/// Says what went wrong, if something did.
fn ended(
    answered: Result<ExitCode, CliError>,
    out: &mut impl Write,
    err: &mut impl Write,
) -> ExitCode {
    let answered = answered.and_then(|code| match out.flush() {
        // The answer stands, whether or not all of it was read.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(code),
        flushed => flushed.map(|()| code).map_err(CliError::Output),
    });
    match answered {
        Ok(code) => code,
        // Whoever reads the result has seen enough, as `head` has.
        Err(CliError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::Done,
        Err(CliError::Json(error)) if error.io_error_kind() == Some(io::ErrorKind::BrokenPipe) => {
            ExitCode::Done
        }
        Err(error) => {
            // Nobody is left to tell if this cannot be written either; the exit status says it.
            let _ = report(&error, err);
            error.exit()
        }
    }
}

fn report(error: &CliError, err: &mut impl Write) -> io::Result<()> {
    for line in error.lines() {
        writeln!(err, "{} {line}", styled(BAD, "error:"))?;
    }
    if let Some(hint) = error.hint() {
        writeln!(err, "{} {hint}", styled(BOLD, "hint:"))?;
    }
    err.flush()
}
