//! An app under load, and the moves that are made with it.

use std::env;
use std::time::Instant;

use serde_json::Value;
use tokio::runtime::Runtime;

use crate::load::{Kind, Load};
use crate::stage::{Mode, Stage, bare};

const INSTANCES: u32 = 3;

/// What an operator does to the app.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Move {
    Deploy,
    /// A deployment that is interrupted when so many new instances are there, and taken back.
    Abort,
    /// To what ran before.
    Rollback,
    CanaryPromoted,
    CanaryRolledBack,
}

/// An app under load.
pub(crate) struct Show {
    stage: Stage,
    pub(crate) load: Load,
    runtime: Runtime,
    /// What runs, and what ran before that.
    serves: String,
    before: String,
    pub(crate) n_moves: usize,
}

impl Show {
    pub(crate) fn begin(mode: Mode) -> Self {
        let stage = stage(mode, INSTANCES);
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

    pub(crate) fn make(&mut self, it: Move) {
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
                stage.zdd(15, &[&["abort", "shop"], &record[..]].concat())
            }
            Move::Rollback => stage.zdd(0, &[&["rollback", "shop"], &record[..]].concat()),
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
        judge(&log);
    }

    #[expect(clippy::print_stderr, reason = "the figures are what a long row is for")]
    pub(crate) fn end(mut self, since: Instant) {
        let (n_failed, report) = self.runtime.block_on(self.load.end());
        let seconds = since.elapsed().as_secs();
        let (n_moves, n) = (self.n_moves, self.load.n_answered());
        eprintln!("{n_moves} moves, {n} requests in {seconds} s: {report}");
        assert_eq!((n_failed, self.load.n_cut()), (0, 0), "{report}");
        assert!(n > 0);
    }
}

/// What was seen and done is right by the judge, too.
fn judge(log: &str) {
    let output = bare(&["verify", log, "-o", "json"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let report: Value = serde_json::from_str(&text).unwrap();
    let rules = report["rules"].as_array().unwrap();
    assert!(!rules.is_empty(), "{report:#}");
    for rule in rules {
        assert_ne!(rule["holds"], "violated", "{report:#}");
    }
}

/// A stage whose lab can run the task of these tests.
pub(crate) fn stage(mode: Mode, instances: u32) -> Stage {
    let task = format!(
        "zdd/test-echo:*=exec '{}' --ignored --exact is_a_task_of_the_lab",
        env::current_exe().unwrap().to_str().unwrap()
    );
    Stage::with_lab(mode, instances, &["--image", &task])
}

/// A definition of that task.
pub(crate) fn file(stage: &Stage, version: &str) -> String {
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
