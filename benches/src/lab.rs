//! Rolling upgrades on the embedded Marathon, and what they cannot do without.

use std::fmt;
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

/// An embedded Marathon, and a client of it that hears of events.
pub struct Cluster {
    // Dropped in this order: the stream and the lab need the runtime.
    events: Box<dyn EventStream>,
    marathon: HttpMarathon,
    lab: Option<Lab>,
    runtime: Runtime,
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster").field("lab", &self.lab).finish_non_exhaustive()
    }
}

impl Cluster {
    /// Brings it up, and waits until it tells of events.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub fn start() -> Self {
        let runtime = Runtime::new().expect("a runtime starts");
        let lab = runtime.block_on(Lab::builder().start()).expect("a lab starts");
        let marathon =
            HttpMarathon::builder([lab.url()]).no_proxy().build().expect("the lab has an address");
        let events = runtime.block_on(async { marathon.events() });
        let mut this = Self { events, marathon, lab: Some(lab), runtime };
        while this.feed() != Feed::Connected {}
        this
    }

    /// Its address.
    ///
    /// # Panics
    ///
    /// Never: the lab ends with the value.
    pub fn url(&self) -> String {
        self.lab.as_ref().expect("it is taken only at the end").url().to_string()
    }

    /// What the event stream says next.
    ///
    /// # Panics
    ///
    /// When it says nothing for a minute.
    pub fn feed(&mut self) -> Feed {
        let Self { runtime, events, .. } = self;
        let next = runtime.block_on(async { timeout(DEADLINE, events.next()).await });
        next.expect("something comes").expect("the stream does not end")
    }

    /// Deploys an app, to the end.
    ///
    /// # Panics
    ///
    /// When that does not succeed.
    pub fn deploy(&mut self, app: &App, is_new: bool) {
        let Self { runtime, marathon, events, .. } = self;
        runtime.block_on(async {
            let accepted = if is_new {
                marathon.create_app(app, Force::No).await
            } else {
                marathon.replace_app(app, Force::No).await
            };
            let deployment = accepted.expect("it is a valid app").deployment;
            timeout(DEADLINE, success(events.as_mut(), &deployment)).await.expect("it ends");
        });
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(lab) = self.lab.take() {
            self.runtime.block_on(lab.shutdown());
        }
    }
}

/// A cluster with one app of [`INSTANCES`] instances without health checks, of which the last to start
/// must run before the next old one goes.
#[derive(Debug)]
pub struct Rolling {
    cluster: Cluster,
    version: u32,
}

impl Rolling {
    /// Brings the cluster up and the app to its first version.
    pub fn start() -> Self {
        let mut cluster = Cluster::start();
        cluster.deploy(&app(1), true);
        Self { cluster, version: 1 }
    }

    /// Replaces each instance by one of a new version.
    pub fn upgrade(&mut self) {
        self.version += 1;
        self.cluster.deploy(&app(self.version), false);
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
