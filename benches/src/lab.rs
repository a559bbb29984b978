//! Rolling upgrades on the embedded Marathon, and what they cannot do without.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::time::timeout;
use zdd_core::app::App;
use zdd_core::ports::{EventStream, Feed, Force, Happening, Marathon};
use zdd_core::units::DeploymentId;
use zdd_marathon::HttpMarathon;
use zdd_marathon::local::Lab;

/// How many instances are replaced, one at a time.
pub const INSTANCES: u32 = 4;

/// Far more than any deployment here takes.
const DEADLINE: Duration = Duration::from_secs(60);

/// A lab with one app of [`INSTANCES`] instances without health checks, of which the last to start
/// must run before the next old one goes.
pub struct Rolling {
    // Dropped in this order: the stream and the lab need the runtime.
    events: Box<dyn EventStream>,
    marathon: HttpMarathon,
    lab: Option<Lab>,
    runtime: Runtime,
    version: u32,
}

impl std::fmt::Debug for Rolling {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rolling").field("lab", &self.lab).finish_non_exhaustive()
    }
}

impl Rolling {
    /// Brings the lab up and the app to its first version.
    ///
    /// # Panics
    ///
    /// When the lab does not start.
    pub fn start() -> Self {
        let runtime = Runtime::new().expect("a runtime starts");
        let lab = runtime.block_on(Lab::builder().start()).expect("a lab starts");
        let marathon =
            HttpMarathon::builder([lab.url()]).no_proxy().build().expect("the lab has an address");
        let mut events = runtime.block_on(async { marathon.events() });
        runtime.block_on(async {
            while timeout(DEADLINE, events.next()).await.expect("it comes") != Some(Feed::Connected)
            {
            }
        });
        let mut this = Self { events, marathon, lab: Some(lab), runtime, version: 0 };
        this.upgrade();
        this
    }

    /// Replaces each instance by one of a new version.
    ///
    /// # Panics
    ///
    /// When that does not succeed.
    pub fn upgrade(&mut self) {
        self.version += 1;
        let app = app(self.version);
        let Self { runtime, marathon, events, version, .. } = self;
        runtime.block_on(async {
            let accepted = if *version == 1 {
                marathon.create_app(&app, Force::No).await
            } else {
                marathon.replace_app(&app, Force::No).await
            };
            let deployment = accepted.expect("it is a valid app").deployment;
            timeout(DEADLINE, success(events.as_mut(), &deployment)).await.expect("it ends");
        });
    }
}

impl Drop for Rolling {
    fn drop(&mut self) {
        if let Some(lab) = self.lab.take() {
            self.runtime.block_on(lab.shutdown());
        }
    }
}

async fn success(events: &mut dyn EventStream, deployment: &DeploymentId) {
    loop {
        let Some(Feed::Event(event)) = events.next().await else { panic!("the stream broke") };
        match event.happening {
            Happening::Succeeded(id) if id == *deployment => return,
            Happening::Failed { deployment: id, reason } if id == *deployment => {
                panic!("the deployment failed: {reason:?}")
            }
            _ => {}
        }
    }
}

/// What each instance runs: it says that it runs, and waits for its end.
const COMMAND: &str = "echo runs; exec sleep 1000";

fn app(version: u32) -> App {
    let text = format!(
        r#"{{"id": "/bench", "cmd": "{COMMAND}", "instances": {INSTANCES}, "cpus": 0.01, "mem": 1,
            "env": {{"VERSION": "{version}"}},
            "upgradeStrategy": {{"minimumHealthCapacity": 1, "maximumOverCapacity": 0.25}}}}"#
    );
    App::parse(&text).expect("it is an app")
}

/// What no Marathon on this machine can do without: one after the other, a process is started and
/// seen to run, and another is told to end and seen to have ended.
///
/// # Panics
///
/// When the machine cannot start a shell.
pub fn processes() {
    for _ in 0..INSTANCES {
        let mut child = Command::new("/bin/sh")
            .args(["-c", COMMAND])
            .stdout(Stdio::piped())
            .spawn()
            .expect("there is a shell");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe"))
            .read_line(&mut line)
            .expect("it says that it runs");
        child.kill().expect("it is ours");
        child.wait().expect("it is ours");
    }
}
