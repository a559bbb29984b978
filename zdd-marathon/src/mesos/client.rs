//! Asks a master.

use std::sync::Arc;

use zdd_core::mesos::Cluster;

use super::error::MesosError;
use crate::http::{Fetched, Fetcher};

/// The masters of a Mesos over HTTP. Set up by [`Builder::build_mesos`](crate::Builder::build_mesos).
///
/// Each call asks the addresses one after another, each once, until one answers. A master that does
/// not lead redirects to the one that does.
#[derive(Clone, Debug)]
pub struct HttpMesos {
    fetcher: Arc<Fetcher>,
}

impl HttpMesos {
    pub(crate) fn over(fetcher: Fetcher) -> Self {
        Self { fetcher: Arc::new(fetcher) }
    }

    /// The agents, with what is in use of them by role (`/slaves`), and what runs there (`/state`):
    /// all that can be known.
    ///
    /// # Errors
    ///
    /// When no master answers, none leads, or an answer is not one of a master.
    pub async fn cluster(&self) -> Result<Cluster, MesosError> {
        // Tasks last: one that has come since is counted, and one that has gone is not looked for.
        let agents = self.slaves().await?;
        Ok(agents.with_tasks_of(self.state().await?))
    }

    /// The agents, with what is in use of them by role.
    ///
    /// # Errors
    ///
    /// As of [`cluster`](Self::cluster).
    pub async fn slaves(&self) -> Result<Cluster, MesosError> {
        self.read("/slaves").await
    }

    /// The agents, and what runs there.
    ///
    /// # Errors
    ///
    /// As of [`cluster`](Self::cluster).
    pub async fn state(&self) -> Result<Cluster, MesosError> {
        self.read("/state").await
    }

    async fn read(&self, path: &'static str) -> Result<Cluster, MesosError> {
        let Fetched { url, body } = self.fetcher.fetch(path).await?;
        Cluster::read(&body).map_err(|source| MesosError::Unreadable { url, source })
    }
}
