//! The `zdd` command.

mod abort;
mod amend;
mod args;
mod blueprint;
mod chart;
mod check;
mod clock;
mod connect;
mod deploy;
mod dispatch;
mod error;
mod exit;
mod extras;
mod fit;
mod follow;
mod history;
mod hooks;
mod input;
mod jobs;
mod lab;
mod live;
mod network;
mod plan;
mod resume;
mod rollout;
mod schema;
mod split;
mod status;
mod text;
mod verify;

/// A Marathon for the tests of this crate, the same as for those beside it.
#[cfg(test)]
#[path = "../tests/fake/mod.rs"]
mod fake;

use std::io::{self, BufWriter};
use std::process;

use clap::Parser;

fn main() -> process::ExitCode {
    let words: Vec<_> = std::env::args_os().collect();
    if args::ZddPyArgs::are_meant(&words) {
        let args = args::ZddPyArgs::parse_from(&words);
        return with_streams(|page, mut out, mut err| {
            dispatch::zdd_py(&args, page, &mut out, &mut err)
        });
    }
    // clap answers `--help`, `--version` and wrong usage by itself, with status 0 or 2.
    let cli = args::Cli::parse();
    with_streams(|page, mut out, mut err| dispatch::run(&cli, page, &mut out, &mut err))
}

/// Gives the streams of this process to whoever writes to them.
fn with_streams(
    run: impl FnOnce(text::Page, &mut dyn io::Write, &mut dyn io::Write) -> exit::ExitCode,
) -> process::ExitCode {
    // Not locked: whoever asks a question needs them, too.
    let mut out = BufWriter::new(anstream::AutoStream::auto(io::stdout()));
    let mut err = anstream::AutoStream::auto(io::stderr());
    run(text::Page::of_terminal(), &mut out, &mut err).into()
}
