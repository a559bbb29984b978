//! `zdd lab demo rolling`: Marathon's own upgrade.

use std::io::Write;

use clap::Parser;
use serde_json::json;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use zdd_core::units::AppId;
use zdd_marathon::HttpMarathon;
use zdd_marathon::local::Lab;

use super::{failed_is_violated, tell, write};
use crate::args::{Cli, ClientsArgs, ImageArgs};
use crate::dispatch;
use crate::error::CliError;
use crate::exit::ExitCode;
use crate::lab::error::LabError;
use crate::lab::load::{Counted, Load};
use crate::lab::{targets, up};
use crate::text::{BOLD, Page, styled};

/// The app that is deployed.
const APP: &str = "/zdd/demo";

/// Brings a lab up, upgrades a service on it under load, and takes everything away again.
pub(crate) fn run(
    args: &ClientsArgs,
    runtime: &Runtime,
    page: Page,
    out: &mut impl Write,
    err: &mut impl Write,
) -> Result<ExitCode, CliError> {
    let images = up::images(&ImageArgs::default())?;
    let lab = runtime.block_on(Lab::builder().images(images).start()).map_err(LabError::Start)?;
    let stage = Stage { lab: &lab, runtime, page };
    let played = stage.play(args, out, err);
    runtime.block_on(lab.shutdown());
    played
}

/// Where the demonstration takes place.
struct Stage<'a> {
    lab: &'a Lab,
    runtime: &'a Runtime,
    page: Page,
}

impl Stage<'_> {
    fn play(
        &self,
        args: &ClientsArgs,
        out: &mut impl Write,
        err: &mut impl Write,
    ) -> Result<ExitCode, CliError> {
        let url = self.lab.url();
        writeln!(err, "{}", styled(BOLD, format!("a lab at {url}: deploying 0.9")))?;
        let first = self.deploy("0.9", out, err)?;
        if first != ExitCode::Done {
            return Ok(first);
        }
        let clients = args.clients;
        writeln!(err, "{}", styled(BOLD, format!("upgrading to 1.0, with {clients} clients")))?;
        let (upgraded, counted) = self.under_load(args, || self.deploy("1.0", out, err))?;
        tell(&counted, out)?;
        Ok(failed_is_violated(upgraded?, &counted))
    }

    /// Does what `zdd deploy` does with a version of the service.
    fn deploy(
        &self,
        version: &str,
        out: &mut impl Write,
        err: &mut impl Write,
    ) -> Result<ExitCode, CliError> {
        let name = format!("demo-{version}.json");
        let file = write(self.lab.sandboxes(), &name, &definition(version))?;
        let url = self.lab.url();
        let words = ["zdd", "deploy", "--marathon", url.as_str(), "--"].map(Into::into);
        let words = words.into_iter().chain([file.into_os_string()]);
        let deploy = Cli::try_parse_from(words).expect("these are arguments of `zdd deploy`");
        Ok(dispatch::run(&deploy, self.page, out, err))
    }

    /// Does something while clients use the app, and says what became of their requests.
    fn under_load<T>(
        &self,
        args: &ClientsArgs,
        doing: impl FnOnce() -> T,
    ) -> Result<(T, Counted), CliError> {
        let marathon = HttpMarathon::builder([self.lab.url()])
            .no_proxy()
            .build()
            .map_err(|error| LabError::Client(error.to_string()))?;
        let app: AppId = APP.parse().expect("the id of the app is valid");
        let (sender, mut receiver) = watch::channel(Vec::new());
        self.runtime.spawn(async move { targets::follow(&marathon, &app, sender).await });
        let load = self.runtime.block_on(async {
            // Only the end of who follows ends this wait early, and then every request fails.
            let _ = receiver.wait_for(|targets| !targets.is_empty()).await;
            Load::start(args.clients, &receiver)
        });
        let load = load.map_err(|error| LabError::Client(error.to_string()))?;
        let done = doing();
        Ok((done, self.runtime.block_on(load.finish())))
    }
}

/// Four instances, one more while they are replaced, and checks that are quick enough to watch.
fn definition(version: &str) -> serde_json::Value {
    json!({
        "id": APP,
        "instances": 4,
        "cpus": 0.1,
        "mem": 32,
        "container": {
            "type": "DOCKER",
            "docker": { "image": "mhausenblas/simpleservice:0.4.0" }
        },
        "env": {
            "SIMPLE_SERVICE_VERSION": version,
            "HEALTH_MIN": "20",
            "HEALTH_MAX": "200"
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
        "upgradeStrategy": { "minimumHealthCapacity": 1.0, "maximumOverCapacity": 0.25 },
        "taskKillGracePeriodSeconds": 5
    })
}

#[cfg(test)]
mod tests {
    use zdd_core::app::App;
    use zdd_core::capacity::Reading;
    use zdd_core::check::Check;
    use zdd_core::guarantee::Guarantee;
    use zdd_core::units::GroupId;

    use super::*;

    #[test]
    fn the_upgrade_keeps_what_it_shows() {
        let app = App::from_value(&definition("1.0"), &GroupId::root()).unwrap();
        let old = App::from_value(&definition("0.9"), &GroupId::root()).unwrap();
        assert!(app.is_upgrade_of(&old));
        assert!(
            Check::of_app(&app, Reading::Classic).verdict(Guarantee::Bounds).satisfiable.holds()
        );
    }
}
