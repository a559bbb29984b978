//! The calls to each balancer.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Url};
use tokio::net::lookup_host;
use tokio::time::timeout;

use super::builder::{Builder, is_literal};
use super::error::{self, HttpError};
use super::pids;
use crate::stats::{Limits, Reader, StatsError};

/// The statistics.
const STATS: &str = "/haproxy?stats;csv";
/// The process ids.
const PIDS: &str = "/_haproxy_getpids";
/// The most bytes of a list of process ids.
const PIDS_BYTES: usize = 128 << 10;
/// The most balancers behind one name.
const BALANCERS: usize = 256;

/// marathon-lb: every balancer behind one name.
pub struct MarathonLb {
    settings: Settings,
    /// One client for each address, which knows the name only by that address.
    clients: Mutex<BTreeMap<SocketAddr, Client>>,
}

pub(super) struct Settings {
    pub(super) base: Url,
    pub(super) header: Option<HeaderValue>,
    pub(super) trust: Trust,
    pub(super) addresses: Option<Vec<IpAddr>>,
    pub(super) connect_timeout: Duration,
    pub(super) call_timeout: Duration,
}

pub(super) enum Trust {
    /// The authorities that the machine trusts.
    Machine,
    /// These and no others.
    These(Vec<Certificate>),
    /// Whoever answers.
    Anybody,
}

impl MarathonLb {
    /// Sets the way to the listener of the statistics up: `http://marathon-lb.example.com:9090`.
    pub fn builder(url: Url) -> Builder {
        Builder::new(url)
    }

    pub(super) fn new(settings: Settings) -> Result<Self, String> {
        let lb = Self { settings, clients: Mutex::new(BTreeMap::new()) };
        lb.dressed(None).map(|_| lb)
    }

    /// All addresses of the name, IPv4 and IPv6, in order. Each is a balancer of its own.
    ///
    /// # Errors
    ///
    /// When the name stands for none.
    pub async fn balancers(&self) -> Result<Vec<SocketAddr>, HttpError> {
        let base = &self.settings.base;
        // Both are there: the builder saw to the first, and both schemes have a usual port.
        let host = base.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let port = base.port_or_known_default().unwrap_or(80);
        let no_address = |cause: String| HttpError::NoAddress { host: host.to_owned(), cause };
        let mut found: Vec<SocketAddr> = match &self.settings.addresses {
            Some(addresses) => addresses.iter().map(|ip| SocketAddr::new(*ip, port)).collect(),
            None => match timeout(self.settings.connect_timeout, lookup_host((host, port))).await {
                Ok(Ok(found)) => found.take(BALANCERS + 1).collect(),
                Ok(Err(error)) => return Err(no_address(error.to_string())),
                Err(_) => return Err(no_address("its name server does not answer".into())),
            },
        };
        found.sort_unstable();
        found.dedup();
        match found.len() {
            0 => Err(no_address("the name is known, but has none".into())),
            1..=BALANCERS => Ok(found),
            _ => Err(no_address(format!("it has more than {BALANCERS}"))),
        }
    }

    /// The statistics of one balancer, for [`stats::Reader`](crate::stats::Reader).
    ///
    /// # Errors
    ///
    /// What every call can fail with: see [`HttpError`].
    pub async fn stats_of(&self, balancer: SocketAddr) -> Result<Vec<u8>, HttpError> {
        let csv = self.get(balancer, STATS, Limits::default().bytes).await?;
        match Reader::new(&csv, Limits::default()) {
            Ok(_) => Ok(csv),
            Err(error) => Err(self.stats_error(balancer, error)),
        }
    }

    /// The process ids of HAProxy at one balancer: a master, a worker, and one more for each old
    /// worker that still has connections.
    ///
    /// # Errors
    ///
    /// What every call can fail with.
    pub async fn pids_of(&self, balancer: SocketAddr) -> Result<Vec<u32>, HttpError> {
        let body = self.get(balancer, PIDS, PIDS_BYTES).await?;
        pids::read(&body).map_err(|what| HttpError::NotMarathonLb {
            balancer: self.name_of(balancer),
            path: PIDS,
            what,
        })
    }

    /// The error for statistics of `balancer` that cannot be read. What a server that knows our
    /// password answers is not repeated.
    pub(super) fn stats_error(&self, balancer: SocketAddr, mut error: StatsError) -> HttpError {
        if self.settings.header.is_some()
            && let StatsError::NoHeadings { found, .. } | StatsError::Cell { found, .. } =
                &mut error
        {
            "…".clone_into(found);
        }
        HttpError::Stats { balancer: self.name_of(balancer), error }
    }

    /// How errors name all balancers together.
    pub fn name(&self) -> String {
        self.settings.base.as_str().trim_end_matches('/').to_owned()
    }

    /// `http://marathon-lb.example.com:9090 (10.0.0.1)`.
    pub fn name_of(&self, balancer: SocketAddr) -> String {
        let base = self.name();
        if is_literal(&self.settings.base) { base } else { format!("{base} ({})", balancer.ip()) }
    }

    async fn get(
        &self,
        balancer: SocketAddr,
        path: &'static str,
        limit: usize,
    ) -> Result<Vec<u8>, HttpError> {
        let name = self.name_of(balancer);
        let client = self
            .client(balancer)
            .map_err(|cause| HttpError::NotReached { balancer: name.clone(), cause })?;
        let within = self.settings.call_timeout;
        let failed = |error: reqwest::Error| error::of_call(name.clone(), path, within, &error);
        let base = self.settings.base.as_str().trim_end_matches('/');
        let mut call = client.get(format!("{base}{path}"));
        if let Some(header) = &self.settings.header {
            call = call.header(AUTHORIZATION, header.clone());
        }
        let mut response = call.send().await.map_err(failed)?;
        match response.status().as_u16() {
            200 => {}
            status @ (401 | 403) => {
                return Err(HttpError::Unauthorised { balancer: name.clone(), status });
            }
            status => return Err(HttpError::Status { balancer: name.clone(), path, status }),
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > limit {
                return Err(HttpError::TooLarge { balancer: name.clone(), path, limit });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn client(&self, balancer: SocketAddr) -> Result<Client, String> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&balancer) {
            return Ok(client.clone());
        }
        let client = self.dressed(Some(balancer))?;
        // Addresses come and go; those of long ago need no client.
        if clients.len() >= BALANCERS {
            clients.clear();
        }
        clients.insert(balancer, client.clone());
        Ok(client)
    }

    fn dressed(&self, balancer: Option<SocketAddr>) -> Result<Client, String> {
        let settings = &self.settings;
        let mut client = Client::builder()
            .user_agent(concat!("zdd/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(settings.connect_timeout)
            .timeout(settings.call_timeout)
            .redirect(Policy::none())
            .no_proxy()
            .tcp_nodelay(true)
            // A reload closes idle connections just when the next call may use them.
            .pool_max_idle_per_host(0);
        if let (Some(balancer), Some(host)) = (balancer, settings.base.host_str()) {
            client = client.resolve(host, balancer);
        }
        let client = match &settings.trust {
            Trust::Machine => client,
            Trust::These(authorities) => client.tls_certs_only(authorities.clone()),
            Trust::Anybody => client.tls_danger_accept_invalid_certs(true),
        };
        client.build().map_err(|error| {
            std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string)
        })
    }
}

impl fmt::Debug for MarathonLb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MarathonLb")
            .field("base", &self.settings.base.as_str())
            .finish_non_exhaustive()
    }
}
