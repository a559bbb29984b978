//! What is said of each thing that can be in the way.

use std::time::Duration;

use zdd_core::app::App;
use zdd_core::ports::{
    AppStatus, HealthResult, QueueItem, ReadinessResult, Rejected, Task, TaskFailure, TaskState,
};
use zdd_core::units::{AppId, Timestamp};

use super::app_text;
use crate::follow::Seen;
use crate::text::Page;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_000 * seconds)
}

fn task(n: u32, version: i64, state: TaskState) -> Task {
    let app: AppId = "/shop".parse().unwrap();
    let mut task = Task::new(format!("shop.{n}").parse().unwrap(), app, state);
    task.version = Some(at(version));
    task.started_at = Some(at(version + 1));
    (task.host, task.ports) = (Some("10.0.0.1".into()), vec![31000]);
    task
}

fn text(status: AppStatus, queue: Vec<QueueItem>) -> String {
    let seen = Seen { at: at(100), apps: vec![status], deployments: Vec::new(), queue };
    let mut out = Vec::new();
    app_text::app(&seen.apps[0], &seen, Page { width: 100 }, &mut out).unwrap();
    anstream::adapter::strip_str(&String::from_utf8(out).unwrap()).to_string()
}

#[test]
fn whole_ids_fit_the_page_and_one_definition_is_one_block() {
    let json = format!(
        r#"{{"id": "/shop", "instances": 2, "cmd": "a", "version": "{}",
            "versionInfo": {{"lastScalingAt": "{0}", "lastConfigChangeAt": "{}"}}}}"#,
        at(60),
        at(40)
    );
    let mut status = AppStatus::new(App::parse(&json).unwrap());
    let ids = ["ad9158ad-e95e-4d0e-a881-3201c914d233", "c475b9c2-9149-11e6-aae4-3a4b79075094"];
    let ids = ids.map(|id| format!("shop-green.instance-{id}._app.1"));
    // Two scaling steps of one definition.
    let tasks = ids.iter().zip([40, 60]).map(|(id, version)| {
        let mut task = task(1, version, TaskState::Running);
        task.id = id.parse().unwrap();
        task
    });
    status.tasks = Some(tasks.collect());
    let seen = Seen { at: at(100), apps: vec![status], deployments: Vec::new(), queue: Vec::new() };
    let mut out = Vec::new();
    app_text::app(&seen.apps[0], &seen, Page { width: 80 }, &mut out).unwrap();
    let text = anstream::adapter::strip_str(&String::from_utf8(out).unwrap()).to_string();
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert!(ids.iter().all(|id| text.contains(id.as_str())), "{text}");
    let version = at(40);
    assert_eq!(text.matches("  new  version").count(), 1, "{text}");
    assert!(text.contains(&format!("  new  version {version}, 2 instances")), "{text}");
    assert_eq!(text.matches("serving        10.0.0.1:31000").count(), 2, "{text}");
}

#[test]
fn each_reason_is_named() {
    let json = format!(
        r#"{{"id": "/shop", "instances": 4, "cmd": "a", "healthChecks": [{{}}], "version": "{0}",
            "versionInfo": {{"lastScalingAt": "{0}", "lastConfigChangeAt": "{0}"}}}}"#,
        at(40)
    );
    let mut status = AppStatus::new(App::parse(&json).unwrap());
    let mut failing = task(2, 40, TaskState::Running);
    let mut result = HealthResult::default();
    result.consecutive_failures = 2;
    result.last_failure_cause = Some("Connection refused".into());
    failing.health.push(result);
    status.tasks = Some(vec![
        failing,
        task(1, 10, TaskState::Killing),
        task(3, 40, TaskState::Staging),
        task(4, 40, TaskState::Running),
    ]);
    let id = "shop.4".parse().unwrap();
    let mut readiness = ReadinessResult::new(id, "warm".into(), false);
    readiness.last_status = Some(503);
    status.readiness.push(readiness);
    let mut failure =
        TaskFailure::new("shop.0".parse().unwrap(), "TASK_FAILED".into(), "exit 1".into());
    failure.at = Some(at(95));
    status.last_task_failure = Some(failure);
    let mut delayed = QueueItem::new("/shop".parse().unwrap(), 1);
    (delayed.overdue, delayed.delay) = (false, Duration::from_secs(12));
    let mut declined = QueueItem::new("/shop".parse().unwrap(), 2);
    let reason =
        |reason: &str, declined| Rejected { reason: reason.into(), declined, processed: 3 };
    declined.offers.rejected = vec![reason("InsufficientCpus", 3), reason("InsufficientPorts", 0)];
    let elsewhere = QueueItem::new("/other".parse().unwrap(), 9);

    insta::assert_snapshot!(text(status, vec![delayed, declined, elsewhere]));
}
