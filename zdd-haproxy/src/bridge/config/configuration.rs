//! What a HAProxy is started with, and what can be changed while it runs.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU16;
use std::path::PathBuf;

use zdd_core::units::TaskId;

use super::super::model::{Check, Server, Service};
use super::text;
use crate::socket::{Checks, DynamicServer, Name};

/// Where HAProxy listens, besides the services: on loopback only, all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "all that the configuration holds of this machine")]
pub struct Listeners {
    /// A folder of its own, for sockets and the states of servers.
    pub folder: PathBuf,
    /// The port of HAProxy's own statistics.
    pub stats: NonZeroU16,
    /// The port of the virtual hosts, if they are served.
    pub hosts: Option<NonZeroU16>,
}

impl Listeners {
    /// The admin socket.
    pub fn admin_socket(&self) -> PathBuf {
        self.folder.join("admin.sock")
    }

    /// The socket of the master process.
    pub fn master_socket(&self) -> PathBuf {
        self.folder.join("master.sock")
    }

    /// The configuration.
    pub fn configuration_file(&self) -> PathBuf {
        self.folder.join("haproxy.cfg")
    }

    /// The file that keeps states and weights of servers over a reload.
    pub fn state_file(&self) -> PathBuf {
        self.folder.join("state")
    }
}

/// A configuration. Two that differ in servers only are told apart from others by
/// [`changes`](super::super::changes).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Configuration {
    /// All that comes before the services.
    pub head: String,
    /// The services, under the names of their backends.
    pub services: BTreeMap<Name, Served>,
}

/// A service in a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Served {
    /// The port of its frontend.
    pub port: NonZeroU16,
    /// Its frontend, and its backend without servers.
    pub text: String,
    /// Whether servers have what one that is made at run time cannot have: cookies, or checks on
    /// another port.
    pub needs_reload: bool,
    /// How its servers are checked.
    pub check: Check,
    /// Its servers.
    pub servers: BTreeMap<Name, Server>,
    /// Whether each server has a cookie.
    pub is_sticky: bool,
}

impl Configuration {
    /// The tasks whose servers take nothing new.
    pub fn draining(&self) -> BTreeSet<TaskId> {
        let servers = self.services.values().flat_map(|served| served.servers.values());
        servers.filter(|it| it.is_draining).map(|it| it.task.clone()).collect()
    }

    /// The configuration for `services`.
    pub fn new(services: &[Service], listeners: &Listeners) -> Self {
        let served = |service: &Service| {
            let servers = service.servers.iter().map(|it| (it.name.clone(), it.clone()));
            let served = Served {
                port: service.port,
                text: text::service(service),
                needs_reload: service.is_sticky || service.check.port.is_some(),
                check: service.check.clone(),
                servers: servers.collect(),
                is_sticky: service.is_sticky,
            };
            (service.name.clone(), served)
        };
        Self {
            head: text::head(services, listeners),
            services: services.iter().map(served).collect(),
        }
    }

    /// The whole text of the file.
    pub fn to_text(&self) -> String {
        let mut text = self.head.clone();
        for served in self.services.values() {
            text.push_str(&served.text);
            for server in served.servers.values() {
                text.push_str(&text::server(served, server));
            }
        }
        text
    }
}

impl Served {
    /// What a server of it is that is made while HAProxy runs.
    pub fn dynamic(&self, server: &Server) -> DynamicServer {
        DynamicServer {
            addr: server.addr,
            port: server.port,
            weight: text::WEIGHT,
            checks: Some(Checks {
                inter: self.check.interval,
                rise: text::RISE,
                fall: self.check.fall,
            }),
        }
    }
}
