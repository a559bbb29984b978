//! An embedded Marathon, from start to end.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::middleware;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use url::Url;
use zdd_core::placement::Agent;
use zdd_core::simulate::{ChangeError, Marathon, Settings};
use zdd_core::units::Timestamp;

use super::agents::{self, AgentError, default_agents};
use super::api;
use super::images::ImageMap;
use super::origin;
use super::persist::{Store, StoreError};
use super::runtime::Shared;
use super::runtime_machine::Machine;

/// How long answers that have begun may take when the lab ends.
const ANSWERS_WITHIN: Duration = Duration::from_secs(1);

/// A Marathon in this process: the API of the real one, and tasks that are processes of this machine.
///
/// It listens on a loopback address only, and anybody on this machine can have it run commands as the
/// user who started it, as with a Marathon without authentication.
///
/// All that it started ends with it: [`shutdown`](Self::shutdown) gives tasks their grace, a drop
/// does not, and when the whole process is killed, a guard beside it ends them.
///
/// ```no_run
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// use zdd_marathon::local::Lab;
///
/// let lab = Lab::builder().start().await?;
/// assert_eq!(lab.url().host_str(), Some("127.0.0.1"));
/// lab.shutdown().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Lab {
    shared: Arc<Shared>,
    url: Url,
    server: Option<JoinHandle<io::Result<()>>>,
}

/// What a lab can be told before it starts.
#[derive(Clone, Debug)]
pub struct LabBuilder {
    bind: SocketAddr,
    may_leave_loopback: bool,
    agents: Option<Vec<Agent>>,
    images: ImageMap,
    state_dir: Option<PathBuf>,
    settings: Settings,
    seed: Option<u64>,
}

/// Why a lab cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// It would listen on an address that others can reach.
    #[error("{0} is not a loopback address, and whoever can reach it could run commands here")]
    NotLoopback(SocketAddr),
    /// It cannot listen.
    #[error("cannot listen on {address}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// An agent cannot be simulated.
    #[error(transparent)]
    Agent(#[from] AgentError),
    /// The state cannot be kept.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What was kept cannot be run again.
    #[error("the apps that were kept cannot run any more")]
    Restore(#[source] ChangeError),
    /// The machine cannot run tasks.
    #[error("cannot prepare this machine for tasks")]
    Machine(#[source] io::Error),
}

impl StartError {
    /// How to go on.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotLoopback(_) => {
                Some("listen on 127.0.0.1, or allow other addresses in so many words".into())
            }
            Self::Listen { .. } => Some("name another port, or 0 for any free one".into()),
            Self::Agent(error) => error.hint(),
            Self::Store(error) => error.hint(),
            Self::Restore(_) | Self::Machine(_) => None,
        }
    }
}

impl Lab {
    /// A lab with default settings, three agents, nothing in the place of images, no memory, on any
    /// free port of 127.0.0.1.
    pub fn builder() -> LabBuilder {
        LabBuilder {
            bind: SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 0),
            may_leave_loopback: false,
            agents: None,
            images: ImageMap::new(),
            state_dir: None,
            settings: Settings::default(),
            seed: None,
        }
    }

    /// Where the API is.
    pub fn url(&self) -> Url {
        self.url.clone()
    }

    /// The folder with a folder for each task, with its `stdout` and `stderr`. It is removed when the
    /// lab ends.
    pub fn sandboxes(&self) -> &Path {
        self.shared.machine().sandboxes.folder()
    }

    /// Why the state could not be written the last time, if it could not. It is tried again every few
    /// seconds.
    pub fn state_fault(&self) -> Option<String> {
        self.shared.store_fault()
    }

    /// Ends the server and every task: SIGTERM, its grace, SIGKILL. Returns when nothing is left.
    pub async fn shutdown(mut self) {
        let server = self.server.take();
        let serving = async {
            self.shared.stop.cancelled().await;
            if let Some(mut server) = server
                && timeout(ANSWERS_WITHIN, &mut server).await.is_err()
            {
                server.abort();
            }
        };
        tokio::join!(self.shared.end(), serving);
    }
}

/// Kills what is left. Only [`Lab::shutdown`] waits for it.
impl Drop for Lab {
    fn drop(&mut self) {
        self.shared.abandon();
        if let Some(server) = &self.server {
            server.abort();
        }
    }
}

impl LabBuilder {
    /// Where to listen. Port 0 is any free one.
    #[must_use]
    pub fn bind(mut self, address: SocketAddr) -> Self {
        self.bind = address;
        self
    }

    /// Lets the lab listen on addresses that others can reach. Whoever can reach it can run commands
    /// as the user who started it.
    #[must_use]
    pub fn allow_non_loopback(mut self) -> Self {
        self.may_leave_loopback = true;
        self
    }

    /// The agents that tasks run on; [`default_agents`] unless given.
    #[must_use]
    pub fn agents(mut self, agents: Vec<Agent>) -> Self {
        self.agents = Some(agents);
        self
    }

    /// What stands in for images.
    #[must_use]
    pub fn images(mut self, images: ImageMap) -> Self {
        self.images = images;
        self
    }

    /// The folder that keeps apps and their versions from one run to the next.
    #[must_use]
    pub fn state_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.state_dir = Some(folder.into());
        self
    }

    /// How the Marathon behaves.
    #[must_use]
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// Decides ids and where ports begin; from the time of day unless given.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Starts the lab, in the background of this runtime.
    ///
    /// # Errors
    ///
    /// When the address is none of loopback and that was not allowed, or taken; when an agent cannot
    /// be simulated, or the state cannot be read.
    pub async fn start(self) -> Result<Lab, StartError> {
        if !self.bind.ip().is_loopback() && !self.may_leave_loopback {
            return Err(StartError::NotLoopback(self.bind));
        }
        let unheard = |source| StartError::Listen { address: self.bind, source };
        let listener = TcpListener::bind(self.bind).await.map_err(unheard)?;
        let address = listener.local_addr().map_err(unheard)?;
        let agents = agents::prepare(self.agents.unwrap_or_else(default_agents)).await?;
        let (store, kept) = self.state_dir.map(Store::open).transpose()?.unzip();
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let seed = self.seed.unwrap_or(since.subsec_nanos().into());
        let now = Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX));
        let default_grace = self.settings.default_kill_grace;
        let mut model = Marathon::new(self.settings, agents.clone(), seed, now);
        if let Some(kept) = kept.flatten() {
            model.restore(now, kept.root, kept.history).map_err(StartError::Restore)?;
        }
        let machine = Machine::start(&agents, seed).map_err(StartError::Machine)?;
        let shared = Shared::start(model, machine, self.images, store, address, default_grace);
        let url = url_of(address);
        let server = tokio::spawn(serve(listener, shared.clone()));
        Ok(Lab { shared, url, server: Some(server) })
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) -> io::Result<()> {
    let stop = shared.stop.clone();
    // Where others are let in, they may come by any name.
    let is_private = shared.address.ip().is_loopback();
    let mut app = api::router(shared);
    if is_private {
        app = app.layer(middleware::from_fn(origin::refuse_foreign));
    }
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    // Events are small and must not wait for each other.
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, app).with_graceful_shutdown(stop.cancelled_owned()).await
}

fn url_of(mut address: SocketAddr) -> Url {
    if address.ip().is_unspecified() {
        address.set_ip(Ipv4Addr::LOCALHOST.into());
    }
    Url::parse(&format!("http://{address}/")).expect("a scheme and an address are a URL")
}
