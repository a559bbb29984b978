//! The `zdd` command.

mod abort;
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
mod follow;
#[cfg_attr(
    not(test),
    expect(dead_code, unused_imports, reason = "no verb has an option for hooks yet")
)]
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
    // clap answers `--help`, `--version` and wrong usage by itself, with status 0 or 2.
    let cli = args::Cli::parse();
    let mut out = BufWriter::new(anstream::AutoStream::auto(io::stdout().lock()));
    let mut err = anstream::AutoStream::auto(io::stderr().lock());
    dispatch::run(&cli, text::Page::of_terminal(), &mut out, &mut err).into()
}
