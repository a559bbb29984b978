//! One app as JSON.

use schemars::JsonSchema;
use serde::Serialize;
use zdd_core::ports::{AppStatus, Task};
use zdd_core::rollout::history::REVISION;
use zdd_core::standing::{Age, Standing};
use zdd_core::watch::{Moment, Watch};

use crate::follow::Seen;
use crate::live::WaitingReport;
use crate::schema::{SCHEMA, millis};

/// What `zdd status ID -o json` prints of each app.
#[derive(Debug, JsonSchema, Serialize)]
pub(crate) struct AppReport {
    /// Version of this form.
    schema: u32,
    /// When it was read.
    at: String,
    /// Id of the app.
    app: String,
    /// The version of its newest definition.
    version: Option<String>,
    /// Its label `ZDD_REVISION`.
    revision: Option<String>,
    /// Instances that the definition wants.
    instances: u32,
    /// Instances of the newest definition.
    current: Option<u32>,
    /// Those of them that serve.
    serving: Option<u32>,
    /// Instances of older definitions.
    old: Option<u32>,
    /// Whether what runs is what the definition says.
    settled: Option<bool>,
    /// The deployments that hold it.
    deployments: Vec<String>,
    /// Its instances, of every version.
    tasks: Vec<TaskReport>,
    /// What waits to be launched.
    queue: Vec<QueueReport>,
    /// Tasks whose readiness check has not passed yet.
    not_ready: Vec<String>,
    /// What is waited for, the most serious first.
    waiting: Vec<WaitingReport>,
    /// How an instance failed last.
    last_failure: Option<FailureReport>,
}

/// An instance.
#[derive(Debug, JsonSchema, Serialize)]
struct TaskReport {
    /// Which.
    id: String,
    /// Whether it is of an older definition.
    old: bool,
    /// Mesos' word.
    state: String,
    /// Null while no check said anything.
    healthy: Option<bool>,
    /// How its checks fail.
    failing: Vec<String>,
    /// The version of the definition that it was made from.
    version: Option<String>,
    /// The host name of its agent.
    host: Option<String>,
    /// Its ports on the host.
    ports: Vec<u16>,
    /// When it began to run.
    started: Option<String>,
}

/// Instances that wait to be launched.
#[derive(Debug, JsonSchema, Serialize)]
struct QueueReport {
    /// How many instances.
    count: u32,
    /// How long until Marathon tries again.
    delay_ms: u64,
    /// Whether it waits for offers, and not for the delay.
    waits_for_offers: bool,
    /// Why offers were declined.
    declined: Vec<DeclinedReport>,
}

/// Why offers were not used.
#[derive(Debug, JsonSchema, Serialize)]
struct DeclinedReport {
    /// Marathon's word for why.
    reason: String,
    /// How many offers it declined.
    declined: u64,
    /// How many had come so far.
    processed: u64,
}

/// A failure.
#[derive(Debug, JsonSchema, Serialize)]
struct FailureReport {
    /// Which.
    task: String,
    /// What Mesos called it.
    state: String,
    /// Mesos' words.
    message: String,
    /// When.
    at: Option<String>,
}

impl AppReport {
    pub(super) fn of(status: &AppStatus, seen: &Seen) -> Self {
        let app = &status.app;
        let standing = Standing::of(status);
        let queue = seen.queue.iter().filter(|item| item.app == *app.id());
        let moment = Moment {
            now: seen.at,
            app: status,
            deployments: &seen.deployments,
            queue: &seen.queue,
        };
        let view = Watch::new().look(&moment);
        let not_ready = status.readiness.iter().filter(|it| !it.ready);
        Self {
            schema: SCHEMA,
            at: seen.at.to_string(),
            app: app.id().to_string(),
            version: app.version().map(|it| it.to_string()),
            revision: app.labels().get(REVISION).cloned(),
            instances: app.instances().get(),
            current: standing.map(|it| it.current),
            serving: standing.map(|it| it.serving),
            old: standing.map(|it| it.old),
            settled: standing.map(|it| it.is_settled()),
            deployments: status.deployments.iter().map(ToString::to_string).collect(),
            tasks: status.tasks.iter().flatten().map(|it| task(it, status)).collect(),
            queue: queue
                .map(|item| QueueReport {
                    count: item.count,
                    delay_ms: millis(item.delay),
                    waits_for_offers: item.overdue,
                    declined: item
                        .offers
                        .rejected
                        .iter()
                        .filter(|it| it.declined > 0)
                        .map(|it| DeclinedReport {
                            reason: it.reason.clone(),
                            declined: it.declined,
                            processed: it.processed,
                        })
                        .collect(),
                })
                .collect(),
            not_ready: not_ready.map(|it| it.task.to_string()).collect(),
            waiting: WaitingReport::all(&view),
            last_failure: status.last_task_failure.as_ref().map(|it| FailureReport {
                task: it.task.to_string(),
                state: it.state.clone(),
                message: it.message.clone(),
                at: it.at.map(|at| at.to_string()),
            }),
        }
    }
}

fn task(task: &Task, status: &AppStatus) -> TaskReport {
    let failing = task.health.iter().filter(|result| !result.alive);
    TaskReport {
        id: task.id.to_string(),
        old: Age::of(task, &status.app) == Age::Old,
        state: task.state.to_string(),
        healthy: task.is_healthy(),
        failing: failing.filter_map(|result| result.last_failure_cause.clone()).collect(),
        version: task.version.map(|it| it.to_string()),
        host: task.host.clone(),
        ports: task.ports.clone(),
        started: task.started_at.map(|it| it.to_string()),
    }
}
