//! From a verb of the lab to its result.

use std::io::Write;

use super::error::LabError;
use super::service;
use crate::args::{LabArgs, LabVerb};
use crate::error::CliError;
use crate::exit::ExitCode;

pub(crate) fn run(args: &LabArgs, out: &mut impl Write) -> Result<ExitCode, CliError> {
    // Many services run at once on one machine, and each has little to do: one thread is enough.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(LabError::Runtime)?;
    match &args.verb {
        LabVerb::Service(args) => runtime.block_on(service::run(args, out)),
    }
}
