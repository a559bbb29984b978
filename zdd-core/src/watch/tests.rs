use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Write;
use core::time::Duration;

use super::{Moment, Watch};
use crate::app::App;
use crate::ports::{
    AppStatus, CurrentAction, CurrentStep, HealthResult, QueueItem, ReadinessResult, Rejected,
    RunningDeployment, Task, TaskFailure, TaskState,
};
use crate::units::{AppId, Timestamp};

const NOW: i64 = 100;
const OLD: i64 = 10;
const NEW: i64 = 40;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_000 * seconds)
}

fn shop() -> AppId {
    "/shop".parse().unwrap()
}

/// Two instances of which none is there yet.
fn status(more: &str) -> AppStatus {
    let text = format!(
        r#"{{"id": "/shop", "cmd": "a", "instances": 2, "version": "{0}",
            "versionInfo": {{"lastScalingAt": "{0}", "lastConfigChangeAt": "{0}"}} {more}}}"#,
        at(NEW)
    );
    let mut status = AppStatus::new(App::parse(&text).unwrap());
    status.tasks = Some(Vec::new());
    status
}

fn task(n: u32, version: i64, state: TaskState) -> Task {
    let mut task = Task::new(format!("shop.{n}").parse().unwrap(), shop(), state);
    task.version = Some(at(version));
    (task.staged_at, task.started_at) = (Some(at(version + 1)), Some(at(version + 2)));
    task
}

fn with(mut status: AppStatus, tasks: impl IntoIterator<Item = Task>) -> AppStatus {
    status.tasks = Some(tasks.into_iter().collect());
    status
}

fn restart(apps: &[&str]) -> RunningDeployment {
    let mut deployment = RunningDeployment::new("d1".parse().unwrap(), at(NEW));
    deployment.affected_apps = alloc::vec![shop()];
    deployment.current_actions = actions(apps);
    (deployment.current_step, deployment.total_steps) = (1, 2);
    deployment.steps =
        [actions(apps), actions(&["/shop"])].map(|actions| CurrentStep { actions }).into();
    deployment
}

fn actions(apps: &[&str]) -> Vec<CurrentAction> {
    let action = |app: &&str| CurrentAction {
        action: "RestartApplication".into(),
        app: app.parse().unwrap(),
        readiness: Vec::new(),
    };
    apps.iter().map(action).collect()
}

/// What is waited for, with times and hints.
fn told(app: &AppStatus, deployments: &[RunningDeployment], queue: &[QueueItem]) -> String {
    let view = Watch::new().look(&Moment { now: at(NOW), app, deployments, queue });
    let mut text = String::new();
    for waiting in &view.waiting {
        let seconds = |at: Option<Timestamp>| at.map(|at| at.as_millis() / 1_000);
        let (since, until) = (seconds(waiting.since), seconds(waiting.until));
        let code = waiting.reason.code();
        writeln!(text, "{code}: {waiting}; {since:?} to {until:?}").unwrap();
        if let Some(hint) = waiting.reason.hint(&view.intent) {
            writeln!(text, "  {hint}").unwrap();
        }
    }
    text
}

const CHECKED: &str = r#", "healthChecks": [{"maxConsecutiveFailures": 3}]"#;

#[test]
fn nothing_is_waited_for_where_all_is_as_it_should_be() {
    let running = || [1, 2].map(|n| task(n, NEW, TaskState::Running));
    assert_eq!(told(&with(status(""), running()), &[], &[]), "");
    let mut unread = status("");
    unread.tasks = None;
    assert_eq!(told(&unread, &[], &[]), "");
    // A deployment that goes on all the same has a reason that nobody knows.
    let told = told(&with(status(""), running()), &[restart(&["/shop"])], &[]);
    insta::assert_snapshot!(told);
}

#[test]
fn instances_that_are_not_launched() {
    let mut failure =
        TaskFailure::new("shop.0".parse().unwrap(), "TASK_FAILED".into(), "exit 1".into());
    failure.at = Some(at(95));
    let mut failed = status("");
    failed.last_task_failure = Some(failure);
    let mut delayed = QueueItem::new(shop(), 1);
    (delayed.overdue, delayed.delay) = (false, Duration::from_secs(12));
    let mut declined = QueueItem::new(shop(), 2);
    declined.since = Some(at(60));
    let reason =
        |reason: &str, declined| Rejected { reason: reason.into(), declined, processed: 9 };
    declined.offers.rejected = alloc::vec![
        reason("InsufficientCpus", 3),
        reason("InsufficientPorts", 0),
        reason("UnfulfilledConstraint", 5),
        reason("SomethingNew", 1),
    ];
    let elsewhere = QueueItem::new("/other".parse().unwrap(), 9);
    let remembered = QueueItem::new(shop(), 0);
    let queue = [declined, remembered, elsewhere, delayed, QueueItem::new(shop(), 1)];
    insta::assert_snapshot!(told(&failed, &[], &queue));
}

#[test]
fn instances_that_do_not_serve() {
    let failing = |n, failures, cause: &str| {
        let mut task = task(n, NEW, TaskState::Running);
        let result = HealthResult {
            consecutive_failures: failures,
            last_failure_cause: Some(cause.into()),
            ..HealthResult::default()
        };
        task.health.push(result);
        task
    };
    let status = status(&format!(r#"{CHECKED}, "taskKillGracePeriodSeconds": 30"#));
    let status = with(
        status,
        [
            failing(1, 1, "refused"),
            failing(2, 2, "refused"),
            failing(3, 1, "503"),
            task(4, NEW, TaskState::Running),
            task(5, NEW, TaskState::Staging),
            task(6, NEW, TaskState::Unreachable),
            task(7, OLD, TaskState::Killing),
            task(8, NEW, TaskState::Other("TASK_LOST".into())),
        ],
    );
    insta::assert_snapshot!(told(&status, &[restart(&["/shop"])], &[]));
}

#[test]
fn instances_that_are_not_ready() {
    let ready = r#", "readinessChecks": [{"name": "warm"}]"#;
    let running = || [1, 2].map(|n| task(n, NEW, TaskState::Running));
    let mut asked = with(status(ready), running());
    // Before the first answer there is not even a result.
    let silent = told(&asked, &[restart(&["/shop"])], &[]);
    let mut result = ReadinessResult::new("shop.1".parse().unwrap(), "warm".into(), false);
    result.last_status = Some(503);
    asked.readiness.push(result);
    insta::assert_snapshot!(silent + &told(&asked, &[restart(&["/shop"])], &[]));
}

#[test]
fn what_is_in_the_way_of_instances_that_serve() {
    let running = [(1, NEW), (2, NEW), (3, OLD)].map(|(n, of)| task(n, of, TaskState::Running));
    let old_left = told(&with(status(""), running), &[restart(&["/shop"])], &[]);
    let running = || [1, 2].map(|n| task(n, NEW, TaskState::Running));
    let others = &["/a", "/b", "/c", "/d", "/shop"];
    let settled = told(&with(status(""), running()), &[restart(others)], &[]);
    let before = told(&with(status(""), running().into_iter().take(1)), &[restart(&["/db"])], &[]);
    let three = [1, 2, 3].map(|n| task(n, NEW, TaskState::Running));
    let too_many = told(&with(status(""), three), &[restart(&["/shop"])], &[]);
    insta::assert_snapshot!([old_left, settled, before, too_many].concat());
}

#[test]
fn since_when_is_remembered_only_while_it_is_so() {
    let mut watch = Watch::new();
    let mut look = |now, tasks: &[Task]| {
        let app = with(status(""), tasks.iter().cloned());
        let moment = Moment { now: at(now), app: &app, deployments: &[], queue: &[] };
        let view = watch.look(&moment);
        let since = view.waiting.first().and_then(|waiting| waiting.since);
        (since.map(|at| at.as_millis() / 1_000), watch.clone())
    };
    let stopping = [task(1, OLD, TaskState::Killing)];
    assert_eq!(look(50, &stopping).0, Some(50));
    assert_eq!(look(70, &stopping).0, Some(50));
    assert_eq!(look(40, &stopping).0, Some(50), "a clock that runs backwards");
    assert_eq!(look(80, &[]).1, Watch::new(), "what is gone is forgotten");
    assert_eq!(look(90, &stopping).0, Some(90));
}

#[test]
fn what_comes_next() {
    let next = |tasks: &[(u32, i64, TaskState)], deployment| {
        let tasks = tasks.iter().map(|(n, of, state)| task(*n, *of, state.clone()));
        let app = with(status(""), tasks);
        let moment = Moment { now: at(NOW), app: &app, deployments: &[deployment], queue: &[] };
        Watch::new().look(&moment).intent.next.map(|next| next.to_string())
    };
    let (running, killing) = (TaskState::Running, TaskState::Killing);
    let restarts = || restart(&["/shop"]);
    let text = next(&[(1, OLD, running.clone()), (2, OLD, running.clone())], restarts());
    assert_eq!(text.unwrap(), "a new one is launched when an old one is gone, 2 to go");
    let both = [(1, NEW, running.clone()), (2, NEW, running.clone())];
    let text = next(&[&both[..], &[(3, OLD, running.clone())]].concat(), restarts());
    assert_eq!(text.unwrap(), "an old one is stopped when a new one serves, 1 to go");
    let text = next(&[&both[..], &[(3, OLD, killing)]].concat(), restarts());
    assert_eq!(text.unwrap(), "step 2, RestartApplication");
    let mut last = restarts();
    last.current_step = 2;
    assert_eq!(next(&both, last), None);
}
