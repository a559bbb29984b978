//! A task, as far as its process and its checks have to know it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;
use zdd_core::app::App;
use zdd_core::units::TaskId;

use super::runtime_machine::Machine;
use super::task_ports::TaskPort;

/// A task that has a place to run in.
#[derive(Debug)]
pub(crate) struct Task {
    pub(crate) id: TaskId,
    pub(crate) app: Arc<App>,
    /// Where it can be reached.
    pub(crate) address: IpAddr,
    /// Its ports, in the order in which the app declares them.
    pub(crate) ports: Vec<TaskPort>,
    pub(crate) environment: BTreeMap<String, OsString>,
    pub(crate) sandbox: PathBuf,
    pub(crate) machine: Arc<Machine>,
}

impl Task {
    /// Whether the health check at `index` has this option set, one that the core does not read.
    pub(crate) fn check_option(&self, index: usize, key: &str) -> bool {
        self.check(index).and_then(|check| check.get(key)?.as_bool()).unwrap_or(false)
    }

    /// What the health check at `index` runs.
    pub(crate) fn check_command(&self, index: usize) -> Option<&str> {
        self.check(index)?.get("command")?.get("value")?.as_str()
    }

    fn check(&self, index: usize) -> Option<&Value> {
        self.app.as_json().get("healthChecks")?.get(index)
    }
}
