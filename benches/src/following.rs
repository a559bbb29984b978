//! `zdd deploy` at a terminal: how soon it shows what happens, and what it costs while nothing does.

use std::fs::{self, File};
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use nix::pty::{Winsize, openpty};
use nix::unistd::{SysconfVar, sysconf};
use zdd_core::app::App;
use zdd_core::ports::{Feed, Happening};
use zdd_core::units::GroupId;

use crate::lab::Cluster;

/// Far more than anything here takes.
const DEADLINE: Duration = Duration::from_secs(60);
/// How long an instance takes to stop, so that one is replaced after the other.
const STOPS_FOR: &str = "0.2";

/// What nothing costs.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "two figures")]
pub struct Idle {
    /// Share of one core.
    pub cpu: f64,
    /// Most memory that was ever in use, in KiB.
    pub peak_kib: u64,
}

impl Idle {
    /// The most memory that was ever in use, in MiB.
    pub fn peak_mib(self) -> f64 {
        f64::from(u32::try_from(self.peak_kib).unwrap_or(u32::MAX)) / 1024.0
    }
}

/// How long after Marathon's event that a new instance runs the terminal shows it, for each of
/// `instances` that are replaced one after the other.
///
/// # Panics
///
/// When the deployment does not end, or an instance is never shown.
pub fn delays(zdd: &str, instances: u32) -> Vec<Duration> {
    let mut cluster = Cluster::start();
    let first = App::from_value(&definition(1, instances, false), &GroupId::root());
    cluster.deploy(&first.expect("it is an app"), true);
    let file = tempfile::NamedTempFile::new().expect("there is room for a file");
    let next = definition(2, instances, false);
    fs::write(file.path(), next.to_string()).expect("there is room for a file");
    let mut terminal = AtTerminal::start(zdd, &cluster.url(), file.path());
    let mut told: Vec<(String, Instant)> = Vec::new();
    loop {
        let Feed::Event(event) = cluster.feed() else { panic!("the stream broke") };
        match event.happening {
            Happening::Task { task, state, .. } if state == "TASK_RUNNING" => {
                let id = task.as_str().split(".instance-").nth(1).expect("an instance's id");
                told.push((id[..8].into(), Instant::now()));
            }
            Happening::Succeeded(_) => break,
            _ => {}
        }
    }
    let shown = terminal.finish();
    let delay = |(id, at): &(String, Instant)| {
        let row = format!("{id}  serving");
        let (shown, _) = shown.iter().find(|(_, text)| text.contains(&row)).expect("it is shown");
        shown.saturating_duration_since(*at)
    };
    assert_eq!(told.len(), usize::try_from(instances).expect("few"));
    told.iter().map(delay).collect()
}

/// What it costs to watch a deployment that stands still for so long.
///
/// # Panics
///
/// When the machine does not say.
pub fn idle(zdd: &str, time: Duration) -> Idle {
    let cluster = Cluster::start();
    let file = tempfile::NamedTempFile::new().expect("there is room for a file");
    fs::write(file.path(), definition(1, 4, true).to_string()).expect("there is room for a file");
    let mut terminal = AtTerminal::start(zdd, &cluster.url(), file.path());
    terminal.until("in its checks");
    let process = format!("/proc/{}", terminal.child.id());
    let ticks = sysconf(SysconfVar::CLK_TCK).ok().flatten().expect("this is Linux");
    let (before, start) = (cpu_ticks(&process), Instant::now());
    // Whoever looks reads, too: a terminal that is full would stop it.
    terminal.read_for(time);
    let used = f64::from(cpu_ticks(&process) - before);
    let seconds = start.elapsed().as_secs_f64();
    let idle = Idle {
        cpu: used / f64::from(i32::try_from(ticks).expect("a hundred or so")) / seconds,
        peak_kib: peak_kib(&process),
    };
    terminal.child.kill().expect("it is ours");
    terminal.child.wait().expect("it is ours");
    idle
}

fn definition(version: u32, instances: u32, is_stuck: bool) -> serde_json::Value {
    let mut app = serde_json::json!({
        "id": "/bench", "instances": instances, "cpus": 0.01, "mem": 1,
        "cmd": format!("trap 'sleep {STOPS_FOR}; exit 0' TERM; sleep 1000 & wait"),
        "env": {"VERSION": version.to_string()},
        "upgradeStrategy": {
            "minimumHealthCapacity": 1, "maximumOverCapacity": 1.0 / f64::from(instances),
        },
    });
    if is_stuck {
        app["healthChecks"] = serde_json::json!([{"protocol": "TCP", "gracePeriodSeconds": 900}]);
    }
    app
}

/// A deployment at a terminal of its own, of 80 columns and 40 lines.
struct AtTerminal {
    child: Child,
    written: Receiver<(Instant, String)>,
}

impl AtTerminal {
    fn start(zdd: &str, url: &str, definition: &std::path::Path) -> Self {
        let size = Winsize { ws_row: 40, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
        let pty = openpty(Some(&size), None).expect("there is a terminal");
        let mut command = Command::new(zdd);
        command.arg("deploy").arg(definition).args(["--marathon", url]);
        command.env("TERM", "xterm").env("NO_COLOR", "1").stdin(Stdio::null());
        command.stderr(pty.slave.try_clone().expect("it is open")).stdout(pty.slave);
        let child = command.spawn().expect("cargo has built it");
        drop(command);
        let (send, written) = channel();
        let mut master = File::from(pty.master);
        thread::spawn(move || {
            let mut bytes = [0; 1 << 12];
            // A terminal that nobody writes to any more is an error.
            while let Ok(read @ 1..) = master.read(&mut bytes) {
                let text = String::from_utf8_lossy(&bytes[..read]).into_owned();
                if send.send((Instant::now(), text)).is_err() {
                    return;
                }
            }
        });
        Self { child, written }
    }

    /// All that is written until it ends.
    fn finish(&mut self) -> Vec<(Instant, String)> {
        let all = self.written.iter().collect();
        assert!(self.child.wait().expect("it is ours").success(), "{all:?}");
        all
    }

    fn until(&self, text: &str) {
        while !self.written.recv_timeout(DEADLINE).expect("it is written").1.contains(text) {}
    }

    fn read_for(&self, time: Duration) {
        let end = Instant::now() + time;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match self.written.recv_timeout(left) {
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => return,
                Err(RecvTimeoutError::Disconnected) => panic!("it has ended"),
            }
        }
    }
}

/// In user and system mode.
fn cpu_ticks(process: &str) -> u32 {
    let stat = fs::read_to_string(format!("{process}/stat")).expect("it runs");
    let fields: Vec<&str> = stat.rsplit(')').next().expect("a name").split_whitespace().collect();
    fields[11..13].iter().map(|field| field.parse::<u32>().expect("a number")).sum()
}

fn peak_kib(process: &str) -> u64 {
    let status = fs::read_to_string(format!("{process}/status")).expect("it runs");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("this is Linux");
    peak.trim().trim_end_matches("kB").trim().parse().expect("a number")
}
