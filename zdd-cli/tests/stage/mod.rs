//! A stage: a lab with a real HAProxy, one app with a deployment group on it, and `zdd` to act.
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use serde_json::{Value, json};
use snapbox::cmd::cargo_bin;
use tempfile::TempDir;

use crate::up::child::interrupt;
use crate::up::{Up, free_port, until};

/// Who takes instances out of the balancer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// zdd, through the admin socket.
    Haproxy,
    /// The balancer itself, as marathon-lb does.
    MarathonLb,
}

/// A lab, and a folder for files, in which every command runs.
pub(crate) struct Stage {
    pub(crate) lab: Up,
    pub(crate) folder: TempDir,
    /// Where the app is served.
    pub(crate) port: u16,
    mode: Mode,
    instances: u32,
}

impl Stage {
    /// For an app with so many instances. Nothing runs yet.
    pub(crate) fn new(mode: Mode, instances: u32) -> Self {
        Self::with_lab(mode, instances, &[])
    }

    /// The same, with more arguments for `zdd lab up`.
    pub(crate) fn with_lab(mode: Mode, instances: u32, args: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { lab: Up::lab(args), folder, port: free_port(), mode, instances }
    }

    /// The definition of a version, with checks that are quick enough to wait for.
    pub(crate) fn definition(&self, version: &str) -> Value {
        json!({
            "id": "/shop", "instances": self.instances, "cpus": 0.01, "mem": 1,
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
        })
    }

    /// A file with the definition of a version.
    pub(crate) fn file(&self, version: &str) -> String {
        self.file_with(version, |_| {})
    }

    /// The same, with something about it changed.
    pub(crate) fn file_with(&self, version: &str, change: impl FnOnce(&mut Value)) -> String {
        let mut definition = self.definition(version);
        change(&mut definition);
        let path = self.path(&format!("{version}.json"));
        fs::write(&path, definition.to_string()).unwrap();
        path
    }

    /// A path in the folder.
    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().into()
    }

    /// `zdd` with these arguments, and with the addresses of the lab.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = bare(args);
        command.current_dir(self.folder.path());
        let names: &[&str] = match self.mode {
            Mode::Haproxy => &["ZDD_MARATHON", "ZDD_HAPROXY", "ZDD_HAPROXY_MASTER"],
            Mode::MarathonLb => &["ZDD_MARATHON", "ZDD_MARATHON_LB"],
        };
        for name in names {
            command.env(name, self.lab.export(name));
        }
        command
    }

    pub(crate) fn spawn(&self, args: &[&str]) -> Child {
        self.command(args).spawn().unwrap()
    }

    /// Runs it to its end, which has to be this one; answers with what it said.
    #[track_caller]
    pub(crate) fn zdd(&self, code: i32, args: &[&str]) -> String {
        said(code, &self.command(args).output().unwrap(), args)
    }

    /// Interrupts a command as soon as `begun` holds of the apps.
    #[track_caller]
    pub(crate) fn interrupted(&self, args: &[&str], begun: impl Fn(&[String]) -> bool) {
        let child = self.spawn(args);
        until("it has begun", || begun(&self.apps()));
        interrupt(&child);
        let said = said(130, &child.wait_with_output().unwrap(), args);
        // It is wrapped.
        let words: Vec<_> = said.split_whitespace().collect();
        let hint = "everything stays as it is: `zdd resume shop` goes on from here";
        assert!(words.join(" ").contains(hint), "{said}");
    }

    /// All apps, and those that only keep something are among them.
    pub(crate) fn all_apps(&self) -> Vec<Value> {
        let answer = self.lab.call("GET", "/v2/apps", &Value::Null);
        answer["apps"].as_array().unwrap().clone()
    }

    /// The apps that serve, with their instances: `/shop-blue 3`.
    pub(crate) fn apps(&self) -> Vec<String> {
        self.apps_as(|app| format!("{} {}", app["id"].as_str().unwrap(), app["instances"]))
    }

    /// What `tell` says of the apps that serve, in its order.
    pub(crate) fn apps_as(&self, tell: impl Fn(&Value) -> String) -> Vec<String> {
        let apps = self.all_apps();
        let serves = |app: &&Value| !app["id"].as_str().unwrap().starts_with("/zdd-");
        let mut told: Vec<_> = apps.iter().filter(serves).map(tell).collect();
        told.sort();
        told
    }

    /// The records of rollouts that go on.
    pub(crate) fn n_records(&self) -> usize {
        let apps = self.all_apps();
        let ids = apps.iter().map(|app| app["id"].as_str().unwrap());
        ids.filter(|id| id.starts_with("/zdd-rollouts/")).count()
    }

    /// A script that does this. Another process writes it: what is open for writing in a process that was
    /// forked here cannot be executed.
    pub(crate) fn hook(&self, name: &str, script: &str) -> String {
        let path = self.path(name);
        let mut write = Command::new("/bin/sh")
            .args(["-c", "cat > \"$0\" && chmod 700 \"$0\"", &path])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let text = format!("#!/bin/sh\n{script}\n");
        write.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        assert!(write.wait().unwrap().success());
        path
    }
}

/// `zdd` that knows of nothing but its arguments.
pub(crate) fn bare(args: &[&str]) -> Command {
    let mut command = Command::new(cargo_bin!("zdd"));
    command.args(args).env_clear().env("NO_PROXY", "127.0.0.1");
    command.env("PATH", std::env::var_os("PATH").unwrap());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// What a command said, which has ended like this.
#[track_caller]
pub(crate) fn said(code: i32, output: &Output, about: &[&str]) -> String {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{about:?}: {out}{err}");
    out + &err
}

/// A file of this repository.
pub(crate) fn example(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../examples")).join(name)
}
