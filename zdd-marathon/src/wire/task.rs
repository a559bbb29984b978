//! Tasks.

use std::net::IpAddr;

use serde::Deserialize;
use zdd_core::ports::{HealthResult, Task, TaskState};
use zdd_core::units::{AppId, TaskId, Timestamp};

use super::app::app_or;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WireTask {
    id: TaskId,
    app_id: Option<AppId>,
    state: Option<String>,
    version: Option<Timestamp>,
    host: Option<String>,
    #[serde(alias = "agentId")]
    slave_id: Option<String>,
    ports: Option<Vec<u16>>,
    ip_addresses: Option<Vec<WireAddress>>,
    staged_at: Option<Timestamp>,
    started_at: Option<Timestamp>,
    health_check_results: Option<Vec<Option<WireHealth>>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireAddress {
    ip_address: IpAddr,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireHealth {
    alive: bool,
    consecutive_failures: Option<u32>,
    first_success: Option<Timestamp>,
    last_success: Option<Timestamp>,
    last_failure: Option<Timestamp>,
    last_failure_cause: Option<String>,
}

impl WireTask {
    /// The task, which is one of `app` unless it says otherwise.
    pub(crate) fn of_app(self, app: &AppId) -> Task {
        let state = self.state();
        let mut task = Task::new(self.id, app_or(self.app_id, app), state);
        task.version = self.version;
        task.host = self.host;
        task.agent_id = self.slave_id;
        task.ports = self.ports.unwrap_or_default();
        let addresses = self.ip_addresses.unwrap_or_default();
        task.addresses = addresses.into_iter().map(|address| address.ip_address).collect();
        task.staged_at = self.staged_at;
        task.started_at = self.started_at;
        let health = self.health_check_results.unwrap_or_default();
        task.health = health.into_iter().flatten().map(HealthResult::from).collect();
        task
    }

    /// Releases before 1.3 do not say the state: what has begun to run runs.
    fn state(&self) -> TaskState {
        match (&self.state, self.started_at) {
            (Some(word), _) => TaskState::of(word),
            (None, Some(_)) => TaskState::Running,
            (None, None) => TaskState::Staging,
        }
    }
}

impl From<WireHealth> for HealthResult {
    fn from(wire: WireHealth) -> Self {
        let mut result = Self::default();
        result.alive = wire.alive;
        result.consecutive_failures = wire.consecutive_failures.unwrap_or(0);
        result.first_success = wire.first_success;
        result.last_success = wire.last_success;
        result.last_failure = wire.last_failure;
        result.last_failure_cause = wire.last_failure_cause;
        result
    }
}
