//! An embedded Marathon in the process of a test, and `zdd` run against it as a process.
#![allow(dead_code, reason = "each test file uses a part of it")]

mod processes;

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;
use snapbox::cmd::cargo_bin;
use tokio::runtime::Runtime;
use zdd_core::guarantee::Guarantee;
use zdd_core::placement::Agent;
use zdd_core::verify::{Outcome, Replay, Report};
use zdd_marathon::local::{ImageMap, Lab, LabBuilder, default_resources};

pub(crate) use processes::{Process, processes_in};

use crate::run::{Told, Zdd};

/// A running lab, and a folder to run `zdd` in. It ends with its value, and leaves nothing behind:
/// that is looked for each time.
pub(crate) struct TestLab {
    lab: Option<Lab>,
    pub(crate) runtime: Runtime,
    pub(crate) zdd: Zdd,
    n_recordings: u32,
}

impl TestLab {
    pub(crate) fn start() -> Self {
        Self::with_images(ImageMap::with_simple_service(Path::new(cargo_bin!("zdd"))))
    }

    pub(crate) fn with_images(images: ImageMap) -> Self {
        Self::with(|_| (), |lab| lab.images(images))
    }

    /// A lab with agents that are changed like that, and told this before it starts.
    pub(crate) fn with(
        change: impl FnOnce(&mut [Agent; 3]),
        tell: impl FnOnce(LabBuilder) -> LabBuilder,
    ) -> Self {
        let runtime = Runtime::new().expect("a runtime starts");
        let [own, agents @ ..] = addresses();
        let mut agents = agents.map(|ip| {
            let id = format!("agent-{ip}").parse().expect("it is an id");
            Agent::new(id, ip.to_string(), default_resources())
        });
        change(&mut agents);
        let lab = Lab::builder().bind(SocketAddr::from((own, 0))).agents(agents.into());
        let lab = runtime.block_on(tell(lab).start()).expect("a lab starts");
        let zdd = Zdd::at(lab.url().as_str());
        Self { lab: Some(lab), runtime, zdd, n_recordings: 0 }
    }

    pub(crate) fn lab(&self) -> &Lab {
        self.lab.as_ref().expect("it is taken only at the end")
    }

    /// The processes of all tasks.
    pub(crate) fn processes(&self) -> Vec<Process> {
        processes_in(self.lab().sandboxes())
    }

    /// Deploys a definition, which has to succeed, and reads back what was recorded meanwhile.
    pub(crate) fn deploy(&mut self, definition: &Value) -> Recorded {
        self.n_recordings += 1;
        let log = format!("{}.log", self.n_recordings);
        self.zdd.file("app.json", definition);
        let args = ["deploy", "app.json", "--record", &log, "--guarantee", "completes"];
        let told = self.zdd.run(&args);
        let file = self.zdd.folder.path().join(&log);
        let text = fs::read(&file).unwrap_or_default();
        assert_eq!(told.code, Some(0), "{told:#?}\n{}", String::from_utf8_lossy(&text));
        Recorded { report: only_report(&text), told, file }
    }

    /// Deploys a definition that replaces the instances of another one, which has to keep its bounds:
    /// `zdd deploy`, `zdd verify` and the library have to say so.
    pub(crate) fn upgrade(&mut self, definition: &Value) -> Recorded {
        let upgrade = self.deploy(definition);
        let report = &upgrade.report;
        assert_eq!((report.old, report.new, report.outcome), (4, 4, Outcome::Success));
        assert_eq!(report.verdict.holds(Guarantee::Bounds), Some(true));
        upgrade.told.clone().says("✔ completes: held").says("4 of 4 instances serve");
        self.verify(&upgrade).exits(0).says("✔ bounds: held");
        upgrade
    }

    /// What `zdd verify` says.
    pub(crate) fn verify(&self, recorded: &Recorded) -> Told {
        self.zdd.run(&["verify", recorded.file.to_str().expect("it is text")])
    }
}

/// What was said while something was deployed, and what was recorded.
pub(crate) struct Recorded {
    pub(crate) told: Told,
    pub(crate) report: Report,
    pub(crate) file: PathBuf,
}

impl Recorded {
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.file).expect("it was written")
    }
}

/// The report on the only deployment of a recording.
pub(crate) fn only_report(recording: &[u8]) -> Report {
    let mut replayed = Replay::new().read(recording);
    assert_eq!(replayed.issues.count, 0, "{:?}", replayed.issues);
    let report = replayed.reports.pop().expect("one deployment is in it");
    assert!(replayed.reports.is_empty(), "{:#?}", replayed.reports);
    report
}

impl Drop for TestLab {
    fn drop(&mut self) {
        let Some(lab) = self.lab.take() else { return };
        let sandboxes = lab.sandboxes().to_path_buf();
        let mut places = lab.url().socket_addrs(|| None).expect("it is an address");
        places.extend(processes_in(&sandboxes).iter().filter_map(Process::place));
        self.runtime.block_on(lab.shutdown());
        if !std::thread::panicking() {
            assert!(!sandboxes.exists(), "{} is left", sandboxes.display());
            assert_eq!(processes_in(&sandboxes), [], "processes are left");
            for place in places {
                assert!(TcpStream::connect(place).is_err(), "somebody listens at {place}");
            }
        }
    }
}

/// Loopback addresses that are this lab's alone, even while other tests run: what is refused on one of
/// them is refused because nothing was left.
fn addresses() -> [IpAddr; 4] {
    static LABS: AtomicU8 = AtomicU8::new(0);
    let lab = LABS.fetch_add(1, Ordering::Relaxed);
    assert!(lab < 60, "too many labs in one process");
    let [.., high, low] = std::process::id().to_be_bytes();
    // Nobody else begins above 127.128.
    [1, 2, 3, 4].map(|n| Ipv4Addr::new(127, 128 | high, low, 4 * lab + n).into())
}

/// Waits for something; it may take far longer than it should, on a busy machine.
#[track_caller]
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < end, "not in time: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
