//! Whether what runs of an app is what its definition says.

use core::fmt;

use crate::app::App;
use crate::ports::{AppStatus, Task, TaskState};

/// How many of an app's instances are what its newest definition says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Standing {
    /// Instances that the definition wants.
    pub wanted: u32,
    /// Instances of the newest definition, whatever their state.
    pub current: u32,
    /// Those of them that run and, where there are health checks, are healthy.
    pub serving: u32,
    /// Instances of earlier definitions that are still there.
    pub old: u32,
}

/// Whether an instance is of the newest definition of its app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "there is no third age")]
pub enum Age {
    /// Of an earlier definition.
    Old,
    /// Of the newest, or of one that only differs in the number of instances.
    Current,
}

impl Age {
    /// The age of `task`, one of the tasks of `app`. One that does not say its version, because it is
    /// not active, counts as current.
    pub fn of(task: &Task, app: &App) -> Self {
        let since = match app.version_info() {
            Some(info) => Some(info.last_config_change_at),
            None => app.version(),
        };
        let is_old = task.version.zip(since).is_some_and(|(version, since)| version < since);
        if is_old { Self::Old } else { Self::Current }
    }
}

impl Standing {
    /// What `status` says; none where its tasks were not read.
    ///
    /// An instance from before the last change of the number of instances is no old one: those that
    /// survive a scaling keep the version that they were made with. Marathon before 1.11 notes a plain
    /// restart as such a change, so there an instance that a restart has yet to replace is not told
    /// from one that stays.
    pub fn of(status: &AppStatus) -> Option<Self> {
        let app = &status.app;
        let is_checked = !app.health_checks().is_empty();
        let mut standing = Self { wanted: app.instances().get(), current: 0, serving: 0, old: 0 };
        for task in status.tasks.as_deref()?.iter().filter(|task| is_there(task)) {
            match Age::of(task, app) {
                Age::Old => standing.old += 1,
                Age::Current => {
                    standing.current += 1;
                    standing.serving += u32::from(is_serving(task, is_checked));
                }
            }
        }
        Some(standing)
    }

    /// Whether all instances serve, and no other is left.
    pub const fn is_settled(&self) -> bool {
        self.serving == self.wanted && self.current == self.wanted && self.old == 0
    }
}

/// `3 of 4 instances serve, 1 of an older definition is left`.
impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { wanted, current, serving, old } = *self;
        let noun = if wanted == 1 { "instance" } else { "instances" };
        write!(f, "{serving} of {wanted} {noun} serve")?;
        match current.saturating_sub(serving) {
            0 => {}
            waiting => write!(f, ", {waiting} not yet")?,
        }
        match old {
            0 => Ok(()),
            1 => f.write_str(", 1 of an older definition is left"),
            old => write!(f, ", {old} of older definitions are left"),
        }
    }
}

fn is_there(task: &Task) -> bool {
    match task.state {
        TaskState::Staging
        | TaskState::Starting
        | TaskState::Running
        | TaskState::Killing
        | TaskState::Unreachable => true,
        TaskState::Other(_) => false,
    }
}

fn is_serving(task: &Task, is_checked: bool) -> bool {
    task.state == TaskState::Running
        && match task.is_healthy() {
            Some(healthy) => healthy,
            None => !is_checked,
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::App;
    use crate::ports::HealthResult;
    use crate::units::Timestamp;
    use alloc::string::ToString;
    use alloc::vec::Vec;

    const OLD: i64 = 1_000;
    const CONFIG: i64 = 2_000;
    const SCALED: i64 = 3_000;

    fn status(rest: &str, tasks: Vec<Task>) -> AppStatus {
        let at = |ms| Timestamp::from_millis(ms);
        let text = alloc::format!(
            r#"{{"id": "/a", "cmd": "a", "instances": 2, "version": "{}", "versionInfo":
                {{"lastScalingAt": "{}", "lastConfigChangeAt": "{}"}} {rest}}}"#,
            at(SCALED),
            at(SCALED),
            at(CONFIG)
        );
        let mut status = AppStatus::new(App::parse(&text).unwrap());
        status.tasks = Some(tasks);
        status
    }

    fn task(n: usize, version: i64, state: TaskState) -> Task {
        let id = alloc::format!("a.{n}").parse().unwrap();
        let mut task = Task::new(id, "/a".parse().unwrap(), state);
        task.version = Some(Timestamp::from_millis(version));
        task
    }

    fn healthy(mut task: Task, alive: bool) -> Task {
        task.health.push(HealthResult { alive, ..HealthResult::default() });
        task
    }

    #[test]
    fn survivors_of_a_scaling_are_not_old() {
        let tasks = [task(1, CONFIG, TaskState::Running), task(2, SCALED, TaskState::Running)];
        let standing = Standing::of(&status("", tasks.into())).unwrap();
        assert!(standing.is_settled());
        assert_eq!(standing.to_string(), "2 of 2 instances serve");
    }

    #[test]
    fn each_thing_that_is_missing_or_left_unsettles() {
        let good = || task(1, CONFIG, TaskState::Running);
        for (second, text) in [
            (None, "1 of 2 instances serve"),
            (Some(task(2, CONFIG, TaskState::Staging)), "1 of 2 instances serve, 1 not yet"),
            (
                Some(task(2, OLD, TaskState::Killing)),
                "1 of 2 instances serve, 1 of an older definition is left",
            ),
            (
                Some(task(2, CONFIG, TaskState::Other("TASK_FAILED".into()))),
                "1 of 2 instances serve",
            ),
        ] {
            let tasks = [Some(good()), second].into_iter().flatten().collect();
            let standing = Standing::of(&status("", tasks)).unwrap();
            assert!(!standing.is_settled());
            assert_eq!(standing.to_string(), text);
        }
        let three = (1..=3).map(|n| task(n, CONFIG, TaskState::Running)).collect();
        assert!(!Standing::of(&status("", three)).unwrap().is_settled());
    }

    #[test]
    fn where_there_are_checks_they_have_to_pass() {
        let checks = r#", "healthChecks": [{"protocol": "HTTP"}]"#;
        let running = |n| task(n, CONFIG, TaskState::Running);
        let serving =
            |tasks: [Task; 2]| Standing::of(&status(checks, tasks.into())).unwrap().serving;
        assert_eq!(serving([running(1), running(2)]), 0);
        assert_eq!(serving([healthy(running(1), true), healthy(running(2), false)]), 1);
        assert_eq!(serving([healthy(running(1), true), healthy(running(2), true)]), 2);
    }

    #[test]
    fn unread_tasks_say_nothing() {
        let mut status = status("", Vec::new());
        status.tasks = None;
        assert_eq!(Standing::of(&status), None);
    }
}
