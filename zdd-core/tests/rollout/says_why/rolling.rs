//! What keeps a rolling upgrade.

use std::time::Duration;

use zdd_core::app::App;
use zdd_core::ports::{
    AppStatus, CurrentAction, CurrentStep, HealthResult, QueueItem, ReadinessResult, Rejected,
    RunningDeployment, Task, TaskFailure, TaskState,
};
use zdd_core::units::{AppId, Timestamp};
use zdd_core::watch::{Moment, Watch};

use super::{Cause, Shown, cause};

pub(super) const CAUSES: &[Cause] = &[
    cause(
        "too few cpus",
        || declined("InsufficientCpus"),
        "offers-declined",
        &["2 instances", "too few cpus (5 of 5 offers)"],
        "free resources",
    ),
    cause(
        "too little memory",
        || declined("InsufficientMemory"),
        "offers-declined",
        &["too little memory (5 of 5 offers)"],
        "ask for less",
    ),
    cause(
        "a host for each instance, and too few hosts",
        || declined("UnfulfilledConstraint"),
        "offers-declined",
        &["a constraint is not met (5 of 5 offers)"],
        "loosen the constraints",
    ),
    cause(
        "a fixed port that the old instance still has",
        || declined("InsufficientPorts"),
        "offers-declined",
        &["no port free (5 of 5 offers)"],
        "lower minimumHealthCapacity",
    ),
    cause(
        "a role that no agent has",
        || declined("UnfulfilledRole"),
        "offers-declined",
        &["no resources of the role (5 of 5 offers)"],
        "acceptedResourceRoles",
    ),
    cause(
        "a volume whose reservation is elsewhere",
        || declined("NoCorrespondingReservationFound"),
        "offers-declined",
        &["no reservation of its volume (5 of 5 offers)"],
        "`zdd abort /shop`",
    ),
    cause(
        "no agent at all",
        || queued(QueueItem::new(shop(), 2)),
        "no-offers",
        &["2 instances", "no offer"],
        "whether Mesos has agents",
    ),
    cause(
        "a crash loop that Marathon slows down",
        || delayed("exit 1"),
        "launch-delay",
        &["2 instances", "TASK_FAILED: exit 1"],
        "sandbox",
    ),
    cause(
        "an image that Docker does not find",
        || delayed("Failed to pull image shop:9"),
        "launch-delay",
        &["2 instances", "Failed to pull image shop:9"],
        "`zdd abort /shop`",
    ),
    cause(
        "a health check that fails",
        || {
            let mut task = task(TaskState::Running);
            let mut result = HealthResult::default();
            result.consecutive_failures = 2;
            result.last_failure_cause = Some("500 Internal Server Error".into());
            task.health = vec![result];
            running(vec![task], |_| {})
        },
        "health-failing",
        &["1 instance", "2 of 3 in a row", "500 Internal Server Error"],
        "see its log",
    ),
    cause(
        "a readiness check that does not pass",
        || {
            let mut task = task(TaskState::Running);
            let mut passes = HealthResult::default();
            passes.alive = true;
            task.health = vec![passes];
            let id = task.id.clone();
            running(vec![task], |status| {
                let mut result = ReadinessResult::new(id, "warm-up".into(), false);
                result.last_status = Some(503);
                status.readiness = vec![result];
            })
        },
        "not-ready",
        &["1 instance", "warm-up", "last answer 503"],
        "log of the instance",
    ),
    cause(
        "an agent that is gone",
        || running(vec![task(TaskState::Unreachable)], |_| {}),
        "unreachable",
        &["1 instance", "Mesos cannot reach"],
        "unreachableStrategy",
    ),
    cause(
        "a Marathon that does nothing and does not say why",
        || running(Vec::new(), |_| {}),
        "unknown",
        &["does not say"],
        "log of Marathon's leader",
    ),
];

const VERSION: i64 = 40_000;

fn shop() -> AppId {
    "/shop".parse().unwrap()
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn status() -> AppStatus {
    let text = format!(
        r#"{{"id": "/shop", "cmd": "a", "instances": 2, "version": "{0}",
            "healthChecks": [{{"maxConsecutiveFailures": 3}}],
            "versionInfo": {{"lastScalingAt": "{0}", "lastConfigChangeAt": "{0}"}}}}"#,
        at(VERSION)
    );
    let mut status = AppStatus::new(App::parse(&text).unwrap());
    status.tasks = Some(Vec::new());
    status
}

fn task(state: TaskState) -> Task {
    let mut task = Task::new("shop.1".parse().unwrap(), shop(), state);
    task.version = Some(at(VERSION));
    (task.staged_at, task.started_at) = (Some(at(VERSION + 1)), Some(at(VERSION + 2)));
    task
}

/// The first reason of the first look.
fn first(status: &AppStatus, queue: &[QueueItem]) -> Shown {
    let mut deployment = RunningDeployment::new("d1".parse().unwrap(), at(VERSION));
    deployment.affected_apps = vec![shop()];
    let action =
        CurrentAction { action: "RestartApplication".into(), app: shop(), readiness: Vec::new() };
    deployment.current_actions = vec![action.clone()];
    (deployment.current_step, deployment.total_steps) = (1, 1);
    deployment.steps = vec![CurrentStep { actions: vec![action] }];
    let deployments = [deployment];
    let moment = Moment { now: at(100_000), app: status, deployments: &deployments, queue };
    let view = Watch::new().look(&moment);
    let waiting = &view.waiting[0];
    Shown {
        code: waiting.reason.code().into(),
        text: waiting.to_string(),
        hint: waiting.reason.hint(&view.intent),
    }
}

fn queued(item: QueueItem) -> Shown {
    first(&status(), &[item])
}

fn declined(reason: &str) -> Shown {
    let mut item = QueueItem::new(shop(), 2);
    item.offers.processed = 5;
    item.offers.rejected = vec![Rejected { reason: reason.into(), declined: 5, processed: 5 }];
    queued(item)
}

fn delayed(message: &str) -> Shown {
    let mut item = QueueItem::new(shop(), 2);
    (item.overdue, item.delay) = (false, Duration::from_secs(12));
    let mut status = status();
    let task = "shop.0".parse().unwrap();
    status.last_task_failure = Some(TaskFailure::new(task, "TASK_FAILED".into(), message.into()));
    first(&status, &[item])
}

fn running(tasks: Vec<Task>, more: impl FnOnce(&mut AppStatus)) -> Shown {
    let mut status = status();
    status.tasks = Some(tasks);
    more(&mut status);
    first(&status, &[])
}
