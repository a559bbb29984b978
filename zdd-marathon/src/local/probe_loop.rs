//! When a task is asked.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};
use zdd_core::app::{App, HealthCheck, ReadinessCheck};
use zdd_core::simulate::ReadinessAnswer;

use super::process::Deadline;
use super::runtime::Shared;
use super::task::Task;
use super::task_ports::TaskPort;

/// Marathon's first check of a new task comes after this, or after the interval if that is shorter.
///
/// Source: `HealthCheckActor.firstHealthCheckDelay`.
const FIRST_AFTER: Duration = Duration::from_secs(5);

/// An interval of 0 s means as often as possible, and this is.
const SHORTEST_PAUSE: Duration = Duration::from_millis(50);

/// Begins all health checks of a task, until it is told to stop.
pub(crate) fn check_health(
    shared: &Arc<Shared>,
    task: &Arc<Task>,
    end: &Deadline,
    checks: &mut JoinSet<()>,
) {
    for (index, check) in task.app.health_checks().iter().enumerate() {
        let asking = ask_health(shared.clone(), task.clone(), index, check.clone());
        let mut end = end.clone();
        checks.spawn(async move {
            tokio::select! {
                () = asking => {}
                // What is being stopped is not asked any more.
                _ = end.wait_for(Option::is_some) => {}
            }
        });
    }
}

async fn ask_health(shared: Arc<Shared>, task: Arc<Task>, index: usize, check: HealthCheck) {
    let in_mesos = check.protocol.runs_in_mesos();
    let first = if in_mesos { check.delay } else { FIRST_AFTER.min(check.interval) };
    let interval = check.interval.max(SHORTEST_PAUSE);
    let mut next = Instant::now() + first;
    loop {
        sleep_until(next).await;
        if let Some(result) = task.machine.prober.health(&task, index, &check).await {
            shared.with(|marathon, now| marathon.checked(now, &task.id, index, result));
        }
        // Mesos counts the interval from the end of a check, Marathon has a regular beat.
        next = if in_mesos {
            Instant::now() + interval
        } else {
            (next + interval).max(Instant::now())
        };
    }
}

/// Asks a task whether it is ready until it says so: at once, and then at an interval after each
/// answer.
pub(crate) async fn ask_ready(shared: Arc<Shared>, task: Arc<Task>) {
    let Some(check) = task.app.readiness_check() else { return };
    let codes = ready_codes(&task.app);
    loop {
        let answer = match ready_port(&task, check) {
            Some(port) => {
                let at = SocketAddr::new(task.address, port);
                let prober = &task.machine.prober;
                prober.readiness(at, check.is_https, &check.path, check.timeout).await
            }
            None => super::probe::Answer {
                status: 504,
                content_type: "text/plain".into(),
                body: format!("the task has no port named {}", check.port_name),
            },
        };
        let ready = codes.contains(&u64::from(answer.status));
        let answer = ReadinessAnswer {
            ready,
            status: answer.status,
            content_type: answer.content_type,
            body: answer.body,
        };
        shared.with(|marathon, now| marathon.ready(now, &task.id, answer));
        if ready {
            return;
        }
        sleep(check.interval.max(SHORTEST_PAUSE)).await;
    }
}

fn ready_port(task: &Task, check: &ReadinessCheck) -> Option<u16> {
    let named = |port: &&TaskPort| port.name.as_ref() == Some(&check.port_name);
    task.ports.iter().find(named)?.port
}

/// The statuses that mean ready; 200 unless given.
fn ready_codes(app: &App) -> Vec<u64> {
    let checks = app.as_json().get("readinessChecks");
    let codes = checks.and_then(|checks| checks.get(0)?.get("httpStatusCodesForReady")?.as_array());
    match codes {
        Some(codes) => codes.iter().filter_map(Value::as_u64).collect(),
        None => vec![200],
    }
}
