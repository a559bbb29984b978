//! Apps in JSON.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use zdd_core::app::App;
use zdd_core::ports::TaskFailure;
use zdd_core::simulate::{Instance, Marathon, Readiness};
use zdd_core::units::{AppId, DeploymentId, Timestamp};

use super::embed::AppEmbed;
use super::stats_view::{Counts, task_stats};
use super::task_view::task;

/// How apps are told: what of them, and the deployments that hold each.
#[derive(Debug)]
pub(super) struct AppView<'m> {
    marathon: &'m Marathon,
    now: Timestamp,
    embed: AppEmbed,
    deployments: BTreeMap<&'m AppId, Vec<&'m DeploymentId>>,
}

impl<'m> AppView<'m> {
    pub(super) fn new(marathon: &'m Marathon, now: Timestamp, embed: AppEmbed) -> Self {
        let mut deployments: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for deployment in marathon.deployments().filter(|_| embed.deployments) {
            for app in deployment.plan.affected() {
                deployments.entry(app).or_default().push(&deployment.id);
            }
        }
        Self { marathon, now, embed, deployments }
    }

    /// An app of the root group.
    pub(super) fn show(&self, app: &App) -> Value {
        let (marathon, embed) = (self.marathon, self.embed);
        let mut json = app.as_json().clone();
        let instances: Vec<&Instance> = marathon.instances(app.id()).collect();
        let mut put = |key: &str, value: Value| drop(json.insert(key.to_owned(), value));
        if embed.counts {
            let counts = Counts::of(instances.iter().copied());
            put("tasksStaged", json!(counts.staged));
            put("tasksRunning", json!(counts.running));
            put("tasksHealthy", json!(counts.healthy));
            put("tasksUnhealthy", json!(counts.unhealthy));
        }
        if embed.deployments {
            let ids = self.deployments.get(app.id()).into_iter().flatten();
            put("deployments", ids.map(|id| json!({ "id": id })).collect());
        }
        if embed.tasks {
            let tasks = instances.iter().filter(|instance| instance.has_task());
            put("tasks", tasks.map(|instance| task(marathon, instance)).collect());
        }
        if embed.readiness {
            put("readinessCheckResults", readiness(marathon, app.id()));
        }
        if let Some(failure) = marathon.last_failure(app.id()).filter(|_| embed.last_task_failure) {
            put("lastTaskFailure", last_failure(marathon, app.id(), failure));
        }
        if embed.task_stats {
            put("taskStats", task_stats(app, &instances, self.now));
        }
        Value::Object(json)
    }
}

/// An app that was created a moment ago: nothing runs of it yet.
pub(super) fn created(app: &App, deployment: &DeploymentId) -> Value {
    let mut json = app.as_json().clone();
    for count in ["tasksStaged", "tasksRunning", "tasksHealthy", "tasksUnhealthy"] {
        json.insert(count.to_owned(), json!(0));
    }
    json.insert("tasks".to_owned(), json!([]));
    json.insert("deployments".to_owned(), json!([{ "id": deployment }]));
    Value::Object(json)
}

/// What the readiness checks of an app said last.
pub(super) fn readiness(marathon: &Marathon, app: &AppId) -> Value {
    let result = |readiness: &Readiness| {
        let mut result = Map::from_iter([
            ("name".into(), json!(readiness.name)),
            ("taskId".into(), json!(readiness.task)),
            ("ready".into(), json!(readiness.ready)),
        ]);
        if let Some(last) = &readiness.last {
            let answer = json!({
                "status": last.status, "contentType": last.content_type, "body": last.body,
            });
            result.insert("lastResponse".into(), answer);
        }
        Value::Object(result)
    };
    marathon.readiness(app).into_iter().map(result).collect()
}

fn last_failure(marathon: &Marathon, app: &AppId, failure: &TaskFailure) -> Value {
    let mut agents = marathon.agents().iter();
    let agent = agents.find(|agent| Some(&agent.hostname) == failure.host.as_ref());
    json!({
        "appId": app,
        "taskId": failure.task,
        "state": failure.state,
        "message": failure.message,
        "host": failure.host,
        "slaveId": agent.map(|agent| &agent.id),
        "version": failure.version,
        "timestamp": failure.at,
    })
}
