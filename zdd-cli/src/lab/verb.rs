//! From a verb of the lab to its result.

use std::io::Write;

use tokio::runtime::{Builder, Runtime};

use super::error::LabError;
use super::{bridge, demo, service, up};
use crate::args::{LabArgs, LabVerb};
use crate::error::CliError;
use crate::exit::ExitCode;
use crate::text::Page;

pub(crate) fn run(
    args: &LabArgs,
    page: Page,
    out: &mut impl Write,
    err: &mut impl Write,
) -> Result<ExitCode, CliError> {
    match &args.verb {
        // Many services run at once on one machine, and each has little to do: one thread is enough.
        LabVerb::Service(args) => {
            runtime(&mut Builder::new_current_thread())?.block_on(service::run(args, out))
        }
        LabVerb::Up(args) => {
            runtime(&mut Builder::new_multi_thread())?.block_on(up::run(args, out, err))
        }
        LabVerb::Bridge(args) => {
            let runtime = runtime(&mut Builder::new_multi_thread())?;
            let answer = runtime.block_on(bridge::run(args, out, err));
            // A name that is still being looked up must not hold up the end.
            runtime.shutdown_background();
            answer
        }
        LabVerb::Demo(args) => {
            let runtime = runtime(&mut Builder::new_multi_thread())?;
            demo::run(args, &runtime, page, out, err)
        }
    }
}

fn runtime(builder: &mut Builder) -> Result<Runtime, LabError> {
    builder.enable_all().build().map_err(LabError::Runtime)
}
