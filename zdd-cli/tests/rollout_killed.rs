//! `kill -9` of a rollout at each request that changes something in Marathon or in HAProxy, before it is
//! seen there and after it has been answered: whoever takes over ends in the same state, and no client
//! notices.
//!
//! Of each way some of the requests are taken, before and after in turn; `ZDD_KILLS=all` takes all of them,
//! both before and after.
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod load;
mod proxy;
mod stage;
mod up;

use load::Load;
use proxy::{AdminProxy, Proxy, Stop};
use serde_json::Value;
use stage::{Mode, Stage};
use tokio::runtime::Runtime;

/// Whose requests are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    Marathons,
    Balancers,
}

struct World {
    stage: Stage,
    runtime: Runtime,
}

/// Something that is killed, and what is left in the end.
struct Way {
    /// What comes before.
    first: &'static [First],
    /// What is killed.
    killed: &'static [&'static str],
    /// What goes on with it.
    again: Again,
    /// The exit status of both.
    code: i32,
    /// The version that serves in the end, with its number of instances, and that of another.
    ends: &'static [(&'static str, u64)],
}

#[derive(Clone, Copy)]
enum First {
    Done(&'static [&'static str]),
    /// It is interrupted when the new version has all its instances.
    Interrupted(&'static [&'static str]),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Again {
    /// The same command.
    Same,
    /// `zdd resume`, which knows no more than what Marathon keeps.
    Resume,
}

const CANARY: &[&str] = &["canary", "start", "v2.json", "--weight", "50"];
const STEPS: &[&str] =
    &["canary", "start", "v2.json", "--steps", "20:1s,50x2:1s", "--min-requests", "0"];

const BLUE_GREEN: Way = Way {
    first: &[],
    killed: &["deploy", "v2.json"],
    again: Again::Same,
    code: 0,
    ends: &[("v2", 2)],
};
const BACK: Way = Way {
    first: &[First::Done(&["deploy", "v2.json"])],
    killed: &["deploy", "v1.json"],
    ends: &[("v1", 2)],
    ..BLUE_GREEN
};
const ABORT: Way = Way {
    first: &[First::Interrupted(&["deploy", "v2.json"])],
    killed: &["abort", "shop"],
    again: Again::Resume,
    code: 15,
    ends: &[("v1", 2)],
};
const START: Way = Way { killed: CANARY, ends: &[("v1", 2), ("v2", 1)], ..BLUE_GREEN };
const STEPPED: Way = Way { killed: STEPS, again: Again::Resume, ..BLUE_GREEN };
const PROMOTE: Way =
    Way { first: &[First::Done(CANARY)], killed: &["canary", "promote", "shop"], ..BLUE_GREEN };
const ROLLBACK: Way = Way {
    first: &[First::Done(CANARY)],
    killed: &["canary", "rollback", "shop"],
    ends: &[("v1", 2)],
    ..BLUE_GREEN
};

impl World {
    fn new() -> Self {
        let stage = Stage::new(Mode::Haproxy, 2);
        for version in ["v1", "v2"] {
            stage.file(version);
        }
        Self { stage, runtime: Runtime::new().unwrap() }
    }

    /// Runs it to its end.
    fn zdd(&self, args: &[&str]) -> (Option<i32>, String) {
        let output = self.stage.command(args).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        (output.status.code(), text + &String::from_utf8(output.stderr).unwrap())
    }

    /// Versions with their instances.
    fn versions(&self) -> Vec<(String, u64)> {
        let version = |app: &Value| {
            let version = app["env"]["SIMPLE_SERVICE_VERSION"].as_str()?;
            Some((version.to_owned(), app["instances"].as_u64().unwrap()))
        };
        let mut versions: Vec<_> = self.stage.all_apps().iter().filter_map(version).collect();
        versions.sort();
        versions
    }

    fn prepare(&self, first: First) {
        match first {
            First::Done(args) => {
                self.stage.zdd(0, args);
            }
            First::Interrupted(args) => self.stage.interrupted(args, |_| {
                self.versions().iter().any(|(version, n)| version == "v2" && *n == 2)
            }),
        }
    }

    /// Runs it until it is killed at `stop`, or ends by itself. Answers which, and what it sent.
    fn killed(&self, way: &Way, whose: Whose, stop: Stop) -> (bool, Vec<String>) {
        let (runtime, mut command) = (self.runtime.handle(), self.stage.command(way.killed));
        let (is_stopped, log, code) = match whose {
            Whose::Marathons => {
                let proxy = Proxy::at_changes(runtime, self.stage.lab.marathon(), stop);
                let mut child = command.env("ZDD_MARATHON", proxy.url()).spawn().unwrap();
                let is_stopped = proxy.stopped_before(|| child.try_wait().unwrap().is_some());
                child.kill().unwrap();
                let log = proxy.log().into_iter().map(|it| it.what).collect::<Vec<_>>();
                (is_stopped, log, child.wait().unwrap().code())
            }
            Whose::Balancers => {
                let proxy = AdminProxy::start(runtime, &self.stage.lab.admin_socket(), stop);
                let mut child = command.env("ZDD_HAPROXY", proxy.path()).spawn().unwrap();
                let is_stopped = proxy.stopped_before(|| child.try_wait().unwrap().is_some());
                child.kill().unwrap();
                (is_stopped, proxy.log(), child.wait().unwrap().code())
            }
        };
        assert_eq!(code, if is_stopped { None } else { Some(way.code) }, "{stop:?}: {log:?}");
        (is_stopped, log)
    }

    /// Goes on with what was killed, to its end.
    fn again(&self, way: &Way, stop: Stop) -> (Option<i32>, String) {
        match way.again {
            // Of what was killed before its first request nobody knows but who asked for it.
            Again::Resume if stop != Stop::Before(1) => {
                self.zdd(&["resume", "shop", "--take-over"])
            }
            _ => self.zdd(&[way.killed, &["--take-over"]].concat()),
        }
    }

    /// Goes one way, killed at `stop`. Answers the request that it was killed at, if it came so far.
    fn go(&self, way: &Way, whose: Whose, stop: Stop) -> Option<String> {
        self.stage.zdd(0, &["deploy", "v1.json"]);
        let load = Load::start(self.stage.port);
        way.first.iter().for_each(|first| self.prepare(*first));
        let (is_stopped, log) = self.killed(way, whose, stop);
        let (code, said) = self.again(way, stop);
        let about = format!("{:?} {stop:?}: {log:?}\n{said}", way.killed);
        // Killed after its last request there is nothing left to go on with.
        let is_over = match way.again {
            Again::Same => code == Some(3) && said.contains("no canary of shop goes on"),
            Again::Resume => code == Some(6) && said.contains("and no rollout"),
        };
        assert!(code == Some(way.code) || is_over, "{code:?} {about}");
        let wanted = ends(way);
        assert_eq!(self.versions(), wanted, "{about}");
        assert_eq!(self.stage.n_records(), usize::from(wanted.len() > 1), "{about}");
        let counted = load.finish();
        assert!(counted.failures.is_empty(), "{counted:?} {about}");
        if wanted.len() > 1 {
            self.stage.zdd(0, &["canary", "rollback"]);
        }
        is_stopped.then(|| log.last().unwrap().clone())
    }
}

fn ends(way: &Way) -> Vec<(String, u64)> {
    way.ends.iter().map(|(version, n)| ((*version).to_owned(), *n)).collect()
}

fn takes_all() -> bool {
    std::env::var_os("ZDD_KILLS").is_some()
}

fn killed_everywhere(way: &Way, whose: Whose) {
    let world = World::new();
    let mut killed_at = Vec::new();
    for at in [Stop::Before as fn(usize) -> Stop, Stop::After] {
        let all = (1..).map_while(|n| world.go(way, whose, at(n)));
        killed_at.extend(all);
    }
    assert!(killed_at.len() > 1, "{killed_at:?}");
}

/// Goes a way, killed at each of these; or at every request, if that is asked for.
fn killed(way: &Way, whose: Whose, some: &[Stop]) {
    if takes_all() {
        return killed_everywhere(way, whose);
    }
    assert!(!some.is_empty(), "it would show nothing");
    let world = World::new();
    for stop in some {
        assert!(world.go(way, whose, *stop).is_some(), "{stop:?} was never reached");
    }
}

#[test]
fn blue_green() {
    let some = [Stop::After(1), Stop::Before(3), Stop::After(5)];
    killed(&BLUE_GREEN, Whose::Marathons, &some);
}

/// The same, with the colours exchanged.
#[test]
fn blue_green_and_back() {
    killed(&BACK, Whose::Marathons, &[Stop::Before(2)]);
    killed(&BACK, Whose::Balancers, &[Stop::After(2)]);
}

#[test]
fn an_abort() {
    killed(&ABORT, Whose::Marathons, &[Stop::Before(1), Stop::After(2)]);
}

#[test]
fn a_canary() {
    killed(&START, Whose::Marathons, &[Stop::Before(2), Stop::After(3)]);
}

#[test]
fn a_canary_in_steps() {
    killed(&STEPPED, Whose::Marathons, &[Stop::After(1), Stop::Before(4), Stop::After(6)]);
}

#[test]
fn a_promotion() {
    killed(&PROMOTE, Whose::Marathons, &[Stop::After(1), Stop::Before(3)]);
}

#[test]
fn a_way_back() {
    killed(&ROLLBACK, Whose::Marathons, &[Stop::Before(2)]);
}

#[test]
fn blue_green_at_the_balancer() {
    killed(&BLUE_GREEN, Whose::Balancers, &[Stop::After(1)]);
}

#[test]
fn an_abort_at_the_balancer() {
    killed(&ABORT, Whose::Balancers, &[Stop::Before(2)]);
}

#[test]
fn a_canary_at_the_balancer() {
    killed(&START, Whose::Balancers, &[Stop::Before(1)]);
}

#[test]
fn a_canary_in_steps_at_the_balancer() {
    killed(&STEPPED, Whose::Balancers, &[Stop::After(2)]);
}

#[test]
fn a_promotion_at_the_balancer() {
    killed(&PROMOTE, Whose::Balancers, &[Stop::Before(2)]);
}

#[test]
fn a_way_back_at_the_balancer() {
    killed(&ROLLBACK, Whose::Balancers, &[Stop::After(1)]);
}
