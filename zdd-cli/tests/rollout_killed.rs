//! `kill -9` of a rollout at each request that changes something in Marathon or in HAProxy, before it is
//! seen there and after it has been answered: whoever takes over ends in the same state, and no client
//! notices.
//!
//! Each way is gone for every fourth of the requests to Marathon, and for one or two of those to HAProxy;
//! `ZDD_KILLS=all` takes all of them.
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod load;
mod proxy;
mod up;

use std::fs;
use std::process::{Command, Stdio};

use load::Load;
use proxy::{AdminProxy, Proxy, Stop};
use serde_json::{Value, json};
use snapbox::cmd::cargo_bin;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use up::{Up, free_port};

/// Whose requests are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    Marathons,
    Balancers,
}

struct Stage {
    lab: Up,
    runtime: Runtime,
    folder: TempDir,
    port: u16,
}

/// Something that is killed, and what is left in the end. `Before` and `After` are what it begins with.
struct Way {
    /// What comes before.
    first: &'static [&'static [&'static str]],
    /// What is killed, and done again.
    killed: &'static [&'static str],
    /// The version that serves in the end, with its number of instances, and that of another.
    ends: &'static [(&'static str, u64)],
}

const CANARY: &[&str] = &["canary", "start", "v2.json", "--weight", "50"];

const WAYS: [Way; 5] = [
    Way { first: &[], killed: &["deploy", "v2.json"], ends: &[("v2", 2)] },
    Way { first: &[], killed: CANARY, ends: &[("v1", 2), ("v2", 1)] },
    Way { first: &[CANARY], killed: &["canary", "promote", "shop"], ends: &[("v2", 2)] },
    Way { first: &[CANARY], killed: &["canary", "rollback", "shop"], ends: &[("v1", 2)] },
    Way { first: &[&["deploy", "v2.json"]], killed: &["deploy", "v1.json"], ends: &[("v1", 2)] },
];

impl Stage {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let stage =
            Self { lab: Up::lab(&[]), runtime: Runtime::new().unwrap(), folder, port: free_port() };
        for version in ["v1", "v2"] {
            let json = json!({
                "id": "/shop", "instances": 2, "cpus": 0.01, "mem": 1,
                "container":
                    {"type": "DOCKER", "docker": {"image": "mhausenblas/simpleservice:0.4.0"}},
                "env": {"SIMPLE_SERVICE_VERSION": version},
                "labels": {
                    "HAPROXY_DEPLOYMENT_GROUP": "shop", "HAPROXY_0_PORT": stage.port.to_string(),
                    "HAPROXY_0_MODE": "http",
                },
                "healthChecks": [{
                    "protocol": "HTTP", "path": "/health", "gracePeriodSeconds": 60,
                    "intervalSeconds": 1, "timeoutSeconds": 20, "maxConsecutiveFailures": 3,
                }],
            });
            let path = stage.folder.path().join(format!("{version}.json"));
            fs::write(path, json.to_string()).unwrap();
        }
        stage
    }

    fn command(&self, args: &[&str], marathon: &str) -> Command {
        let mut command = Command::new(cargo_bin!("zdd"));
        command.args(args).current_dir(self.folder.path()).env_clear();
        for name in ["ZDD_HAPROXY", "ZDD_HAPROXY_MASTER"] {
            command.env(name, self.lab.export(name));
        }
        command.env("ZDD_MARATHON", marathon).env("NO_PROXY", "127.0.0.1");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs it to its end.
    #[track_caller]
    fn zdd(&self, args: &[&str]) -> (Option<i32>, String) {
        let output = self.command(args, self.lab.export("ZDD_MARATHON")).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        (output.status.code(), text + &String::from_utf8(output.stderr).unwrap())
    }

    #[track_caller]
    fn done(&self, args: &[&str]) {
        let (code, said) = self.zdd(args);
        assert_eq!(code, Some(0), "{args:?}: {said}");
    }

    /// Versions with their instances, and records of rollouts.
    fn left(&self) -> (Vec<(String, u64)>, Vec<String>) {
        let answer = self.lab.call("GET", "/v2/apps", &Value::Null);
        let (mut versions, mut records) = (Vec::new(), Vec::new());
        for app in answer["apps"].as_array().unwrap() {
            let id = app["id"].as_str().unwrap();
            match app["env"]["SIMPLE_SERVICE_VERSION"].as_str() {
                Some(version) => {
                    versions.push((version.into(), app["instances"].as_u64().unwrap()));
                }
                None if id.starts_with("/zdd-rollouts/") => records.push(id.into()),
                None => assert!(id.starts_with("/zdd-history/"), "{id}"),
            }
        }
        versions.sort();
        (versions, records)
    }

    /// Runs it until it is killed at `stop`, or ends by itself. Answers which, and what it sent.
    fn killed(&self, args: &[&str], whose: Whose, stop: Stop) -> (bool, Vec<String>) {
        let (is_stopped, log, code) = match whose {
            Whose::Marathons => {
                let marathon = self.lab.marathon();
                let proxy = Proxy::at_changes(self.runtime.handle(), marathon, stop);
                let mut child = self.command(args, &proxy.url()).spawn().unwrap();
                let is_stopped = proxy.stopped_before(|| child.try_wait().unwrap().is_some());
                child.kill().unwrap();
                let log = proxy.log().into_iter().map(|it| it.what).collect::<Vec<_>>();
                (is_stopped, log, child.wait().unwrap().code())
            }
            Whose::Balancers => {
                let socket = self.lab.admin_socket();
                let proxy = AdminProxy::start(self.runtime.handle(), &socket, stop);
                let mut command = self.command(args, self.lab.export("ZDD_MARATHON"));
                let mut child = command.env("ZDD_HAPROXY", proxy.path()).spawn().unwrap();
                let is_stopped = proxy.stopped_before(|| child.try_wait().unwrap().is_some());
                child.kill().unwrap();
                (is_stopped, proxy.log(), child.wait().unwrap().code())
            }
        };
        assert_eq!(code, if is_stopped { None } else { Some(0) }, "{stop:?}: {log:?}");
        (is_stopped, log)
    }

    /// Goes one way, killed at `stop`. Answers the request that it was killed at, if it came so far.
    fn go(&self, way: &Way, whose: Whose, stop: Stop) -> Option<String> {
        self.done(&["deploy", "v1.json"]);
        let load = Load::start(self.port);
        way.first.iter().for_each(|args| self.done(args));
        let (is_stopped, log) = self.killed(way.killed, whose, stop);
        let (code, said) = self.zdd(&[way.killed, &["--take-over"]].concat());
        let (versions, records) = self.left();
        // Killed after its last request there is nothing left to go on with.
        let is_over = code == Some(3) && said.contains("no canary of shop goes on");
        assert!(code == Some(0) || is_over, "{:?} {stop:?}: {log:?}\n{said}", way.killed);
        let wanted: Vec<_> = way.ends.iter().map(|(it, n)| ((*it).to_owned(), *n)).collect();
        assert_eq!(versions, wanted, "{:?} {stop:?}: {log:?}\n{said}", way.killed);
        assert_eq!(records.len(), usize::from(wanted.len() > 1), "{records:?}");
        let counted = load.finish();
        assert!(counted.failures.is_empty(), "{:?} {stop:?}: {counted:?}", way.killed);
        if wanted.len() > 1 {
            self.done(&["canary", "rollback"]);
        }
        is_stopped.then(|| log.last().unwrap().clone())
    }
}

fn takes_all() -> bool {
    std::env::var_os("ZDD_KILLS").is_some()
}

fn killed(way: &Way, whose: Whose) {
    let stage = Stage::new();
    let takes_one = whose == Whose::Balancers && !takes_all();
    let step = if takes_all() { 1 } else { 4 };
    let mut killed_at = Vec::new();
    for (n, stop) in [Stop::Before as fn(usize) -> Stop, Stop::After].into_iter().enumerate() {
        let first = if takes_all() { 1 } else { 1 + n };
        for at in (first..).step_by(step) {
            match stage.go(way, whose, stop(at)) {
                Some(what) => killed_at.push(what),
                None => break,
            }
            if takes_one {
                break;
            }
        }
    }
    // A canary that is set up sets all its weights at once.
    let least = if takes_one { 1 } else { 2 };
    assert!(killed_at.len() >= least, "{killed_at:?}");
}

#[test]
fn blue_green() {
    killed(&WAYS[0], Whose::Marathons);
    if takes_all() {
        killed(&WAYS[4], Whose::Marathons);
    }
}

#[test]
fn a_canary() {
    killed(&WAYS[1], Whose::Marathons);
}

#[test]
fn its_promotion() {
    killed(&WAYS[2], Whose::Marathons);
}

#[test]
fn its_way_back() {
    killed(&WAYS[3], Whose::Marathons);
}

#[test]
fn blue_green_at_the_balancer() {
    killed(&WAYS[0], Whose::Balancers);
    if takes_all() {
        killed(&WAYS[4], Whose::Balancers);
    }
}

#[test]
fn a_canary_at_the_balancer() {
    killed(&WAYS[1], Whose::Balancers);
}

#[test]
fn its_promotion_at_the_balancer() {
    killed(&WAYS[2], Whose::Balancers);
}

#[test]
fn its_way_back_at_the_balancer() {
    killed(&WAYS[3], Whose::Balancers);
}
