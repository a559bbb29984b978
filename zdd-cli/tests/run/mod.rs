//! Runs `zdd` against a fake Marathon.
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::fs;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use snapbox::cmd::cargo_bin;
use tempfile::TempDir;

use crate::fake::Fake;

/// A folder to run `zdd` in.
pub(crate) struct Zdd {
    pub(crate) folder: TempDir,
    url: String,
}

/// What it said.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Zdd {
    pub(crate) fn new(fake: &Fake) -> Self {
        Self::at(&fake.url())
    }

    pub(crate) fn at(url: &str) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), url: url.into() }
    }

    /// Writes a definition.
    pub(crate) fn file(&self, name: &str, json: &Value) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, json.to_string()).unwrap();
        path
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(cargo_bin!("zdd"));
        command
            .args(args)
            .current_dir(self.folder.path())
            .env_clear()
            .env("ZDD_MARATHON", &self.url)
            .env("NO_PROXY", "127.0.0.1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs it to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Told {
        Self::finish(self.command(args).spawn().unwrap())
    }

    pub(crate) fn spawn(&self, args: &[&str]) -> Child {
        self.command(args).spawn().unwrap()
    }

    /// What it says until it ends; it is ended if it does not.
    pub(crate) fn finish(mut child: Child) -> Told {
        fn all(mut from: impl Read + Send + 'static) -> thread::JoinHandle<String> {
            thread::spawn(move || {
                let mut text = String::new();
                from.read_to_string(&mut text).unwrap();
                text
            })
        }
        let (out, err) = (all(child.stdout.take().unwrap()), all(child.stderr.take().unwrap()));
        let until = Instant::now() + Duration::from_secs(60);
        let mut is_late = false;
        while child.try_wait().unwrap().is_none() {
            if Instant::now() > until {
                child.kill().unwrap();
                is_late = true;
            }
            thread::sleep(Duration::from_millis(5));
        }
        let code = child.wait().unwrap().code();
        let told = Told { code, out: out.join().unwrap(), err: err.join().unwrap() };
        assert!(!is_late, "it did not end: {told:?}");
        told
    }
}

impl Told {
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.out.contains(text) || self.err.contains(text), "{text}\n{self:#?}");
        self
    }
}
