//! An app as the API answers it: its definition, and what runs of it.

use std::fmt;

use serde::de::{Error, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use zdd_core::app::{App, Problem};
use zdd_core::ports::{AppStatus, ReadinessResult, TaskFailure};
use zdd_core::units::{AppId, DeploymentId, GroupId, TaskId, Timestamp};

use super::accepted::WireId;
use super::task::WireTask;

/// An app of an answer.
///
/// It is read in one pass over the text: members of the definition go into the definition's object,
/// all others into their types, and nothing is copied.
#[derive(Debug)]
pub(crate) struct AppInfo(pub(crate) AppStatus);

impl<'de> Deserialize<'de> for AppInfo {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(AppVisitor).map(Self)
    }
}

/// The members that are no part of the definition.
#[derive(Default)]
struct Live {
    staged: Option<u32>,
    running: Option<u32>,
    healthy: Option<u32>,
    unhealthy: Option<u32>,
    tasks: Option<Vec<WireTask>>,
    deployments: Option<Vec<WireId>>,
    last_task_failure: Option<WireFailure>,
    readiness: Option<Vec<WireReadiness>>,
}

impl Live {
    /// Reads the member `key` if it is one of these.
    fn read<'de, M: MapAccess<'de>>(&mut self, key: &str, map: &mut M) -> Result<bool, M::Error> {
        match key {
            "tasksStaged" => self.staged = map.next_value()?,
            "tasksRunning" => self.running = map.next_value()?,
            "tasksHealthy" => self.healthy = map.next_value()?,
            "tasksUnhealthy" => self.unhealthy = map.next_value()?,
            "tasks" => self.tasks = map.next_value()?,
            "deployments" => self.deployments = map.next_value()?,
            "lastTaskFailure" => self.last_task_failure = map.next_value()?,
            "readinessCheckResults" => self.readiness = map.next_value()?,
            "taskStats" => drop(map.next_value::<IgnoredAny>()?),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn of(self, app: App) -> AppStatus {
        let id = app.id().clone();
        let mut status = AppStatus::new(app);
        status.staged = self.staged.unwrap_or(0);
        status.running = self.running.unwrap_or(0);
        status.healthy = self.healthy.unwrap_or(0);
        status.unhealthy = self.unhealthy.unwrap_or(0);
        status.tasks =
            self.tasks.map(|tasks| tasks.into_iter().map(|task| task.of_app(&id)).collect());
        let ids = self.deployments.unwrap_or_default().into_iter().map(|it| it.id);
        status.deployments = ids.collect::<Vec<DeploymentId>>();
        status.last_task_failure = self.last_task_failure.map(TaskFailure::from);
        let readiness = self.readiness.unwrap_or_default();
        status.readiness = readiness.into_iter().map(ReadinessResult::from).collect();
        status
    }
}

struct AppVisitor;

impl<'de> Visitor<'de> for AppVisitor {
    type Value = AppStatus;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an app")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<AppStatus, M::Error> {
        let mut json = Map::new();
        let mut live = Live::default();
        while let Some(key) = map.next_key::<String>()? {
            let known = live.read(&key, &mut map);
            if !known.map_err(|error| in_app(&name_of(&json), &format!("/{key}: {error}")))? {
                json.insert(key, map.next_value()?);
            }
        }
        let name = name_of(&json);
        let app = App::from_object(json, &GroupId::root())
            .map_err(|problems| in_app(&name, &words(&problems)))?;
        Ok(live.of(app))
    }
}

fn name_of(json: &Map<String, Value>) -> String {
    let id = json.get("id").and_then(Value::as_str);
    id.map_or_else(|| "an app".into(), |id| format!("app `{}`", super::shortened(id, 250)))
}

fn in_app<E: Error>(name: &str, what: &str) -> E {
    E::custom(format_args!("{name}: {what}"))
}

/// The first problem, and how many more there are.
fn words(problems: &[Problem]) -> String {
    let first = problems.first().map(ToString::to_string).unwrap_or_default();
    match problems.len() {
        0 | 1 => first,
        n => format!("{first} (and {} more)", n - 1),
    }
}

/// How a task failed last.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireFailure {
    task_id: TaskId,
    state: Option<String>,
    message: Option<String>,
    host: Option<String>,
    version: Option<Timestamp>,
    timestamp: Option<Timestamp>,
}

impl From<WireFailure> for TaskFailure {
    fn from(wire: WireFailure) -> Self {
        let (state, message) = (wire.state.unwrap_or_default(), wire.message.unwrap_or_default());
        let mut failure = Self::new(wire.task_id, state, message);
        failure.host = wire.host;
        failure.version = wire.version;
        failure.at = wire.timestamp;
        failure
    }
}

/// What a readiness check said last.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireReadiness {
    task_id: TaskId,
    name: Option<String>,
    ready: bool,
    last_response: Option<WireResponse>,
}

#[derive(Debug, Deserialize)]
struct WireResponse {
    status: Option<u16>,
}

impl From<WireReadiness> for ReadinessResult {
    fn from(wire: WireReadiness) -> Self {
        let mut result = Self::new(wire.task_id, wire.name.unwrap_or_default(), wire.ready);
        result.last_status = wire.last_response.and_then(|response| response.status);
        result
    }
}

/// The members of an app that Marathon sets, and that no definition has to say.
///
/// `version` is among them although Marathon accepts it: it would mean *go back to that version*.
pub(super) fn is_set_by_marathon(key: &str) -> bool {
    matches!(
        key,
        "version"
            | "versionInfo"
            | "tasksStaged"
            | "tasksRunning"
            | "tasksHealthy"
            | "tasksUnhealthy"
            | "tasks"
            | "deployments"
            | "lastTaskFailure"
            | "readinessCheckResults"
            | "taskStats"
    )
}

/// The app that a task is of, where the answer does not say.
pub(super) fn app_or(app: Option<AppId>, around: &AppId) -> AppId {
    app.unwrap_or_else(|| around.clone())
}
