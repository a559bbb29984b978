//! All servers of one HAProxy.

use std::collections::BTreeMap;

use super::server::{Backend, Server};
use crate::socket::ServerState;
use crate::stats::{Limits, Reader, RowKind, StatsError};

/// The servers of one HAProxy at one moment, in its own order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct View {
    /// Its backends.
    pub backends: Vec<Backend>,
    /// Their servers.
    pub servers: Vec<Server>,
}

impl View {
    /// From the statistics, and from what `show servers state` says where that can be asked.
    ///
    /// # Errors
    ///
    /// When the statistics cannot be read.
    pub fn of(csv: &[u8], states: Option<&[ServerState]>) -> Result<Self, StatsError> {
        let mut view = Self::default();
        let mut rows = Reader::new(csv, Limits::default())?;
        while let Some(row) = rows.next_row()? {
            match row.kind {
                RowKind::Server => view.servers.push(Server::of_row(&row)),
                RowKind::Backend => view.backends.push(Backend {
                    name: row.pxname.into_owned(),
                    algo: row.algo.map(std::borrow::Cow::into_owned),
                    qcur: row.qcur.unwrap_or_default(),
                    scur: row.scur.unwrap_or_default(),
                }),
                RowKind::Frontend | RowKind::Listener => {}
            }
        }
        if let Some(states) = states {
            view.complete(states);
        }
        Ok(view)
    }

    fn complete(&mut self, states: &[ServerState]) {
        let states: BTreeMap<_, _> =
            states.iter().map(|state| ((&*state.be_name, &*state.srv_name), state)).collect();
        for server in &mut self.servers {
            if let Some(state) = states.get(&(&*server.backend, &*server.name)) {
                server.complete(state);
            }
        }
    }

    /// The server of this name in this backend.
    pub fn server(&self, backend: &str, name: &str) -> Option<&Server> {
        self.servers.iter().find(|server| server.backend == backend && server.name == name)
    }

    /// The servers of a backend.
    pub fn servers_of<'v>(&'v self, backend: &'v str) -> impl Iterator<Item = &'v Server> {
        self.servers.iter().filter(move |server| server.backend == backend)
    }
}
