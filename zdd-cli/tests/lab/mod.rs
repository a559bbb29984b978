//! An embedded Marathon in the process of a test, and `zdd` run against it as a process.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;
use snapbox::cmd::cargo_bin;
use tokio::runtime::Runtime;
use zdd_core::verify::{Replay, Report};
use zdd_marathon::local::{ImageMap, Lab};

use crate::run::{Told, Zdd};

/// A running lab, and a folder to run `zdd` in. It ends with its value, and leaves nothing behind.
pub(crate) struct TestLab {
    lab: Option<Lab>,
    pub(crate) runtime: Runtime,
    pub(crate) zdd: Zdd,
    n_recordings: u32,
}

impl TestLab {
    pub(crate) fn start() -> Self {
        Self::with_images(ImageMap::with_simple_service(Path::new(cargo_bin!("zdd"))))
    }

    pub(crate) fn with_images(images: ImageMap) -> Self {
        let runtime = Runtime::new().expect("a runtime starts");
        let lab = runtime.block_on(Lab::builder().images(images).start()).expect("a lab starts");
        let zdd = Zdd::at(lab.url().as_str());
        Self { lab: Some(lab), runtime, zdd, n_recordings: 0 }
    }

    pub(crate) fn lab(&self) -> &Lab {
        self.lab.as_ref().expect("it is taken only at the end")
    }

    /// Deploys a definition, and reads back what was recorded meanwhile: `zdd verify` and the library
    /// judge the same file.
    pub(crate) fn deploy(&mut self, definition: &Value) -> (Told, Recorded) {
        self.n_recordings += 1;
        let log = format!("{}.log", self.n_recordings);
        self.zdd.file("app.json", definition);
        let args = ["deploy", "app.json", "--record", &log, "--guarantee", "completes"];
        let told = self.zdd.run(&args);
        let file = self.zdd.folder.path().join(&log);
        let text = fs::read(&file).unwrap_or_default();
        assert_eq!(told.code, Some(0), "{told:#?}\n{}", String::from_utf8_lossy(&text));
        let mut replayed = Replay::new().read(&text);
        assert_eq!(replayed.issues.count, 0, "{:?}", replayed.issues);
        let report = replayed.reports.pop().expect("one deployment is in it");
        assert!(replayed.reports.is_empty(), "{:#?}", replayed.reports);
        (told, Recorded { report, file })
    }
}

/// What a recording says.
pub(crate) struct Recorded {
    pub(crate) report: Report,
    pub(crate) file: PathBuf,
}

impl Drop for TestLab {
    fn drop(&mut self) {
        let Some(lab) = self.lab.take() else { return };
        let sandboxes = lab.sandboxes().to_path_buf();
        self.runtime.block_on(lab.shutdown());
        if !std::thread::panicking() {
            assert!(!sandboxes.exists(), "{} is left", sandboxes.display());
            assert_eq!(processes_of(&sandboxes), [""; 0], "processes are left");
        }
    }
}

/// The processes that were started in one of these sandboxes, by their command lines.
pub(crate) fn processes_of(sandboxes: &Path) -> Vec<String> {
    let mark = sandboxes.to_str().expect("it is text").as_bytes();
    let processes = fs::read_dir("/proc").expect("this is Linux").flatten();
    let is_of = |process: &PathBuf| {
        let environment = fs::read(process.join("environ")).unwrap_or_default();
        environment.windows(mark.len()).any(|window| window == mark)
    };
    let command = |process: PathBuf| {
        String::from_utf8_lossy(&fs::read(process.join("cmdline")).unwrap_or_default()).into_owned()
    };
    processes.map(|process| process.path()).filter(is_of).map(command).collect()
}

/// Waits for something; it may take far longer than it should, on a busy machine.
#[track_caller]
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < end, "not in time: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
