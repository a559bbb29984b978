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

#[cfg(test)]
mod tests {
    use zdd_core::ports::TaskState;

    use super::*;

    fn read(json: &str) -> AppStatus {
        serde_json::from_str::<AppInfo>(json).unwrap().0
    }

    /// As 1.3 writes it: legacy networking, nulls, no `region`, `role` nor `goal`.
    const OLD: &str = r#"{"id": "/lab/web", "cmd": null, "args": null, "user": null, "env": {},
        "instances": 2, "cpus": 0.1, "mem": 32, "disk": 0, "gpus": 0, "executor": "",
        "constraints": [["hostname", "UNIQUE"]], "uris": [], "fetch": [], "storeUrls": [],
        "backoffSeconds": 1, "backoffFactor": 1.15, "maxLaunchDelaySeconds": 3600,
        "container": {"type": "DOCKER", "volumes": [], "docker": {"image": "nginx",
            "network": "BRIDGE", "portMappings": [{"containerPort": 80, "hostPort": 0,
            "servicePort": 10001, "protocol": "tcp", "labels": {}}], "privileged": false,
            "parameters": [], "forcePullImage": false}},
        "healthChecks": [{"path": "/", "protocol": "HTTP", "portIndex": 0,
            "gracePeriodSeconds": 300, "intervalSeconds": 60, "timeoutSeconds": 20,
            "maxConsecutiveFailures": 3, "ignoreHttp1xx": false}],
        "readinessChecks": [], "dependencies": [],
        "upgradeStrategy": {"minimumHealthCapacity": 1, "maximumOverCapacity": 1},
        "labels": {"HAPROXY_GROUP": "external"}, "acceptedResourceRoles": null,
        "ipAddress": null, "version": "2016-10-13T13:31:39.067Z", "residency": null,
        "versionInfo": {"lastScalingAt": "2016-10-13T13:31:39.067Z",
            "lastConfigChangeAt": "2016-10-12T00:00:00.000Z"},
        "secrets": {}, "taskKillGracePeriodSeconds": null, "ports": [10001],
        "portDefinitions": [{"port": 10001, "protocol": "tcp", "labels": {}}],
        "requirePorts": false, "tasksStaged": 1, "tasksRunning": 1, "tasksHealthy": 1,
        "tasksUnhealthy": 0, "deployments": [{"id": "867ed450"}],
        "tasks": [{"id": "lab_web.5ed13e24", "slaveId": "S0", "host": "10.0.0.1",
            "startedAt": "2016-10-13T13:31:45.000Z", "stagedAt": "2016-10-13T13:31:40.000Z",
            "ports": [31001], "version": "2016-10-13T13:31:39.067Z", "appId": "/lab/web",
            "ipAddresses": [{"ipAddress": "172.17.0.2", "protocol": "IPv4"}],
            "healthCheckResults": [{"alive": true, "consecutiveFailures": 0,
                "firstSuccess": "2016-10-13T13:31:50.000Z", "lastFailure": null,
                "lastSuccess": "2016-10-13T13:32:50.000Z", "lastFailureCause": null,
                "taskId": "lab_web.5ed13e24"}]},
            {"id": "lab_web.6ed13e24", "slaveId": null, "host": "10.0.0.2", "startedAt": null,
            "stagedAt": "2016-10-13T13:31:40.000Z", "ports": []}],
        "lastTaskFailure": {"appId": "/lab/web", "host": "10.0.0.2", "message": "Abnormal",
            "state": "TASK_FAILED", "taskId": "lab_web.4ed13e24", "slaveId": "S1",
            "timestamp": "2016-10-13T13:30:00.000Z", "version": "2016-10-12T00:00:00.000Z"}}"#;

    /// As the last releases write it.
    const NEW: &str = r#"{"id": "/lab/web", "acceptedResourceRoles": ["*"], "backoffFactor": 1.15,
        "backoffSeconds": 1, "cpus": 0.1, "disk": 0, "executor": "", "instances": 2, "mem": 32,
        "gpus": 0, "networks": [{"mode": "host"}], "killSelection": "YOUNGEST_FIRST",
        "portDefinitions": [{"labels": {}, "name": "default", "port": 10001, "protocol": "tcp"}],
        "unreachableStrategy": {"inactiveAfterSeconds": 0, "expungeAfterSeconds": 0},
        "role": "*", "version": "2021-01-13T13:31:39.067Z", "somethingNew": {"x": [1]},
        "tasksStaged": 0, "tasksRunning": 1, "tasksHealthy": 0, "tasksUnhealthy": 1,
        "taskStats": {"totalSummary": {}}, "deployments": [],
        "readinessCheckResults": [{"name": "ready", "ready": false,
            "taskId": "lab_web.instance-1._app.1"}],
        "tasks": [{"id": "lab_web.instance-1._app.1", "appId": "/lab/web", "role": "*",
            "state": "TASK_RUNNING", "checkResult": {}, "localVolumes": [], "region": "r",
            "zone": "z", "healthCheckResults": [null, {"alive": false, "consecutiveFailures": 2,
                "instanceId": "i"}]}]}"#;

    #[test]
    fn an_app_of_the_oldest_release_is_read() {
        let status = read(OLD);
        assert_eq!((status.staged, status.running, status.healthy), (1, 1, 1));
        assert_eq!(status.deployments[0].as_str(), "867ed450");
        let tasks = status.tasks.unwrap();
        assert_eq!((&tasks[0].state, &tasks[1].state), (&TaskState::Running, &TaskState::Staging));
        assert_eq!((tasks[0].is_healthy(), tasks[1].is_healthy()), (Some(true), None));
        assert_eq!(tasks[0].addresses[0].to_string(), "172.17.0.2");
        assert_eq!(tasks[0].version, status.app.version());
        let failure = status.last_task_failure.unwrap();
        assert_eq!(
            (failure.state.as_str(), failure.host.as_deref()),
            ("TASK_FAILED", Some("10.0.0.2"))
        );
        // The definition has the definition's members, and no others.
        let json = status.app.as_json();
        assert!(json.contains_key("container") && json.contains_key("versionInfo"));
        assert!(!json.contains_key("tasks") && !json.contains_key("tasksRunning"));
    }

    #[test]
    fn an_app_of_the_last_release_is_read() {
        let status = read(NEW);
        let tasks = status.tasks.unwrap();
        assert_eq!(
            (tasks[0].state.clone(), tasks[0].is_healthy()),
            (TaskState::Running, Some(false))
        );
        assert_eq!((tasks[0].host.clone(), tasks[0].staged_at), (None, None));
        assert_eq!(status.readiness[0].last_status, None);
        assert!(status.app.as_json().contains_key("somethingNew"));
    }

    #[test]
    fn what_is_read_is_what_the_core_reads() {
        for json in [OLD, NEW] {
            let status = read(json);
            let again = App::parse(&serde_json::to_string(&status.app).unwrap()).unwrap();
            assert_eq!(again, status.app);
        }
    }

    #[test]
    fn a_bad_member_names_its_app() {
        let error = |json: &str| serde_json::from_str::<AppInfo>(json).unwrap_err().to_string();
        let late = error(r#"{"id": "/a", "tasks": [{"id": "x", "version": "soon"}]}"#);
        assert!(late.starts_with("app `/a`: /tasks: `soon` is not a time"), "{late}");
        let nameless = error(r#"{"instances": 1}"#);
        assert!(nameless.starts_with("an app: `id` is missing"), "{nameless}");
        let two = error(r#"{"id": "/a", "instances": -1, "cpus": "x"}"#);
        assert!(two.starts_with("app `/a`: /instances: -1 is below 0 (and 1 more)"), "{two}");
    }
}
