//! Starts and ends a bridge.

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU16;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use zdd_core::ports::Marathon;

use super::apply::Running;
use super::follow::Follower;
use super::http;
use crate::bridge::config::{Configuration, Listeners};
use crate::bridge::model::{Problem, Settings};
use crate::bridge::process::ProcessError;

/// Sets a bridge up; see [`Bridge::builder`].
#[derive(Clone)]
pub struct Builder {
    marathon: Arc<dyn Marathon>,
    folder: PathBuf,
    executable: PathBuf,
    settings: Settings,
    listen: Option<NonZeroU16>,
    hosts: Option<NonZeroU16>,
}

/// A HAProxy that is kept in step with Marathon. It ends when this is dropped.
#[derive(Debug)]
pub struct Bridge {
    address: SocketAddr,
    listeners: Listeners,
    status: watch::Receiver<Status>,
    stop: Option<oneshot::Sender<()>>,
    task: Option<JoinHandle<()>>,
}

/// How a bridge is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Status {
    /// How often Marathon was read and HAProxy brought in step with it.
    pub n_passes: u64,
    /// How many of these took a reload.
    pub n_reloads: u64,
    /// How often HAProxy had to be started again.
    pub n_restarts: u64,
    /// How it had ended the last time that it had to be.
    pub last_end: Option<String>,
    /// How many services there are.
    pub n_services: usize,
    /// What is wrong with apps; the others do not suffer from it.
    pub problems: Vec<Problem>,
    /// What is wrong with Marathon or HAProxy just now. It is tried again.
    pub trouble: Option<String>,
}

/// Why a bridge cannot be started.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BridgeError {
    /// The port for statistics cannot be listened on.
    #[error("port {port} of 127.0.0.1 cannot be listened on: {cause}")]
    Listen {
        /// Which; 0 is any.
        port: u16,
        /// What the operating system says.
        cause: String,
    },
    /// HAProxy does not run.
    #[error(transparent)]
    Process(#[from] ProcessError),
}

impl BridgeError {
    /// What can be done about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Listen { .. } => Some("choose another port".into()),
            Self::Process(error) => error.hint(),
        }
    }
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl Builder {
    /// The executable; `haproxy` unless set.
    #[must_use]
    pub fn executable(mut self, executable: impl Into<PathBuf>) -> Self {
        self.executable = executable.into();
        self
    }

    /// Which apps are served, and how.
    #[must_use]
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// The port of 127.0.0.1 where marathon-lb's statistics and process ids are; any free one unless
    /// set.
    #[must_use]
    pub fn listen(mut self, port: NonZeroU16) -> Self {
        self.listen = Some(port);
        self
    }

    /// The port of 127.0.0.1 where virtual hosts are served; none are unless it is set.
    #[must_use]
    pub fn hosts(mut self, port: NonZeroU16) -> Self {
        self.hosts = Some(port);
        self
    }

    /// Starts HAProxy without a service, and begins to follow Marathon.
    ///
    /// # Errors
    ///
    /// When a port is taken, or HAProxy cannot be started.
    pub async fn start(self) -> Result<Bridge, BridgeError> {
        let port = self.listen.map_or(0, NonZeroU16::get);
        let failed = |cause: std::io::Error| BridgeError::Listen { port, cause: cause.to_string() };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let listeners = Listeners {
            folder: self.folder,
            stats: free_port().map_err(failed)?,
            hosts: self.hosts,
        };
        let nothing = Configuration::new(&[], &listeners);
        let running = Running::start(self.executable, listeners.clone(), nothing).await?;
        let (told, status) = watch::channel(Status::default());
        let (stop, stopped) = oneshot::channel();
        let follower =
            Follower::new(self.marathon, self.settings, listeners.clone(), running, told);
        let served = listeners.clone();
        let task = tokio::spawn(async move {
            tokio::select! {
                () = http::serve(listener, served) => {}
                () = follower.follow(stopped) => {}
            }
        });
        Ok(Bridge { address, listeners, status, stop: Some(stop), task: Some(task) })
    }
}

impl Bridge {
    /// Sets a bridge up that keeps its files and sockets in `folder`, which is its own.
    pub fn builder(marathon: Arc<dyn Marathon>, folder: impl Into<PathBuf>) -> Builder {
        Builder {
            marathon,
            folder: folder.into(),
            executable: "haproxy".into(),
            settings: Settings::default(),
            listen: None,
            hosts: None,
        }
    }

    /// Where `/haproxy?stats;csv` and `/_haproxy_getpids` are, as whoever knows marathon-lb expects.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where HAProxy itself listens, its admin socket among it.
    pub fn listeners(&self) -> &Listeners {
        &self.listeners
    }

    /// How it is, now and from now on.
    pub fn status(&self) -> watch::Receiver<Status> {
        self.status.clone()
    }

    /// Ends it and HAProxy, with everything that goes on.
    pub async fn end(mut self) {
        if let Some(stop) = self.stop.take() {
            // It has ended by itself if nobody hears.
            let _ = stop.send(());
        }
        if let Some(task) = self.task.take() {
            // An error is that of a runtime that ends, and takes it along.
            let _ = task.await;
        }
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        // HAProxy goes with the task that has it.
        if let Some(task) = self.task.take() {
            task.abort();
        }
    }
}

/// A port that is free just now. HAProxy says it when somebody takes it in between.
fn free_port() -> std::io::Result<NonZeroU16> {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    NonZeroU16::new(listener.local_addr()?.port())
        .ok_or_else(|| std::io::Error::other("it has no number"))
}
