//! Blue/green with real processes and a real HAProxy, under load: forwards and back, by the admin socket
//! and beside a marathon-lb.
//!
//! `ZDD_SWAPS=200` deploys and takes back that often in a row, in each mode.
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod load;
mod up;

use std::fs;
use std::process::{Command, Stdio};

use load::Load;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use snapbox::cmd::cargo_bin;
use tempfile::TempDir;
use up::{Up, free_port, until};

/// Who drains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// zdd, through the admin socket.
    Haproxy,
    /// The balancer itself, as marathon-lb does.
    MarathonLb,
}

struct Stage {
    lab: Up,
    mode: Mode,
    folder: TempDir,
    port: u16,
}

impl Stage {
    fn new(mode: Mode) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { lab: Up::lab(&[]), mode, folder, port: free_port() }
    }

    fn file(&self, version: &str) -> String {
        let json = json!({
            "id": "/shop", "instances": 3, "cpus": 0.1, "mem": 32,
            "container": {"type": "DOCKER", "docker": {"image": "mhausenblas/simpleservice:0.4.0"}},
            "env": {"SIMPLE_SERVICE_VERSION": version},
            "labels": {
                "HAPROXY_DEPLOYMENT_GROUP": "shop", "HAPROXY_0_PORT": self.port.to_string(),
                "HAPROXY_0_MODE": "http",
            },
            "healthChecks": [{
                "protocol": "HTTP", "path": "/health", "gracePeriodSeconds": 60,
                "intervalSeconds": 1, "timeoutSeconds": 20, "maxConsecutiveFailures": 3,
            }],
        });
        let path = self.folder.path().join(format!("{version}.json"));
        fs::write(&path, json.to_string()).unwrap();
        path.to_str().unwrap().into()
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(cargo_bin!("zdd"));
        command.args(args).env_clear().env("NO_PROXY", "127.0.0.1");
        let names: &[&str] = match self.mode {
            Mode::Haproxy => &["ZDD_MARATHON", "ZDD_HAPROXY", "ZDD_HAPROXY_MASTER"],
            Mode::MarathonLb => &["ZDD_MARATHON", "ZDD_MARATHON_LB"],
        };
        for name in names {
            command.env(name, self.lab.export(name));
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs it to its end; answers with what it said.
    #[track_caller]
    fn zdd(&self, code: i32, args: &[&str]) -> String {
        let output = self.command(args).output().unwrap();
        let out = String::from_utf8(output.stdout).unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{args:?}: {out}{err}");
        out + &err
    }

    /// Starts a deployment and interrupts it as soon as `begun` holds.
    fn interrupted(&self, version: &str, begun: impl Fn(&[String]) -> bool) {
        let file = self.file(version);
        let child = self.command(&["deploy", &file]).spawn().unwrap();
        until("it has begun", || begun(&self.apps()));
        kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGINT).unwrap();
        let output = child.wait_with_output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(130), "{err}");
        assert!(err.contains("the same command or `zdd resume shop` goes on from here"), "{err}");
    }

    fn apps(&self) -> Vec<String> {
        let answer = self.lab.call("GET", "/v2/apps", &Value::Null);
        let apps = answer["apps"].as_array().unwrap().iter();
        let mut apps: Vec<_> = apps
            .map(|app| format!("{} {}", app["id"].as_str().unwrap(), app["instances"]))
            .filter(|app| !app.starts_with("/zdd-"))
            .collect();
        apps.sort();
        apps
    }
}

/// How often.
fn swaps() -> usize {
    std::env::var("ZDD_SWAPS").map_or(1, |text| text.parse().unwrap())
}

fn there_and_back(mode: Mode) {
    let stage = Stage::new(mode);
    stage.zdd(0, &["deploy", &stage.file("v0")]);
    assert_eq!(stage.apps(), ["/shop-blue 3"]);
    let load = Load::start(stage.port);
    for round in 1..=swaps() {
        // Taken back in the middle: everything is as it was.
        let bad = format!("bad{round}");
        let grows = |apps: &[String]| apps.iter().any(|app| app.ends_with(" 2"));
        stage.interrupted(&bad, grows);
        stage.zdd(0, &["canary", "rollback", "shop"]);
        let apps = stage.apps();
        assert_eq!(apps.len(), 1, "{apps:?}");
        assert!(apps[0].ends_with(" 3"), "{apps:?}");
        // Interrupted, and gone on with by the same command.
        let good = format!("v{round}");
        let before = apps[0].clone();
        stage.interrupted(&good, grows);
        stage.zdd(0, &["deploy", &stage.file(&good)]);
        let apps = stage.apps();
        assert_eq!(apps.len(), 1, "{apps:?}");
        assert!(apps[0].ends_with(" 3") && apps[0] != before, "{apps:?}");
    }
    let counted = load.finish();
    assert!(counted.failures.is_empty(), "{counted:?}");
    assert!(counted.of("v1") > 0 && counted.of("bad1") > 0, "{counted:?}");
    // Nothing is left that says a rollout goes on.
    assert_eq!(stage.zdd(0, &["canary", "status"]).trim(), "no canary goes on");
}

#[test]
fn there_and_back_by_the_admin_socket() {
    there_and_back(Mode::Haproxy);
}

#[test]
fn there_and_back_beside_marathon_lb() {
    there_and_back(Mode::MarathonLb);
}

#[test]
fn what_belongs_to_rolling_upgrades_is_refused() {
    let stage = Stage::new(Mode::MarathonLb);
    let said = stage.zdd(3, &["deploy", &stage.file("v1"), "--restart"]);
    assert!(said.contains("--restart belongs to rolling upgrades"), "{said}");
    // Weights cannot be set where marathon-lb alone may.
    stage.zdd(0, &["deploy", &stage.file("v1")]);
    let said = stage.zdd(5, &["canary", "start", &stage.file("v2"), "--weight", "20"]);
    assert!(said.contains("--haproxy SOCKET"), "{said}");
    assert_eq!(stage.zdd(0, &["canary", "status"]).trim(), "no canary goes on");
}
