//! Reads from another program than Marathon, by the same rules: addresses, certificates, proxies,
//! time-outs, bounds, and who gets the credentials.

use std::fmt;
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderValue, LOCATION};
use reqwest::{Response, Url};
use tokio::time::timeout;
use zdd_core::ports::Distrust;

use super::auth::Auth;
use super::body::{self, BodyError};
use super::call::Call;
use super::failure::{self, Failure};
use super::redirect;
use super::transport::{Host, Transport};

/// Most redirects that are followed: one leads to the leader.
const MOST_REDIRECTS: u32 = 5;

/// Reads from any of several addresses of a program.
pub(crate) struct Fetcher {
    transport: Transport,
}

/// Addresses only.
impl fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Fetcher").field(&self.transport.urls()).finish()
    }
}

/// What was answered, and from where.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) url: String,
    pub(crate) body: Vec<u8>,
}

/// Why there is no answer. No text of it holds a secret.
#[derive(Debug)]
pub(crate) enum FetchError {
    NotReached {
        url: String,
        cause: String,
    },
    Untrusted {
        url: String,
        cause: Distrust,
    },
    /// It redirects to where one may not, or without end.
    Astray {
        url: String,
        what: String,
    },
    TooLarge {
        url: String,
        max: usize,
    },
    Status {
        url: String,
        status: u16,
    },
}

impl FetchError {
    /// What somebody answered says more than that nobody did.
    fn rank(&self) -> u8 {
        match self {
            Self::NotReached { .. } => 0,
            Self::Untrusted { .. } => 1,
            Self::Astray { .. } => 2,
            Self::Status { .. } => 3,
            Self::TooLarge { .. } => 4,
        }
    }

    fn map_texts(self, map: &dyn Fn(String) -> String) -> Self {
        match self {
            Self::NotReached { url, cause } => {
                Self::NotReached { url: map(url), cause: map(cause) }
            }
            Self::Untrusted { url, cause } => Self::Untrusted { url: map(url), cause },
            Self::Astray { url, what } => Self::Astray { url: map(url), what: map(what) },
            Self::TooLarge { url, max } => Self::TooLarge { url: map(url), max },
            Self::Status { url, status } => Self::Status { url: map(url), status },
        }
    }
}

impl Fetcher {
    pub(super) fn over(transport: Transport) -> Self {
        Self { transport }
    }

    /// What the first address that answers says to `GET path`. Each is asked once.
    pub(crate) async fn fetch(&self, path: &'static str) -> Result<Fetched, FetchError> {
        let mut worst: Option<FetchError> = None;
        for (index, host) in self.transport.in_turn() {
            let limit = self.transport.settings.call_timeout;
            let url = host.address.to_string();
            let mut sent = None;
            let fetched = timeout(limit, self.at(host, path, &mut sent)).await;
            let fetched = fetched.unwrap_or_else(|_| {
                let cause = format!("no whole answer within {} s", limit.as_secs());
                Err(FetchError::NotReached { url, cause })
            });
            // Whoever redirects may put what it was told into the address.
            let blot = |text| self.transport.secrets.blot(text, sent.as_ref());
            match fetched {
                Ok(Fetched { url, body }) => {
                    self.transport.note_reached(index);
                    return Ok(Fetched { url: blot(url), body });
                }
                Err(error) if worst.as_ref().is_none_or(|worst| worst.rank() <= error.rank()) => {
                    worst = Some(error.map_texts(&blot));
                }
                Err(_) => {}
            }
        }
        Err(worst.unwrap_or_else(|| {
            let cause = "there is no address".into();
            FetchError::NotReached { url: self.transport.urls(), cause }
        }))
    }

    /// Leaves in `sent` who we said that we are.
    async fn at(
        &self,
        host: &Host,
        path: &'static str,
        sent: &mut Option<HeaderValue>,
    ) -> Result<Fetched, FetchError> {
        let call = Call::get(path);
        let mut url = host.address.join(&call);
        let mut is_renewed = false;
        let mut redirects = 0;
        loop {
            let header = self.header_for(host, &url).await?;
            *sent = header.clone().or(sent.take());
            let response = self.send(&url, header.as_ref()).await?;
            let status = response.status().as_u16();
            match status {
                401 if !is_renewed && self.renews(header.as_ref()).await => is_renewed = true,
                301 | 302 | 307 | 308 if redirects == MOST_REDIRECTS => {
                    let what = "it redirects without end".into();
                    return Err(FetchError::Astray { url: host.address.to_string(), what });
                }
                301 | 302 | 307 | 308 => {
                    redirects += 1;
                    url = follow(host, &url, response.headers())?;
                }
                200..=299 => return self.read(&url, response).await,
                _ => return Err(FetchError::Status { url: shown(&url), status }),
            }
        }
    }

    async fn send(&self, url: &Url, header: Option<&HeaderValue>) -> Result<Response, FetchError> {
        let settings = &self.transport.settings;
        let mut request = self.transport.pooled.get(url.clone()).header(ACCEPT, "application/json");
        if let Some(header) = header {
            request = request.header(AUTHORIZATION, header);
        }
        match timeout(settings.connect_timeout + settings.read_timeout, request.send()).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => {
                let failure = failure::of_sending(&shown(url), &error);
                Err(of_failure(shown(url), failure))
            }
            Err(_) => {
                Err(FetchError::NotReached { url: shown(url), cause: "no answer in time".into() })
            }
        }
    }

    async fn read(&self, url: &Url, response: Response) -> Result<Fetched, FetchError> {
        let settings = &self.transport.settings;
        let (url, max) = (shown(url), settings.max_answer);
        match body::read(response, max, settings.read_timeout).await {
            Ok(body) => Ok(Fetched { url, body }),
            Err(BodyError::TooLarge(max)) => Err(FetchError::TooLarge { url, max }),
            Err(BodyError::Cut(cause)) => Err(FetchError::NotReached { url, cause }),
        }
    }

    /// Who we are at `url`. Whoever an address redirects to does not get to know: only what is given
    /// as an address has been asked for.
    async fn header_for(&self, host: &Host, url: &Url) -> Result<Option<HeaderValue>, FetchError> {
        if self.transport.listed(url).is_none() {
            return Ok(None);
        }
        let failed = |failure| of_failure(shown(url), failure);
        self.transport.header_for(host, url).await.map_err(failed)
    }

    /// Whether a refused token can be renewed.
    async fn renews(&self, header: Option<&HeaderValue>) -> bool {
        match (&self.transport.auth, header) {
            (Auth::Login(login), Some(header)) => {
                login.refused(header).await;
                true
            }
            _ => false,
        }
    }
}

fn follow(host: &Host, from: &Url, headers: &HeaderMap) -> Result<Url, FetchError> {
    let location = headers.get(LOCATION).and_then(|location| location.to_str().ok());
    redirect::destination(from, location)
        .map_err(|what| FetchError::Astray { url: host.address.to_string(), what })
}

fn of_failure(url: String, failure: Failure) -> FetchError {
    match failure {
        Failure::Untrusted { url, cause } => FetchError::Untrusted { url, cause },
        Failure::NotReached { cause } | Failure::NoAnswer { cause, .. } => {
            FetchError::NotReached { url, cause }
        }
        // Only a login fails in other ways.
        other => {
            let error = other.into_error(&url, Duration::ZERO);
            FetchError::NotReached { url, cause: error.to_string() }
        }
    }
}

/// Scheme, host, port and path.
fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.into()
}
