//! `zdd lab up`: a Marathon on this machine.

use std::io::Write;
use std::time::Duration;

use tokio::time::interval;

use zdd_core::simulate::{Agent, Grouping, Settings};
use zdd_marathon::local::{ImageMap, Lab, LabBuilder, default_agents};

use super::agent_spec::{AgentSpec, numbered};
use super::error::LabError;
use super::listen::{self, Reach};
use super::stop::StopSignals;
use crate::args::{ImageArgs, UpArgs};
use crate::error::CliError;
use crate::exit::ExitCode;

/// How often it is looked whether the state can be written: the lab tries again about as often.
const LOOK_EVERY: Duration = Duration::from_secs(2);

pub(super) async fn run(
    args: &UpArgs,
    out: &mut impl Write,
    err: &mut impl Write,
) -> Result<ExitCode, CliError> {
    let mut signals = StopSignals::listen()?;
    let agents = agents(args);
    let hosts: Vec<_> = agents.iter().map(|agent| agent.hostname.clone()).collect();
    let lab = tokio::select! {
        lab = builder(args, agents)?.start() => lab.map_err(LabError::Start)?,
        () = signals.next() => return Ok(ExitCode::Done),
    };
    let url = lab.url();
    let url = url.as_str().trim_end_matches('/');
    writeln!(out, "Marathon listens on {url}, with agents at {}", hosts.join(", "))?;
    writeln!(out, "go on in another terminal, after: export ZDD_MARATHON={url}")?;
    writeln!(out, "Ctrl-C ends it with all its tasks")?;
    out.flush()?;

    tokio::select! {
        () = signals.next() => {}
        error = complain(&lab, err) => return Err(error.into()),
    }
    writeln!(err, "stopping; once more ends all tasks at once")?;
    err.flush()?;
    tokio::select! {
        () = lab.shutdown() => {}
        // Dropping the lab kills what is left.
        () = signals.next() => {}
    }
    Ok(ExitCode::Done)
}

fn agents(args: &UpArgs) -> Vec<Agent> {
    match args.agents {
        Some(count) => numbered(count),
        None if args.agent.is_empty() => default_agents(),
        None => args.agent.iter().enumerate().map(|(n, spec)| AgentSpec::at(spec, n)).collect(),
    }
}

fn builder(args: &UpArgs, agents: Vec<Agent>) -> Result<LabBuilder, LabError> {
    let address = listen::parse(&args.listen)?;
    listen::check(address, if args.allow_non_loopback { Reach::Any } else { Reach::Loopback })?;
    let mut settings = Settings::default();
    if let Some(version) = args.marathon_version {
        settings.reading = version.reading();
        settings.grouping = Grouping::of(version);
    }
    let mut builder = Lab::builder()
        .bind(address)
        .agents(agents)
        .images(images(&args.images)?)
        .settings(settings);
    if args.allow_non_loopback {
        builder = builder.allow_non_loopback();
    }
    if let Some(folder) = &args.state {
        builder = builder.state_dir(folder);
    }
    Ok(builder)
}

/// What stands in for images: this program for the test service, then the files, then the options.
pub(super) fn images(args: &ImageArgs) -> Result<ImageMap, LabError> {
    let zdd = std::env::current_exe().map_err(LabError::OwnProgram)?;
    let mut images = ImageMap::with_simple_service(&zdd);
    for file in &args.image_file {
        images.add_file(file)?;
    }
    for entry in &args.image {
        images.add(entry)?;
    }
    Ok(images)
}

/// Says when the state cannot be written, and when it can again. Ends only if that cannot be said.
async fn complain(lab: &Lab, err: &mut impl Write) -> std::io::Error {
    let mut told: Option<String> = None;
    let mut looks = interval(LOOK_EVERY);
    loop {
        looks.tick().await;
        let fault = lab.state_fault();
        if fault == told {
            continue;
        }
        let written = match &fault {
            Some(fault) => writeln!(err, "the state is not kept: {fault}; it is tried again"),
            None => writeln!(err, "the state is kept again"),
        };
        if let Err(error) = written.and_then(|()| err.flush()) {
            return error;
        }
        told = fault;
    }
}
