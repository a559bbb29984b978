//! No request is lost: deployments, aborts, rollbacks and canaries in a row, with real processes and a real
//! HAProxy, while clients of five kinds use the app without a pause: kept connections, idle ones, one for
//! each request, answers that take up to five seconds, and upgraded sessions.
//!
//! Each kind of move is made once by each balancer; `ZDD_SWAPS=100` makes so many moves by each, and prints
//! what became of all requests.
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

#[path = "../../zdd-haproxy/tests/support/load/mod.rs"]
mod load;
mod stage;
mod up;

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};
use std::{env, fs};

use load::{Backend, Kind, Load};
use serde_json::Value;
use stage::{Mode, Stage, bare, said};
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};

const INSTANCES: u32 = 3;
/// How long a task that was told to stop goes on as before.
const LINGERS: Duration = Duration::from_millis(700);

/// What an operator does to the app.
#[derive(Clone, Copy, Debug)]
enum Move {
    Deploy,
    /// A deployment that is interrupted when so many new instances are there, and taken back.
    Abort,
    /// To what ran before.
    Rollback,
    CanaryPromoted,
    CanaryRolledBack,
}

/// Weights can be set by the admin socket alone.
const BY_ADMIN_SOCKET: [Move; 5] =
    [Move::Deploy, Move::Abort, Move::CanaryRolledBack, Move::Rollback, Move::CanaryPromoted];
const BESIDE_MARATHON_LB: [Move; 3] = [Move::Deploy, Move::Abort, Move::Rollback];

/// An app under load.
struct Show {
    stage: Stage,
    load: Load,
    runtime: Runtime,
    /// What runs, and what ran before that.
    serves: String,
    before: String,
    n_moves: usize,
}

impl Show {
    fn begin(mode: Mode) -> Self {
        let task = format!(
            "zdd/test-echo:*=exec '{}' --ignored --exact is_a_task_of_the_lab",
            env::current_exe().unwrap().to_str().unwrap()
        );
        let stage = Stage::with_lab(mode, INSTANCES, &["--image", &task]);
        let runtime = Runtime::new().unwrap();
        for version in ["v0", "v1"] {
            stage.zdd(0, &["deploy", &file(&stage, version), "--revision", version]);
        }
        let mut load = Load::new();
        let kinds = [
            (Kind::KeepAlive, 1),
            (Kind::Thinking, 4),
            (Kind::Short, 2),
            (Kind::Varied, 2),
            (Kind::Sessions, 3),
        ];
        runtime.block_on(async {
            for (kind, count) in kinds {
                load.add(kind, stage.port, count);
            }
            load.await_answers(&kinds.map(|(kind, _)| kind)).await;
        });
        Self { stage, load, runtime, serves: "v1".into(), before: "v0".into(), n_moves: 0 }
    }

    fn make(&mut self, it: Move) {
        self.n_moves += 1;
        let n = self.n_moves;
        let version = format!("v{}", n + 1);
        let log = self.stage.path(&format!("{n}.log"));
        let file = file(&self.stage, &version);
        let deploy = ["deploy", &file, "--revision", &version];
        let canary = ["canary", "start", &file, "--revision", &version, "--weight", "20"];
        let record = ["--record", &log];
        let stage = &self.stage;
        let told = match it {
            Move::Deploy => stage.zdd(0, &[&deploy[..], &record].concat()),
            Move::Abort => {
                let least = u64::try_from(n).unwrap() % 3 + 1;
                stage.interrupted(&deploy, |_| grew(stage, &version, least));
                stage.zdd(15, &["abort", "shop"])
            }
            Move::Rollback => stage.zdd(0, &["rollback", "shop"]),
            Move::CanaryPromoted => {
                stage.zdd(0, &canary);
                stage.zdd(0, &[&["canary", "promote", "shop"], &record[..]].concat())
            }
            Move::CanaryRolledBack => {
                stage.zdd(0, &[&canary[..], &["--instances", "2"]].concat());
                stage.zdd(0, &[&["canary", "rollback", "shop"], &record[..]].concat())
            }
        };
        match it {
            Move::Deploy | Move::CanaryPromoted => {
                self.before = std::mem::replace(&mut self.serves, version);
            }
            Move::Rollback => std::mem::swap(&mut self.before, &mut self.serves),
            Move::Abort | Move::CanaryRolledBack => {}
        }
        let failures = self.load.failures();
        assert!(failures.is_empty(), "{it:?}, move {n}: {failures:?}\n{told}");
        assert_eq!(self.load.n_cut(), 0, "{it:?}, move {n}\n{told}");
        let serves = format!("{} {INSTANCES}", self.serves);
        assert_eq!(versions(stage), [serves], "{it:?}, move {n}\n{told}");
        assert_eq!(stage.n_records(), 0, "{it:?}, move {n}\n{told}");
        // What was seen and done is right by the judge, too.
        if fs::exists(&log).unwrap() {
            said(0, &bare(&["verify", &log]).output().unwrap(), &["verify", &log]);
        }
    }

    fn end(mut self, since: Instant) {
        let (n_failed, report) = self.runtime.block_on(self.load.end());
        let seconds = since.elapsed().as_secs();
        let (n_moves, n) = (self.n_moves, self.load.n_answered());
        eprintln!("{n_moves} moves, {n} requests in {seconds} s: {report}");
        assert_eq!((n_failed, self.load.n_cut()), (0, 0), "{report}");
        assert!(n > 0);
    }
}

/// A definition of what this file runs as a task.
fn file(stage: &Stage, version: &str) -> String {
    stage.file_with(version, |json| json["container"]["docker"]["image"] = "zdd/test-echo:1".into())
}

fn versions(stage: &Stage) -> Vec<String> {
    stage.apps_as(|app| {
        let version = app["env"]["SIMPLE_SERVICE_VERSION"].as_str().unwrap();
        format!("{version} {}", app["instances"])
    })
}

/// Whether so many instances of a version are there.
fn grew(stage: &Stage, version: &str, least: u64) -> bool {
    let is_it = |app: &&Value| app["env"]["SIMPLE_SERVICE_VERSION"] == version;
    stage.all_apps().iter().find(is_it).is_some_and(|app| app["instances"].as_u64() >= Some(least))
}

fn nothing_is_lost(mode: Mode, moves: &[Move]) {
    let swaps = env::var("ZDD_SWAPS").map_or(moves.len(), |text| text.parse().unwrap());
    let mut show = Show::begin(mode);
    let since = Instant::now();
    for it in moves.iter().cycle().take(swaps) {
        show.make(*it);
        if swaps > moves.len() {
            eprintln!(
                "{mode:?}: {} {it:?}, {:?}, {}",
                show.n_moves,
                since.elapsed(),
                show.load.n_answered()
            );
        }
    }
    show.end(since);
}

#[test]
fn nothing_is_lost_by_the_admin_socket() {
    nothing_is_lost(Mode::Haproxy, &BY_ADMIN_SOCKET);
}

#[test]
fn nothing_is_lost_beside_marathon_lb() {
    nothing_is_lost(Mode::MarathonLb, &BESIDE_MARATHON_LB);
}

/// Serves until it is told to stop, as a good service does.
#[test]
#[ignore = "no test: the lab runs it in the place of an image"]
fn is_a_task_of_the_lab() {
    // Whoever runs all that is ignored gave it no port.
    let Ok(port) = env::var("PORT0") else { return };
    let ip: IpAddr = env::var("LIBPROCESS_IP").unwrap().parse().unwrap();
    Runtime::new().unwrap().block_on(async {
        let mut stops = signal(SignalKind::terminate()).unwrap();
        let serves = Backend::at(SocketAddr::new(ip, port.parse().unwrap())).await;
        stops.recv().await.unwrap();
        // Whoever sends it something new by now will lose it: whether that happens must not depend on luck.
        tokio::time::sleep(LINGERS).await;
        serves.stop().await;
    });
}
