//! Sets the way to marathon-lb up.

use std::net::IpAddr;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Certificate, Client, Url};
use secrecy::{ExposeSecret, SecretString};

use super::http::{MarathonLb, Settings, Trust};

/// Sets the way to marathon-lb up; see [`MarathonLb::builder`].
///
/// Proxies are not used: each balancer behind the name is asked by its own address, which a proxy
/// would look up itself.
#[derive(Debug)]
pub struct Builder {
    url: Url,
    credentials: Option<(String, SecretString)>,
    cacert: Option<Vec<u8>>,
    verifies: bool,
    addresses: Option<Vec<IpAddr>>,
    connect_timeout: Duration,
    call_timeout: Duration,
}

impl Builder {
    pub(super) fn new(url: Url) -> Self {
        Self {
            url,
            credentials: None,
            cacert: None,
            verifies: true,
            addresses: None,
            connect_timeout: Duration::from_secs(5),
            call_timeout: Duration::from_secs(15),
        }
    }

    /// User and password. They outweigh those in the address.
    #[must_use]
    pub fn credentials(mut self, user: impl Into<String>, password: SecretString) -> Self {
        self.credentials = Some((user.into(), password));
        self
    }

    /// Certificate authorities in PEM. Only these are trusted then.
    #[must_use]
    pub fn cacert(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.cacert = Some(pem.into());
        self
    }

    /// Does not verify certificates: whoever is on the way can read and change everything, the
    /// credentials too.
    #[must_use]
    pub fn insecure(mut self) -> Self {
        self.verifies = false;
        self
    }

    /// The addresses of the balancers, instead of those that the name stands for. Names of hosts and
    /// certificates stay as they are.
    #[must_use]
    pub fn addresses(mut self, addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        self.addresses = Some(addresses.into_iter().collect());
        self
    }

    /// How long looking up the name may take, and connecting with TLS; 5 s each unless set.
    #[must_use]
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// How long one call may take until the end of its answer; 15 s unless set.
    #[must_use]
    pub fn call_timeout(mut self, limit: Duration) -> Self {
        self.call_timeout = limit;
        self
    }

    /// Sets it up. Nothing is sent.
    ///
    /// # Errors
    ///
    /// When the address, the credentials or the authorities cannot be used.
    pub fn build(mut self) -> Result<MarathonLb, BuildError> {
        let header = self.header()?;
        // Fails only for URLs without a host, which are refused below.
        let _ = self.url.set_username("");
        let _ = self.url.set_password(None);
        self.check_address()?;
        let trust = self.trust()?;
        let path = self.url.path().trim_end_matches('/').to_owned();
        self.url.set_path(&path);
        let settings = Settings {
            base: self.url,
            header,
            trust,
            addresses: self.addresses,
            connect_timeout: self.connect_timeout,
            call_timeout: self.call_timeout,
        };
        // A client that cannot be made is an error of now, not of the first look.
        MarathonLb::new(settings).map_err(|what| BuildError::Client { what })
    }

    fn check_address(&self) -> Result<(), BuildError> {
        let refused = |what| Err(BuildError::Address { url: self.url.to_string(), what });
        if !matches!(self.url.scheme(), "http" | "https") {
            return refused("it begins with neither http:// nor https://");
        }
        if self.url.host_str().is_none_or(str::is_empty) {
            return refused("it has no host");
        }
        if self.url.query().is_some() || self.url.fragment().is_some() {
            return refused("an address has neither `?` nor `#`");
        }
        match &self.addresses {
            Some(addresses) if addresses.is_empty() => refused("no address was given for it"),
            Some(_) if is_literal(&self.url) => refused("it is an address, and has no others"),
            Some(_) | None => Ok(()),
        }
    }

    /// The header of basic authentication. Its encoding is reqwest's, of a request that is never sent.
    fn header(&self) -> Result<Option<HeaderValue>, BuildError> {
        let refused = |what| BuildError::Credentials { what };
        let maker = Client::builder().no_proxy().tls_certs_only([]).build();
        let maker = maker.map_err(|_| refused("they make no header"))?;
        let request = match &self.credentials {
            Some((user, _)) if user.contains(':') => return Err(refused("the user has a colon")),
            Some((user, password)) => {
                maker.get("http://localhost/").basic_auth(user, Some(password.expose_secret()))
            }
            None if self.url.username().is_empty() && self.url.password().is_none() => {
                return Ok(None);
            }
            None => maker.get(self.url.clone()),
        };
        let request = request.build().map_err(|_| refused("they make no header"))?;
        let header = request.headers().get(AUTHORIZATION).cloned();
        let mut header = header.ok_or_else(|| refused("they make no header"))?;
        header.set_sensitive(true);
        Ok(Some(header))
    }

    fn trust(&self) -> Result<Trust, BuildError> {
        if !self.verifies {
            return Ok(Trust::Anybody);
        }
        match &self.cacert {
            // Plain HTTP trusts nobody, and has to work where the machine has no authorities.
            None if self.url.scheme() == "http" => Ok(Trust::These(Vec::new())),
            None => Ok(Trust::Machine),
            Some(pem) => match Certificate::from_pem_bundle(pem) {
                Ok(authorities) if !authorities.is_empty() => Ok(Trust::These(authorities)),
                Ok(_) | Err(_) => Err(BuildError::CacertEmpty),
            },
        }
    }
}

/// Whether the host of `url` is an address and no name.
pub(super) fn is_literal(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host.parse::<IpAddr>().is_ok()
}

/// Why the way to marathon-lb cannot be set up. Nothing was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The address is none of HTTP.
    #[error("`{url}` is no address of marathon-lb: {what}")]
    Address {
        /// It, without user and password.
        url: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The credentials cannot be used.
    #[error("the credentials for marathon-lb cannot be used: {what}")]
    Credentials {
        /// Why. Never what is in them.
        what: &'static str,
    },
    /// There is no certificate among the certificate authorities.
    #[error("there is no certificate authority in PEM")]
    CacertEmpty,
    /// The HTTP client cannot be made.
    #[error("the HTTP client cannot be made: {what}")]
    Client {
        /// Why.
        what: String,
    },
}

impl BuildError {
    /// What can be done about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Address { .. } => {
                Some("an address looks like http://marathon-lb.example.com:9090".into())
            }
            Self::CacertEmpty => Some("a PEM file begins with -----BEGIN CERTIFICATE-----".into()),
            Self::Client { .. } => Some("name the certificate authority with --cacert FILE".into()),
            Self::Credentials { .. } => None,
        }
    }
}
