//! zdd.py's own command line, unchanged, on a lab with a real HAProxy, under load.
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod load;
mod up;

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use load::Load;
use serde_json::{Value, json};
use snapbox::cmd::cargo_bin;
use tempfile::TempDir;
use up::{Up, free_port};

struct Stage {
    lab: Up,
    folder: TempDir,
    port: u16,
}

struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Stage {
    fn new() -> Self {
        Self { lab: Up::lab(&[]), folder: tempfile::tempdir().unwrap(), port: free_port() }
    }

    fn file(&self, version: &str) -> String {
        let json = json!({
            "id": "nginx", "instances": 4, "cpus": 0.01, "mem": 1, "cmd": null,
            "container": {"type": "DOCKER", "docker": {
                "image": "mhausenblas/simpleservice:0.4.0", "network": "BRIDGE",
                "portMappings": [{"containerPort": 0, "hostPort": 0, "servicePort": self.port}],
            }},
            "env": {"SIMPLE_SERVICE_VERSION": version},
            "labels": {
                "HAPROXY_GROUP": "external", "HAPROXY_DEPLOYMENT_GROUP": "nginx",
                "HAPROXY_DEPLOYMENT_ALT_PORT": "19999", "HAPROXY_0_MODE": "http",
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

    /// As in the README of marathon-lb.
    fn zdd(&self, version: &str, more: &[&str], input: &str) -> Said {
        let mut child = Command::new(cargo_bin!("zdd"))
            .args(["-j", &self.file(version), "-m", self.lab.export("ZDD_MARATHON")])
            .args(["-l", self.lab.export("ZDD_MARATHON_LB"), "--syslog-socket", "/dev/null"])
            .args(more)
            .env_clear()
            .env("NO_PROXY", "127.0.0.1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        Said {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    #[track_caller]
    fn forced(&self, version: &str, more: &[&str]) -> Said {
        let said = self.zdd(version, &[&["-f", "-s", "1"], more].concat(), "");
        assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
        said
    }

    fn apps(&self) -> Vec<String> {
        let answer = self.lab.call("GET", "/v2/apps", &Value::Null);
        let apps = answer["apps"].as_array().unwrap().iter();
        let mut apps: Vec<_> = apps
            .map(|app| format!("{} {}", app["id"].as_str().unwrap(), app["instances"]))
            .collect();
        apps.sort();
        apps
    }
}

#[test]
fn the_whole_life_of_a_pair() {
    let stage = Stage::new();
    // A dry run prints what would be posted, and posts nothing.
    let said = stage.forced("v1", &["-d"]);
    let printed: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(printed["id"], "/nginx-blue");
    assert_eq!(printed["labels"]["HAPROXY_APP_ID"], "nginx");
    assert!(printed.get("cmd").is_none());
    assert_eq!(stage.apps(), [""; 0]);

    stage.forced("v1", &[]);
    assert_eq!(stage.apps(), ["/nginx-blue 4"]);
    let load = Load::start(stage.port);
    // A hybrid, which only --complete-* and --resume go on with.
    stage.forced("v2", &["-n", "1"]);
    assert_eq!(stage.apps(), ["/nginx-blue 3", "/nginx-green 1"]);
    assert_eq!(stage.zdd("v2", &["-f"], "").code, Some(2));
    stage.forced("v2", &["--complete-prev"]);
    assert_eq!(stage.apps(), ["/nginx-blue 4"]);
    assert_eq!(stage.zdd("v2", &["-f", "--complete-cur"], "").code, Some(3));
    stage.forced("v2", &["-n", "2", "-i", "2"]);
    assert_eq!(stage.apps(), ["/nginx-blue 2", "/nginx-green 2"]);
    stage.forced("v2", &["--complete-cur"]);
    assert_eq!(stage.apps(), ["/nginx-green 4"]);
    // A whole deployment by fixed steps, and one all at once; nobody waits for sessions.
    stage.forced("v3", &["--linear-increase", "2"]);
    assert_eq!(stage.apps(), ["/nginx-blue 4"]);
    stage.forced("v4", &["-i", "4"]);
    assert_eq!(stage.apps(), ["/nginx-green 4"]);
    let counted = load.finish();
    assert!(counted.failures.is_empty(), "{counted:?}");
    assert!(counted.of("v4") > 0, "{counted:?}");
}

#[test]
fn questions_and_hooks_have_the_last_word() {
    let stage = Stage::new();
    stage.forced("v1", &[]);
    let said = stage.zdd("v2", &["-s", "1"], "what\nn\n");
    assert_eq!(said.code, Some(1), "{}", said.err);
    assert_eq!(said.out.matches("Continue with deployment? [Y/n]").count(), 2, "{}", said.out);
    assert_eq!(stage.apps(), ["/nginx-blue 4"]);
    // Nobody who could answer is no yes.
    assert_eq!(stage.zdd("v2", &["-s", "1"], "").code, Some(2));
    assert_eq!(stage.apps(), ["/nginx-blue 4"]);

    // A hook that says no to the first kill: everything stays, and is gone on with.
    let hook = stage.folder.path().join("hook");
    let told = stage.folder.path().join("told");
    let script = format!("#!/bin/sh\nprintf '%s\\n' \"$ZDD_EVENT $2\" >> {}\n", told.display());
    fs::write(&hook, format!("{script}exit 3\n")).unwrap();
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    let hooked = ["-f", "-s", "1", "--pre-kill-hook", hook.to_str().unwrap()];
    let said = stage.zdd("v2", &hooked, "");
    assert_eq!(said.code, Some(2), "{}", said.err);
    assert!(said.err.contains("the hook says no"), "{}", said.err);
    assert_eq!(stage.apps(), ["/nginx-blue 4", "/nginx-green 1"]);
    fs::write(&hook, format!("{script}exit 0\n")).unwrap();
    let said = stage.zdd("v2", &[&hooked[..], &["--resume"]].concat(), "");
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert_eq!(stage.apps(), ["/nginx-green 4"]);
    // It was asked before each kill, and before the last ones go with their app.
    let told = fs::read_to_string(&told).unwrap();
    let events: Vec<_> = told.lines().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(events.iter().filter(|it| **it == "before-delete").count(), 1, "{told}");
    assert!(events.iter().filter(|it| **it == "before-kill").count() >= 3, "{told}");
}
