//! What HAProxy has to serve.

use std::net::IpAddr;
use std::num::NonZeroU16;
use std::time::Duration;

use zdd_core::units::{AppId, TaskId};

use super::Problem;
use crate::socket::Name;

/// All services, and what is wrong with apps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "what works and what does not")]
pub struct Services {
    /// Sorted by name of the app or group, then port. No two have the same port.
    pub services: Vec<Service>,
    /// What is wrong with apps, in the order in which it was found.
    pub problems: Vec<Problem>,
}

/// One port of one app, or of the apps of a deployment group.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Service {
    /// The name of its frontend and of its backend: `team_app_10000`.
    pub name: Name,
    /// The app, or the group with a slash before it: `/team/app`.
    pub id: String,
    /// The app whose labels count.
    pub app: AppId,
    /// The port that it is served on.
    pub port: NonZeroU16,
    /// What is understood of the traffic.
    pub mode: Mode,
    /// How a server is chosen.
    pub balance: Balance,
    /// Whether clients come back to the same server.
    pub is_sticky: bool,
    /// Virtual hosts, in lower case.
    pub hosts: Vec<String>,
    /// The path that requests for the hosts have to begin with.
    pub path: Option<String>,
    /// How the servers are checked.
    pub check: Check,
    /// Sorted by host and port. There is at least one.
    pub servers: Vec<Server>,
}

/// What is understood of the traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "HAProxy has no other for proxies")]
pub enum Mode {
    /// Bytes.
    Tcp,
    /// Requests.
    Http,
}

/// How a server is chosen. Those of HAProxy's that need no argument; weights can be set with each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Balance {
    /// `roundrobin`: shares are those of the weights.
    RoundRobin,
    /// `leastconn`: small shares are not kept to.
    LeastConn,
    /// `random`.
    Random,
    /// `source`, with a hash that bears servers that come and go.
    Source,
    /// `first`.
    First,
}

impl Balance {
    pub(super) fn of(word: &str) -> Option<Self> {
        Some(match word {
            "roundrobin" => Self::RoundRobin,
            "leastconn" => Self::LeastConn,
            "random" => Self::Random,
            "source" => Self::Source,
            "first" => Self::First,
            _ => return None,
        })
    }
}

/// How the servers are checked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "all that the configuration says of a check")]
pub struct Check {
    /// What is asked for; `None` is connecting only.
    pub path: Option<String>,
    /// Another port than that of the server.
    pub port: Option<NonZeroU16>,
    /// From one to the next.
    pub interval: Duration,
    /// What takes longer has failed.
    pub timeout: Duration,
    /// So many failures in a row take the server out.
    pub fall: u16,
}

/// One port of one task.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "all that is known of a server")]
pub struct Server {
    /// `10_0_6_25_16916`, or with the address between where host and address differ.
    pub name: Name,
    /// The task behind it.
    pub task: TaskId,
    /// Its address.
    pub addr: IpAddr,
    /// Its port.
    pub port: NonZeroU16,
    /// Whether it takes nothing new: its task makes place for that of a new app.
    pub is_draining: bool,
}
