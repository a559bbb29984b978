//! What was seen.

use alloc::string::String;
use alloc::vec::Vec;
use core::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

use super::decided::State;
use crate::ports::Name;
use crate::units::{AppId, DeploymentId, TaskId, Timestamp};

/// Marathon's word for that those go first that started last.
pub(in super::super) const YOUNGEST_FIRST: &str = "YOUNGEST_FIRST";

/// Everything that was seen at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "whoever records says all of it")]
pub struct Seen {
    /// When.
    pub at: Timestamp,
    /// The old app; none where it is not there.
    pub old: Option<App>,
    /// The new app; none where it is not there.
    pub new: Option<App>,
    /// The balancers behind the name.
    #[serde(default)]
    pub balancers: Vec<Balancer>,
    /// What balancers did not take of the last changes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<Trouble>,
}

/// One of the two apps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "whoever records says all of it")]
pub struct App {
    /// Its id.
    pub id: AppId,
    /// The version of its definition, where it is known.
    pub version: Option<Timestamp>,
    /// How many instances it should have.
    pub instances: u32,
    /// Whether it has health checks.
    pub has_checks: bool,
    /// The port in its containers, where its definition says one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container_port: Option<u16>,
    /// Marathon's word for which instances it stops first: `YOUNGEST_FIRST`; none in recordings that do not
    /// have it yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kill_selection: Option<String>,
    /// The deployments that hold it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deployments: Vec<DeploymentId>,
    /// Its tasks; none where they are not known.
    pub tasks: Option<Vec<Task>>,
}

/// One run of an instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "whoever records says all of it")]
pub struct Task {
    /// Its id.
    pub id: TaskId,
    /// Mesos' word for its state: `TASK_RUNNING`.
    pub state: String,
    /// The version of the definition that it is of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Timestamp>,
    /// When it began to run, as Marathon says; none where it does not, and in recordings that do not have
    /// it yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// Whether its checks pass; none while none of them said anything.
    pub healthy: Option<bool>,
    /// The host name of its agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Its ports on the host.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<u16>,
    /// Its addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<IpAddr>,
}

/// One balancer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "whoever records says all of it")]
pub struct Balancer {
    /// Its address.
    pub name: String,
    /// Why it was not seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// How the backend chooses a server: `roundrobin`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balance: Option<String>,
    /// The servers of the backend.
    #[serde(default)]
    pub servers: Vec<Server>,
    /// Processes that a reload replaced and that still have connections; none where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_workers: Option<u64>,
    /// What was noticed since the last look.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<Notice>,
}

/// A server of the backend.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "whoever records says all of it")]
pub struct Server {
    /// Its name.
    pub name: Name,
    /// The balancer's own words for how it is.
    #[serde(default)]
    pub status: String,
    /// Whether its health lets it serve, and it was not told otherwise.
    pub up: bool,
    /// What it was set to; none where the balancer does not say.
    pub set: Option<State>,
    /// Its weight, 0 to 256; none where the balancer does not say.
    pub weight: Option<u16>,
    /// Sessions that go on.
    pub sessions: u64,
    /// Requests that wait for it.
    #[serde(default)]
    pub queue: u64,
    /// What its last check said, in HAProxy's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<String>,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub addr: Option<SocketAddr>,
    /// Whether clients are bound to it by a cookie, and come while it drains.
    #[serde(default)]
    pub sticky: bool,
}

/// The word for a balancer that was reloaded or started again.
pub(in super::super) const RELOADED: &str = "reloaded";

/// What was noticed of a balancer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "whoever records says all of it")]
pub struct Notice {
    /// `reloaded`, `reasserted`, `not-reasserted`, `changed-by-other`, `gone`, or another word.
    pub code: String,
    /// The server that it is about, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<Name>,
    /// For people.
    pub text: String,
}

/// What a balancer failed with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "whoever records says all of it")]
pub struct Trouble {
    /// Which balancer.
    pub balancer: String,
    /// What is wrong, for people.
    pub text: String,
}
