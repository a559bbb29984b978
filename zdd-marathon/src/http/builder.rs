//! Sets a connection up.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, ClientBuilder, Url};

use super::address::{Address, UserInfo, take_user_info};
use super::auth::{self, Auth, Secrets};
use super::build_error::BuildError;
use super::credentials::Credentials;
use super::fetch::Fetcher;
use super::marathon::HttpMarathon;
use super::settings::Settings;
use super::transport::{Host, Transport};
use crate::mesos::HttpMesos;

/// Sets a connection to Marathon up; see [`HttpMarathon::builder`].
///
/// Certificates are verified against the authorities of the machine, or against those of
/// [`cacert`](Self::cacert) only. Proxies are taken from the environment, but for loopback addresses.
#[derive(Debug)]
pub struct Builder {
    addresses: Vec<Result<Known, BuildError>>,
    credentials: Option<Credentials>,
    cacert: Option<Cacert>,
    verifies: bool,
    uses_proxies: bool,
    user_agent: String,
    settings: Settings,
}

/// An address, and the user and password that were in it.
type Known = (Address, Option<UserInfo>);

#[derive(Debug)]
enum Cacert {
    Pem(Vec<u8>),
    File(PathBuf),
}

impl Builder {
    pub(super) fn new(urls: impl IntoIterator<Item = Url>) -> Self {
        Self {
            addresses: urls.into_iter().map(address).collect(),
            credentials: None,
            cacert: None,
            verifies: true,
            uses_proxies: true,
            user_agent: concat!("zdd/", env!("CARGO_PKG_VERSION")).into(),
            settings: Settings::default(),
        }
    }

    /// Who we are. Outweighs user and password in an address.
    #[must_use]
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// Certificate authorities in PEM. Only these are trusted then, in every call, the login of a
    /// service account among them.
    #[must_use]
    pub fn cacert(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.cacert = Some(Cacert::Pem(pem.into()));
        self
    }

    /// The same, from a file.
    #[must_use]
    pub fn cacert_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.cacert = Some(Cacert::File(path.into()));
        self
    }

    /// Does not verify certificates: whoever is on the way can read and change everything, the
    /// credentials too.
    #[must_use]
    pub fn insecure(mut self) -> Self {
        self.verifies = false;
        self
    }

    /// Does not look into the environment for proxies.
    #[must_use]
    pub fn no_proxy(mut self) -> Self {
        self.uses_proxies = false;
        self
    }

    /// How long looking up a name, connecting and TLS may take together; 5 s unless set.
    #[must_use]
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.settings.connect_timeout = limit;
        self
    }

    /// Longest silence while an answer is awaited or comes; 60 s unless set.
    #[must_use]
    pub fn read_timeout(mut self, limit: Duration) -> Self {
        self.settings.read_timeout = limit;
        self
    }

    /// Longest silence of the event stream, which has to be above the heartbeats of Marathon and of
    /// proxies before it; 30 s unless set.
    #[must_use]
    pub fn event_timeout(mut self, limit: Duration) -> Self {
        self.settings.event_timeout = limit;
        self
    }

    /// Longest time for one try of a call, however busily an answer comes; 5 min unless set.
    #[must_use]
    pub fn call_timeout(mut self, limit: Duration) -> Self {
        self.settings.call_timeout = limit;
        self
    }

    /// How long a call is tried again while no Marathon can answer it; 45 s unless set. Addresses
    /// at which nobody was reached yet are tried three times only.
    #[must_use]
    pub fn patience(mut self, limit: Duration) -> Self {
        self.settings.patience = limit;
        self
    }

    /// How long a change waits for a deployment that holds its app. Not at all unless set.
    #[must_use]
    pub fn locked_deadline(mut self, limit: Duration) -> Self {
        self.settings.locked_deadline = Some(limit);
        self
    }

    /// Largest answer that is read, in bytes; 256 MB unless set.
    #[must_use]
    pub fn max_answer(mut self, bytes: usize) -> Self {
        self.settings.max_answer = bytes;
        self
    }

    /// What the program calls itself; `zdd/VERSION` unless set.
    #[must_use]
    pub fn user_agent(mut self, name: impl Into<String>) -> Self {
        self.user_agent = name.into();
        self
    }

    /// The connection. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// When an address, the certificate authorities or the credentials cannot be used.
    pub fn build(self) -> Result<HttpMarathon, BuildError> {
        Ok(HttpMarathon::over(Arc::new(self.transport()?)))
    }

    /// The connection, to the masters of a Mesos at these addresses instead of a Marathon. Nothing is
    /// sent yet. They are asked with the credentials that are given here, and nobody else is: a
    /// master to which another one redirects is asked without any.
    ///
    /// # Errors
    ///
    /// When an address, the certificate authorities or the credentials cannot be used.
    pub fn build_mesos(self) -> Result<HttpMesos, BuildError> {
        Ok(HttpMesos::over(Fetcher::over(self.transport()?)))
    }

    fn transport(mut self) -> Result<Transport, BuildError> {
        let addresses = std::mem::take(&mut self.addresses)
            .into_iter()
            .collect::<Result<Vec<_>, BuildError>>()?;
        if addresses.is_empty() {
            return Err(BuildError::NoAddress);
        }
        let logs_in = matches!(self.credentials, Some(Credentials::ServiceAccount(_)));
        self.uses_proxies &= logs_in || !addresses.iter().all(|(it, _)| it.is_loopback());
        let (pooled, trust) = self.pooled(&addresses)?;
        let fresh = client(self.dressed(trust, false))?;

        let mut secrets = Secrets::default();
        let auth = Auth::new(self.credentials, &fresh, &mut secrets)?;
        let mut hosts = Vec::with_capacity(addresses.len());
        for (address, user_info) in addresses {
            let header = user_info
                .map(|(user, password)| auth::basic(&user, password, &fresh, &mut secrets))
                .transpose()?;
            hosts.push(Host { address, header });
        }
        Ok(Transport::new(hosts, pooled, fresh, auth, secrets, self.settings))
    }

    /// A client with a pool, and whom it trusts. Without authorities on the machine no client can be
    /// made, not even for plain HTTP: then there must be no address that needs them, and nobody is
    /// trusted.
    fn pooled(&self, addresses: &[Known]) -> Result<(Client, Trust), BuildError> {
        if !self.verifies {
            return Ok((client(self.dressed(Trust::Anybody, true))?, Trust::Anybody));
        }
        if let Some((authorities, from)) = self.authorities()? {
            let trust = Trust::These(authorities);
            // What stands between the marks of a certificate need not be one: it is looked at here.
            let made = self.dressed(trust.clone(), true).build();
            return Ok((made.map_err(|_| BuildError::CacertEmpty { from })?, trust));
        }
        if let Ok(made) = self.dressed(Trust::Machine, true).build() {
            return Ok((made, Trust::Machine));
        }
        if let Some(url) = self.secured(addresses) {
            return Err(BuildError::NoAuthorities { url });
        }
        let trust = Trust::These(Vec::new());
        Ok((client(self.dressed(trust.clone(), true))?, trust))
    }

    /// The authorities that were given, and where they are from.
    fn authorities(&self) -> Result<Option<(Vec<Certificate>, String)>, BuildError> {
        let (pem, from) = match &self.cacert {
            None => return Ok(None),
            Some(Cacert::Pem(pem)) => (pem.clone(), "what was given".to_owned()),
            Some(Cacert::File(file)) => {
                let path = file.display().to_string();
                let pem = std::fs::read(file).map_err(|source| BuildError::CacertUnreadable {
                    path: path.clone(),
                    source,
                })?;
                (pem, path)
            }
        };
        match Certificate::from_pem_bundle(&pem) {
            Ok(authorities) if !authorities.is_empty() => Ok(Some((authorities, from))),
            Ok(_) | Err(_) => Err(BuildError::CacertEmpty { from }),
        }
    }

    /// The first address by TLS, the login among them.
    fn secured(&self, addresses: &[Known]) -> Option<String> {
        let mut secured = addresses.iter().filter(|(address, _)| address.is_https());
        let login = match &self.credentials {
            Some(Credentials::ServiceAccount(account)) => Some(&account.login_endpoint),
            _ => None,
        };
        let login = login.filter(|url| url.scheme() == "https").map(Url::to_string);
        secured.next().map(|(address, _)| address.to_string()).or(login)
    }

    /// A client that follows no redirects by itself, and pools connections or not.
    fn dressed(&self, trust: Trust, pools: bool) -> ClientBuilder {
        let mut client = Client::builder()
            .user_agent(self.user_agent.as_str())
            .connect_timeout(self.settings.connect_timeout)
            .redirect(Policy::none())
            .tcp_nodelay(true);
        if pools {
            // Servers close idle connections after half a minute or more.
            client = client.pool_idle_timeout(Duration::from_secs(15)).pool_max_idle_per_host(4);
        } else {
            client = client.pool_max_idle_per_host(0);
        }
        if !self.uses_proxies {
            client = client.no_proxy();
        }
        match trust {
            Trust::Machine => client,
            Trust::These(authorities) => client.tls_certs_only(authorities),
            Trust::Anybody => client.tls_danger_accept_invalid_certs(true),
        }
    }
}

#[derive(Clone)]
enum Trust {
    /// The authorities that the machine trusts.
    Machine,
    /// These and no others.
    These(Vec<Certificate>),
    /// Whoever answers.
    Anybody,
}

fn address(url: Url) -> Result<Known, BuildError> {
    let mut shown = url.clone();
    let _ = take_user_info(&mut shown);
    Address::of(url).map_err(|what| BuildError::Address { url: shown.into(), what })
}

fn client(builder: ClientBuilder) -> Result<Client, BuildError> {
    let what = |error| super::failure::words(&error);
    builder.build().map_err(|error| BuildError::Client { what: what(error) })
}
