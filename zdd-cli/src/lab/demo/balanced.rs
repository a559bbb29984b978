//! Two versions behind a HAProxy: one takes over from the other, at once or after a while beside it.

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU16;
use std::sync::Arc;

use clap::Parser;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use zdd_marathon::HttpMarathon;
use zdd_marathon::local::Lab;

use super::{failed_is_violated, tell, write};
use crate::args::{Cli, ClientsArgs, ImageArgs};
use crate::dispatch;
use crate::error::CliError;
use crate::exit::ExitCode;
use crate::lab::balancer::{Balancer, Plan};
use crate::lab::error::LabError;
use crate::lab::listen;
use crate::lab::load::Load;
use crate::lab::up;
use crate::text::{BOLD, Page, styled};

/// The deployment group of both versions.
const GROUP: &str = "demo";
/// How many requests the shares are counted from.
const REQUESTS: &str = "4000";

/// What is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Play {
    /// 1.0 grows beside 0.9, which goes.
    BlueGreen,
    /// 1.0 gets a fifth of the traffic, then all of it.
    Canary,
}

/// Brings a lab up, plays on it under load, and takes everything away again.
pub(super) fn run(
    play: Play,
    args: &ClientsArgs,
    runtime: &Runtime,
    page: Page,
    out: &mut impl Write,
    err: &mut impl Write,
) -> Result<ExitCode, CliError> {
    let balancer = Plan::anywhere()?;
    let images = up::images(&ImageArgs::default())?;
    let lab = runtime.block_on(Lab::builder().images(images).start()).map_err(LabError::Start)?;
    let stage = Stage::new(&lab, balancer, runtime, page);
    let played = stage.and_then(|stage| {
        let played = stage.play(play, args, out, err);
        runtime.block_on(stage.balancer.end());
        played
    });
    runtime.block_on(lab.shutdown());
    played
}

/// Where the demonstration takes place.
struct Stage<'a> {
    lab: &'a Lab,
    balancer: Balancer,
    /// Where clients come in.
    port: NonZeroU16,
    runtime: &'a Runtime,
    page: Page,
}

impl<'a> Stage<'a> {
    fn new(lab: &'a Lab, plan: Plan, runtime: &'a Runtime, page: Page) -> Result<Self, CliError> {
        let marathon = HttpMarathon::builder([lab.url()])
            .no_proxy()
            .build()
            .map_err(|error| LabError::Client(error.to_string()))?;
        let balancer = runtime.block_on(plan.start(Arc::new(marathon)))?;
        // A port that is free just now, for clients to come in by.
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let (_, found) = runtime.block_on(listen::bind(any))?;
        let port = NonZeroU16::new(found.port()).expect("a listener has a port");
        Ok(Self { lab, balancer, port, runtime, page })
    }

    fn play(
        &self,
        play: Play,
        args: &ClientsArgs,
        out: &mut impl Write,
        err: &mut impl Write,
    ) -> Result<ExitCode, CliError> {
        let url = self.lab.url();
        let lab = format!("a lab at {url}, with a HAProxy: deploying three instances of 0.9");
        writeln!(err, "{}", styled(BOLD, lab))?;
        let first = self.deploy("0.9", out, err)?;
        if first != ExitCode::Done {
            return Ok(first);
        }
        let address = format!("http://127.0.0.1:{}/endpoint0", self.port);
        let target = address.parse().map_err(|error| LabError::Client(format!("{error}")))?;
        let load = {
            let _runtime = self.runtime.enter();
            Load::through(args.clients, target)
        };
        let load = load.map_err(|error| LabError::Client(error.to_string()))?;
        let played = match play {
            Play::BlueGreen => self.blue_green(args, out, err),
            Play::Canary => self.canary(args, &address, out, err),
        };
        let counted = self.runtime.block_on(load.finish());
        let code = played?;
        tell(&counted, out)?;
        Ok(failed_is_violated(code, &counted))
    }

    fn blue_green(
        &self,
        args: &ClientsArgs,
        out: &mut impl Write,
        err: &mut impl Write,
    ) -> Result<ExitCode, CliError> {
        let clients = args.clients;
        let words = format!("1.0 grows beside 0.9, which {clients} clients go on using");
        writeln!(err, "{}", styled(BOLD, words))?;
        self.deploy("1.0", out, err)
    }

    fn canary(
        &self,
        args: &ClientsArgs,
        address: &str,
        out: &mut impl Write,
        err: &mut impl Write,
    ) -> Result<ExitCode, CliError> {
        let clients = args.clients;
        let words = format!("one instance of 1.0 gets 20 % of what {clients} clients ask for");
        writeln!(err, "{}", styled(BOLD, words))?;
        let file = self.file("1.0")?;
        let code = self.on_the_lab(&["canary", "start", &file, "--weight", "20"], out, err);
        if code != ExitCode::Done {
            return Ok(code);
        }
        writeln!(
            err,
            "{}",
            styled(BOLD, format!("asking {REQUESTS} times which version answers"))
        )?;
        let split = ["split", address, "-n", REQUESTS, "--expect", "0.9=80,1.0=20"];
        let code = self.zdd(&split, out, err);
        if code != ExitCode::Done {
            return Ok(code);
        }
        writeln!(
            err,
            "{}",
            styled(BOLD, "promoting 1.0: it grows, 0.9 ends what it began, and goes")
        )?;
        Ok(self.on_the_lab(&["canary", "promote"], out, err))
    }

    /// Does what `zdd deploy` does with a version of the service.
    fn deploy(
        &self,
        version: &str,
        out: &mut impl Write,
        err: &mut impl Write,
    ) -> Result<ExitCode, CliError> {
        Ok(self.on_the_lab(&["deploy", &self.file(version)?], out, err))
    }

    /// The file with the definition of a version.
    fn file(&self, version: &str) -> Result<String, CliError> {
        let name = format!("demo-{version}.json");
        let file = write(self.lab.sandboxes(), &name, &definition(version, self.port))?;
        Ok(file.to_string_lossy().into_owned())
    }

    /// Does what `zdd` does with these arguments, on the lab.
    fn on_the_lab(&self, args: &[&str], out: &mut impl Write, err: &mut impl Write) -> ExitCode {
        let (url, listeners) = (self.lab.url(), self.balancer.listeners());
        let (socket, master) = (listeners.admin_socket(), listeners.master_socket());
        let (socket, master) = (socket.to_string_lossy(), master.to_string_lossy());
        let common =
            ["--marathon", url.as_str(), "--haproxy", &*socket, "--haproxy-master", &*master];
        self.zdd(&[args, &common].concat(), out, err)
    }

    fn zdd(&self, args: &[&str], out: &mut impl Write, err: &mut impl Write) -> ExitCode {
        let words = std::iter::once("zdd").chain(args.iter().copied());
        let cli = Cli::try_parse_from(words).expect("these are arguments of `zdd`");
        dispatch::run(&cli, self.page, out, err)
    }
}

/// Three instances, and checks that are quick enough to watch.
fn definition(version: &str, port: NonZeroU16) -> Value {
    json!({
        "id": "/demo/simpleservice",
        "instances": 3,
        "cpus": 0.1,
        "mem": 32,
        "container": {
            "type": "DOCKER",
            "docker": { "image": "mhausenblas/simpleservice:0.4.0" }
        },
        "env": { "SIMPLE_SERVICE_VERSION": version },
        "labels": {
            "HAPROXY_GROUP": "external",
            "HAPROXY_DEPLOYMENT_GROUP": GROUP,
            "HAPROXY_0_PORT": port.to_string(),
            "HAPROXY_0_MODE": "http"
        },
        "healthChecks": [{
            "protocol": "HTTP",
            "path": "/health",
            "portIndex": 0,
            "gracePeriodSeconds": 10,
            "intervalSeconds": 1,
            "timeoutSeconds": 1,
            "maxConsecutiveFailures": 3
        }],
        "taskKillGracePeriodSeconds": 5
    })
}
