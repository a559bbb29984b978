//! The verb itself.

use std::io::Write;
use std::time::Duration;

use tokio::runtime;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{Instant, sleep};
use zdd_core::shares::{Counts, Fit};

use super::clients::Clients;
use super::report::{self, Report};
use super::{Counted, Wanted};
use crate::args::{Output, SplitArgs};
use crate::error::CliError;
use crate::exit::ExitCode;
use crate::live::Screen;
use crate::schema::write_json;
use crate::text::Page;

/// How often it is said at a terminal how far it has come.
const PROGRESS: Duration = Duration::from_millis(200);

pub(crate) fn run(
    args: &SplitArgs,
    page: Page,
    out: &mut impl Write,
) -> Result<ExitCode, CliError> {
    if let Some(twice) = twice(&args.expect) {
        return Err(CliError::ExpectedTwice(twice.into()));
    }
    if !args.expect.is_empty() && args.expect.iter().all(|wanted| wanted.weight == 0) {
        return Err(CliError::NothingExpected);
    }
    let runtime =
        runtime::Builder::new_multi_thread().enable_all().build().map_err(CliError::Terminal)?;
    let (counted, took) = runtime.block_on(ask(args))?;
    runtime.shutdown_background();
    let counts = Counts::new(counted.answers.clone());
    let wanted = args.expect.iter().map(|wanted| (wanted.version.as_str(), wanted.weight));
    // Without expectations, or without answers, there is nothing to compare.
    let fit = Fit::of(&counts, wanted).ok();
    let report = Report::of(args, &counted, &counts, fit.as_ref(), took);
    match args.output {
        Output::Text => report::write(&report, page, out)?,
        Output::Json => write_json(&report, out)?,
    }
    let is_counted_whole = counted.others == 0;
    Ok(match fit {
        _ if counted.failed_count() > 0 || counts.all() == 0 => ExitCode::LoadBalancer,
        Some(fit) if !fit.is_likely() || !is_counted_whole => ExitCode::Violated,
        _ => ExitCode::Done,
    })
}

/// A version of which two shares are expected.
fn twice(expect: &[Wanted]) -> Option<&str> {
    let mut seen = std::collections::BTreeSet::new();
    expect.iter().map(|wanted| wanted.version.as_str()).find(|version| !seen.insert(*version))
}

/// Sends all requests, or those that are sent until Ctrl-C.
async fn ask(args: &SplitArgs) -> Result<(Counted, Duration), CliError> {
    let mut interrupt = signal(SignalKind::interrupt()).map_err(CliError::Terminal)?;
    let start = Instant::now();
    let mut clients = Clients::start(args).map_err(CliError::HttpClient)?;
    let mut counted = Counted::default();
    let mut screen = Screen::of_stderr();
    loop {
        tokio::select! {
            () = clients.finish(&mut counted) => break,
            _ = interrupt.recv() => clients.stop(),
            () = sleep(PROGRESS) => if let Some(screen) = &mut screen {
                let (left, all) = (clients.left(), args.requests);
                screen.draw(&[format!("{} of {all} requests sent", all.get() - left)])?;
            }
        }
    }
    if let Some(screen) = &mut screen {
        screen.erase()?;
    }
    Ok((counted, start.elapsed()))
}
