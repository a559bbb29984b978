//! Several operators at once: one acts, the others are told who does.
//!
//! `ZDD_RACES=250` races that often.
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod up;

use std::fs;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use snapbox::cmd::cargo_bin;
use up::{Up, free_port};

/// How many at once.
const OPERATORS: usize = 4;

struct Stage {
    lab: Up,
    folder: tempfile::TempDir,
    port: u16,
}

impl Stage {
    fn file(&self, version: &str) -> String {
        let json = json!({
            "id": "/shop", "instances": 1, "cpus": 0.01, "mem": 1,
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
        for name in ["ZDD_MARATHON", "ZDD_HAPROXY", "ZDD_HAPROXY_MASTER"] {
            command.env(name, self.lab.export(name));
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// All at once.
    fn race(&self, args: &[Vec<&str>]) -> Vec<Output> {
        let children: Vec<_> =
            args.iter().map(|args| self.command(args).spawn().unwrap()).collect();
        children.into_iter().map(|child| child.wait_with_output().unwrap()).collect()
    }

    fn versions(&self) -> Vec<String> {
        let answer = self.lab.call("GET", "/v2/apps", &Value::Null);
        let apps = answer["apps"].as_array().unwrap().iter();
        let version = |app: &Value| app["env"]["SIMPLE_SERVICE_VERSION"].as_str().map(Into::into);
        apps.filter_map(version).collect()
    }
}

fn races() -> usize {
    std::env::var("ZDD_RACES").map_or(3, |text| text.parse().unwrap())
}

/// How many ended with each status.
fn codes(outputs: &[Output]) -> Vec<i32> {
    outputs.iter().map(|output| output.status.code().unwrap()).collect()
}

#[test]
fn one_starts_and_the_others_are_told_who() {
    let stage =
        Stage { lab: Up::lab(&[]), folder: tempfile::tempdir().unwrap(), port: free_port() };
    stage.command(&["deploy", &stage.file("v0")]).output().unwrap();
    for race in 1..=races() {
        let files: Vec<_> = (0..OPERATORS).map(|n| stage.file(&format!("v{race}-{n}"))).collect();
        let starts: Vec<Vec<&str>> =
            files.iter().map(|file| vec!["canary", "start", file, "--weight", "50"]).collect();
        let outputs = stage.race(&starts);
        let codes = codes(&outputs);
        let winner = codes.iter().position(|code| *code == 0).expect("one acts");
        for (n, output) in outputs.iter().enumerate().filter(|(n, _)| *n != winner) {
            let err = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(12), "{n}: {err}");
            assert!(!err.contains("create "), "{n} acted: {err}");
            assert!(err.contains("shop is held by") || err.contains("taken shop over"), "{err}");
        }
        let versions = stage.versions();
        assert_eq!(versions.len(), 2, "{versions:?}");
        assert!(versions.contains(&format!("v{race}-{winner}")), "{versions:?}");
        // The same for its end; whoever comes after all is over finds nothing.
        let ends = vec![vec!["canary", "rollback", "shop"]; OPERATORS];
        let outputs = stage.race(&ends);
        let ended = self::codes(&outputs);
        assert_eq!(ended.iter().filter(|code| **code == 0).count(), 1, "{outputs:?}");
        assert!(ended.iter().all(|code| matches!(code, 0 | 3 | 12)), "{ended:?}");
        assert_eq!(stage.versions(), ["v0"]);
    }
}
