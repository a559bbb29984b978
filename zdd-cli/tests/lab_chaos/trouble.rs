//! Makes trouble, and waits until it is noticed.

use std::fs;
use std::path::Path;
use std::process::Child;
use std::thread::sleep;
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use serde_json::Value;
use zdd_core::units::Timestamp;

use crate::dice::Dice;
use crate::lab::{Process, TestLab, until};
use crate::run::{Told, Zdd};

/// So often at most in one deployment.
const MOST: usize = 6;

pub(crate) struct Trouble<'a> {
    pub(crate) lab: &'a TestLab,
    /// The recording, which grows.
    pub(crate) log: &'a Path,
    pub(crate) dice: &'a Dice,
}

/// What was done, and reported by Marathon while it was being recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Done {
    /// A task was killed from outside.
    Crash { task: String, at: Timestamp },
    /// A healthy instance failed its check, and passed it later if it still ran.
    Flap { instance: String, at: Timestamp },
}

impl Done {
    /// When it was reported.
    pub(crate) fn at(&self) -> Timestamp {
        match self {
            Self::Crash { at, .. } | Self::Flap { at, .. } => *at,
        }
    }
}

impl Trouble<'_> {
    /// Makes trouble while something is deployed, and lets it come to its end.
    pub(crate) fn during(&self, mut deploying: Child) -> (Told, Vec<Done>) {
        let mut done = Vec::new();
        let mut is_over = || deploying.try_wait().unwrap().is_some();
        until("it begins", || is_over() || !self.events("deployment_info").is_empty());
        for n in 0..MOST {
            let pause = if n == 0 { 0 } else { self.dice.below(300) };
            sleep(Duration::from_millis(u64::try_from(pause).unwrap()));
            let tasks = self.tasks();
            if is_over() || tasks.is_empty() {
                break;
            }
            // First an old one flaps, then any one crashes, and from then on chance decides.
            let oldest = tasks.iter().map(Process::version).min();
            let may = |task: &&Process| n > 0 || Some(task.version()) == oldest;
            let task = *self.dice.of(&tasks.iter().filter(may).collect::<Vec<_>>());
            let made = if n == 0 || (n > 1 && self.dice.below(2) == 0) {
                self.flap(task, &mut is_over)
            } else {
                self.crash(task, &mut is_over)
            };
            done.extend(made);
        }
        (Zdd::finish(deploying), done)
    }

    fn events(&self, name: &str) -> Vec<Value> {
        recorded(self.log).into_iter().filter(|event| event["eventType"] == name).collect()
    }

    /// The processes of tasks, without those of their checks, always in the same order.
    fn tasks(&self) -> Vec<Process> {
        let mut all = self.lab.processes();
        all.retain(|process| process.command.contains("sleep 1000") && process.id == process.group);
        all.sort_by_key(|process| process.id);
        all
    }

    /// Kills all processes of a task, and waits for what becomes of it.
    fn crash(&self, process: &Process, is_over: &mut impl FnMut() -> bool) -> Option<Done> {
        let _ = killpg(Pid::from_raw(process.group), Signal::SIGKILL);
        let task = process.task().to_owned();
        let ended = |state: &str| {
            let mut updates = self.events("status_update_event").into_iter();
            updates.find(|it| it["taskId"] == *task && it["taskStatus"] == state)
        };
        // It may have been told to stop before.
        let is_seen = || ended("TASK_FAILED").or_else(|| ended("TASK_KILLED")).is_some();
        until("the crash is seen", || is_seen() || is_over());
        let at = moment(&ended("TASK_FAILED")?);
        Some(Done::Crash { task, at })
    }

    /// Lets the check of a task fail until that is reported, or the task is gone.
    fn flap(&self, process: &Process, is_over: &mut impl FnMut() -> bool) -> Option<Done> {
        let instance = process.task().split("._app").next().unwrap().to_owned();
        let unhealthy = || {
            let mut changes = self.events("health_status_changed_event");
            changes.retain(|it| it["instanceId"] == *instance && it["alive"] == false);
            changes
        };
        let (sick, before) = (process.sandbox().join("sick"), unhealthy().len());
        // Its folder goes with it.
        fs::write(&sick, "").ok()?;
        let is_gone = || !self.tasks().contains(process);
        until("it is seen to be sick", || unhealthy().len() > before || is_gone() || is_over());
        let _ = fs::remove_file(&sick);
        let at = moment(unhealthy().get(before)?);
        Some(Done::Flap { instance, at })
    }
}

/// All that was recorded.
pub(crate) fn recorded(log: &Path) -> Vec<Value> {
    let text = fs::read_to_string(log).unwrap_or_default();
    // The last line may not be whole yet.
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// When an event happened.
pub(crate) fn moment(event: &Value) -> Timestamp {
    event["timestamp"].as_str().unwrap().parse().unwrap()
}
