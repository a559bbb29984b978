//! `/v2/tasks`, and the tasks of an app.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use zdd_core::ports::KillMode;
use zdd_core::simulate::{Instance, Marathon, MesosState};
use zdd_core::units::{AppId, TaskId};

use super::super::definition::Invalid;
use super::answer::Answer;
use super::call::Call;
use super::refusal::Refusal;
use super::task_view::task;

/// `GET /v2/tasks`.
pub(super) async fn list(call: Call) -> Answer {
    let wanted: Vec<&str> = call.query.all("status").collect();
    let is_wanted = |instance: &&Instance| {
        let state = instance.state.unwrap_or(MesosState::Staging);
        let word = match state {
            MesosState::Running => "running",
            MesosState::Staging => "staging",
            _ => "",
        };
        wanted.is_empty() || wanted.contains(&word)
    };
    let tasks: Value = call.shared.read(|marathon, _| {
        let instances = marathon.all_instances().filter(|instance| instance.has_task());
        instances.filter(is_wanted).map(|instance| task(marathon, instance)).collect()
    });
    Answer::of(json!({ "tasks": tasks }))
}

/// `POST /v2/tasks/delete`.
pub(super) async fn delete(call: Call) -> Result<Answer, Refusal> {
    let body = call.object()?;
    let ids = body.get("ids").and_then(Value::as_array);
    let ids = ids.ok_or_else(|| Invalid::shape("/ids", "expected a list"))?;
    let mut tasks = BTreeSet::new();
    for id in ids {
        let id = id.as_str().ok_or_else(|| Invalid::shape("/ids", "expected texts"))?;
        tasks.insert(task_id(id)?);
    }
    // Those that are gone already need no killing.
    kill(
        &call,
        |marathon| Ok(tasks.iter().filter_map(|task| marathon.instance_of(task)).collect()),
        |killed| json!({ "tasks": killed }),
    )
}

/// `DELETE /v2/apps/{id}/tasks`.
pub(super) fn kill_of_app(call: &Call, app: &AppId) -> Result<Answer, Refusal> {
    let host = call.query.one("host").filter(|host| *host != "*");
    let is_there = |instance: &&Instance| {
        instance.has_task() && host.is_none_or(|host| instance.host.as_deref() == Some(host))
    };
    kill(
        call,
        |marathon| {
            marathon.app(app).ok_or_else(|| Refusal::no_app(app))?;
            Ok(marathon.instances(app).filter(is_there).collect())
        },
        |killed| json!({ "tasks": killed }),
    )
}

/// `DELETE /v2/apps/{id}/tasks/{task}`.
pub(super) fn kill_one(call: &Call, app: &AppId, task: &str) -> Result<Answer, Refusal> {
    let id = task_id(task)?;
    kill(
        call,
        |marathon| {
            marathon.app(app).ok_or_else(|| Refusal::no_app(app))?;
            let instance = marathon.instance_of(&id).filter(|instance| instance.app == *app);
            let instance = instance.filter(|instance| instance.has_task());
            Ok(vec![instance.ok_or_else(|| Refusal::no_task(task))?])
        },
        |killed| json!({ "task": killed.into_iter().next() }),
    )
}

/// The tasks of some apps.
pub(super) fn of_apps<'a>(
    marathon: &Marathon,
    apps: impl IntoIterator<Item = &'a AppId>,
) -> Vec<Value> {
    let instances = apps.into_iter().flat_map(|app| marathon.instances(app));
    let instances = instances.filter(|instance| instance.has_task());
    instances.map(|instance| task(marathon, instance)).collect()
}

/// Kills what `choose` names, as the parameters say, and answers with those tasks as they were; with
/// the deployment, if the apps shrink by them.
fn kill(
    call: &Call,
    choose: impl FnOnce(&Marathon) -> Result<Vec<&Instance>, Refusal>,
    tell: impl FnOnce(Vec<Value>) -> Value,
) -> Result<Answer, Refusal> {
    let mode = match (call.query.flag("scale", false)?, call.query.flag("wipe", false)?) {
        (true, true) => {
            let message = "You cannot use scale and wipe at the same time.";
            return Err(Refusal::Bad(message.into()));
        }
        (true, false) => KillMode::Scale,
        (false, true) => KillMode::Wipe,
        (false, false) => KillMode::Restart,
    };
    let force = call.query.force(false)?;
    call.shared.with(|marathon, now| {
        let chosen = choose(marathon)?;
        let killed = chosen.iter().map(|instance| task(marathon, instance)).collect();
        let ids = chosen.into_iter().map(|instance| instance.id.clone()).collect();
        Ok(match marathon.kill(now, &ids, mode, force)? {
            Some(accepted) => Answer::accepted(&accepted),
            None => Answer::of(tell(killed)),
        })
    })
}

/// Ids of tasks end with a dot and something, in every release.
fn task_id(text: &str) -> Result<TaskId, Refusal> {
    let bad = || {
        let text: String = text.chars().take(60).collect();
        Refusal::Bad(format!("'{text}' is not the id of a task"))
    };
    let has_parts =
        text.split_once('.').is_some_and(|(app, rest)| !app.is_empty() && !rest.is_empty());
    text.parse().ok().filter(|_| has_parts).ok_or_else(bad)
}
