//! `zdd lab up`: a Marathon on this machine.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::interval;

use zdd_core::placement::{Agent, Counting, Grouping};
use zdd_core::simulate::Settings;
use zdd_marathon::HttpMarathon;
use zdd_marathon::local::{ImageMap, Lab, LabBuilder, default_agents};

use super::agent_spec::{AgentSpec, numbered};
use super::balancer::{Balancer, Plan};
use super::error::LabError;
use super::listen::{self, Reach};
use super::stop::StopSignals;
use super::teller::Teller;
use crate::args::{ImageArgs, UpArgs};
use crate::error::CliError;
use crate::exit::ExitCode;
use crate::text::{BOLD, NOTE, styled};

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
    let builder = builder(args, agents)?;
    let plan = plan(args, err).await?;
    let up = tokio::select! {
        up = Up::start(builder, plan) => up?,
        () = signals.next() => return Ok(ExitCode::Done),
    };
    let told = tokio::select! {
        told = up.tell(&hosts, out, err) => told,
        () = signals.next() => stopping(err),
    };
    up.end(&mut signals).await;
    told.map(|()| ExitCode::Done).map_err(CliError::from)
}

/// A lab that is up.
struct Up {
    lab: Lab,
    balancer: Option<Balancer>,
}

impl Up {
    async fn start(builder: LabBuilder, plan: Option<Plan>) -> Result<Self, LabError> {
        let lab = builder.start().await.map_err(LabError::Start)?;
        let balancer = match plan {
            Some(plan) => match start(plan, &lab).await {
                Ok(balancer) => Some(balancer),
                Err(error) => {
                    lab.shutdown().await;
                    return Err(error);
                }
            },
            None => None,
        };
        Ok(Self { lab, balancer })
    }

    /// Says where it is, and from then on what is wrong with it. Ends only if that cannot be said.
    async fn tell(
        &self,
        hosts: &[String],
        out: &mut impl Write,
        err: &mut impl Write,
    ) -> io::Result<()> {
        let url = self.lab.url();
        let url = url.as_str().trim_end_matches('/');
        writeln!(out, "Marathon listens on {url}, with agents at {}", hosts.join(", "))?;
        writeln!(out, "go on in another terminal, after: export ZDD_MARATHON={url}")?;
        if let Some(balancer) = &self.balancer {
            balancer.introduce(out)?;
        }
        writeln!(out, "Ctrl-C ends it with all its tasks")?;
        out.flush()?;
        let mut teller = self.balancer.as_ref().map(Balancer::teller);
        let mut looks = interval(LOOK_EVERY);
        let mut told = None;
        loop {
            let news = tokio::select! {
                _ = looks.tick() => of_state(&self.lab, &mut told),
                news = news(&mut teller) => news,
            };
            for line in news {
                writeln!(err, "{line}")?;
            }
            err.flush()?;
        }
    }

    /// Gives the tasks their time, unless it is asked for once more.
    async fn end(self, signals: &mut StopSignals) {
        tokio::select! {
            () = self.lab.shutdown() => {}
            // Dropping the lab kills what is left.
            () = signals.next() => {}
        }
        // Only now: until here the tasks answered what they had begun to.
        if let Some(balancer) = self.balancer {
            balancer.end().await;
        }
    }
}

fn stopping(err: &mut impl Write) -> io::Result<()> {
    writeln!(err, "stopping; once more ends all tasks at once")?;
    err.flush()
}

/// What is needed for a load balancer, if there shall be one.
async fn plan(args: &UpArgs, err: &mut impl Write) -> Result<Option<Plan>, CliError> {
    if args.no_haproxy {
        return Ok(None);
    }
    or_without(Plan::of(&args.balancer).await, err)
}

/// Where no executable is found, a lab without a load balancer is better than none.
fn or_without<T>(plan: Result<T, LabError>, err: &mut impl Write) -> Result<Option<T>, CliError> {
    match plan {
        Err(error @ LabError::NoHaproxy) => {
            writeln!(err, "{} {error}: there is no load balancer", styled(NOTE, "warning:"))?;
            if let Some(hint) = error.hint() {
                writeln!(err, "{} {hint}", styled(BOLD, "hint:"))?;
            }
            err.flush()?;
            Ok(None)
        }
        plan => Ok(plan.map(Some)?),
    }
}

async fn start(plan: Plan, lab: &Lab) -> Result<Balancer, LabError> {
    let marathon = HttpMarathon::builder([lab.url()])
        .no_proxy()
        .build()
        .map_err(|error| LabError::Client(error.to_string()))?;
    plan.start(Arc::new(marathon)).await
}

async fn news(teller: &mut Option<Teller>) -> Vec<String> {
    match teller {
        Some(teller) => teller.news().await,
        None => std::future::pending().await,
    }
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
        settings.counting = Counting::of(version);
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

/// Whether the state cannot be written, or can be again, when that is not what was told before.
fn of_state(lab: &Lab, told: &mut Option<String>) -> Vec<String> {
    let fault = lab.state_fault();
    if fault == *told {
        return Vec::new();
    }
    told.clone_from(&fault);
    vec![match fault {
        Some(fault) => format!("the state is not kept: {fault}; it is tried again"),
        None => "the state is kept again".into(),
    }]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_an_executable_there_is_a_lab_and_it_is_said_how_to_get_one() {
        let mut told = Vec::new();
        assert_eq!(or_without::<()>(Err(LabError::NoHaproxy), &mut told).unwrap(), None);
        let told = anstream::adapter::strip_bytes(&told).into_vec();
        assert_eq!(
            String::from_utf8(told).unwrap(),
            "warning: no executable of HAProxy is found: there is no load balancer\nhint: install \
             it, as with `apt-get install haproxy`, or say where it is with --haproxy\n"
        );
        let mut told = Vec::new();
        let other = or_without::<()>(Err(LabError::Folder(io::Error::other("full"))), &mut told);
        assert!(other.unwrap_err().to_string().ends_with(": full"));
        assert_eq!(told, b"");
    }
}
