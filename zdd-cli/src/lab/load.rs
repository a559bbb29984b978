//! Clients that use an app while it is deployed.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use reqwest::{Client, Url};
use serde::Deserialize;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// What a client waits from one request to the next: a load that a small machine carries beside
/// everything else.
const PAUSE: Duration = Duration::from_millis(10);
/// A request that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(5);
/// So many instances are tried for one request, as a load balancer would.
const TRIES: usize = 3;
/// No answer is read beyond this.
const MAX_ANSWER: usize = 64 << 10;

/// Clients, each with one request at a time, over connections that they keep.
///
/// A request fails when its answer is an error, does not come in time or stops in the middle, and
/// when there is no instance to send it to. An instance that refuses the connection, or closes it
/// without a word of an answer, costs the client only another try: that is what load balancers and
/// browsers do with requests that may be repeated, and it is counted by itself.
#[derive(Debug)]
pub(super) struct Load {
    stop: CancellationToken,
    clients: JoinSet<Counted>,
}

/// What became of the requests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Counted {
    /// All of them.
    pub(super) requests: u64,
    /// Those whose client did not get what it asked for.
    pub(super) failed: u64,
    /// How often another instance was tried.
    pub(super) tried_again: u64,
    /// Answers by the version that gave them.
    pub(super) by_version: BTreeMap<String, u64>,
    /// How a request failed, the first of each client.
    pub(super) failures: Vec<String>,
}

/// What an instance says about itself.
#[derive(Deserialize)]
struct About {
    version: String,
}

/// Why a try got no answer.
enum Fault {
    /// The instance did not begin to answer.
    NotBegun(String),
    /// It did not do what was asked for.
    Failed(String),
}

impl Load {
    /// Starts so many clients of the instances in `targets`, each the address of what to get.
    ///
    /// # Errors
    ///
    /// When no HTTP client can be made.
    pub(super) fn start(
        n_clients: u16,
        targets: &watch::Receiver<Vec<Url>>,
    ) -> Result<Self, reqwest::Error> {
        Self::with_tries(n_clients, targets, TRIES)
    }

    /// Starts so many clients of a load balancer, each request of which is sent once: to try another
    /// instance is its business.
    ///
    /// # Errors
    ///
    /// When no HTTP client can be made.
    pub(super) fn through(n_clients: u16, target: Url) -> Result<Self, reqwest::Error> {
        let (_, targets) = watch::channel(vec![target]);
        Self::with_tries(n_clients, &targets, 1)
    }

    fn with_tries(
        n_clients: u16,
        targets: &watch::Receiver<Vec<Url>>,
        tries: usize,
    ) -> Result<Self, reqwest::Error> {
        let stop = CancellationToken::new();
        let mut clients = JoinSet::new();
        let http = Client::builder().no_proxy().timeout(PATIENCE).build()?;
        for number in 0..n_clients {
            let client = OneClient {
                http: http.clone(),
                targets: targets.clone(),
                next: number.into(),
                tries,
                counted: Counted::default(),
            };
            clients.spawn(client.run(stop.clone()));
        }
        Ok(Self { stop, clients })
    }

    /// Stops, once every answer that is awaited has come, and says what became of all requests.
    pub(super) async fn finish(mut self) -> Counted {
        self.stop.cancel();
        let mut all = Counted::default();
        while let Some(client) = self.clients.join_next().await {
            match client {
                Ok(counted) => all.add(counted),
                Err(error) => std::panic::resume_unwind(error.into_panic()),
            }
        }
        all
    }
}

struct OneClient {
    http: Client,
    targets: watch::Receiver<Vec<Url>>,
    /// Which target is next.
    next: usize,
    /// How many instances are tried for one request.
    tries: usize,
    counted: Counted,
}

impl OneClient {
    async fn run(mut self, stop: CancellationToken) -> Counted {
        while !stop.is_cancelled() {
            self.request().await;
            tokio::select! {
                () = stop.cancelled() => {}
                () = sleep(PAUSE) => {}
            }
        }
        self.counted
    }

    async fn request(&mut self) {
        self.counted.requests += 1;
        let mut fault = String::from("no instance to send it to");
        for tried in 0..self.tries {
            let Some(target) = self.target() else { break };
            if tried > 0 {
                self.counted.tried_again += 1;
            }
            match self.get(target).await {
                Ok(version) => {
                    *self.counted.by_version.entry(version).or_default() += 1;
                    return;
                }
                Err(Fault::NotBegun(why)) => fault = why,
                Err(Fault::Failed(why)) => {
                    fault = why;
                    break;
                }
            }
        }
        self.counted.failed += 1;
        if self.counted.failures.is_empty() {
            self.counted.failures.push(fault);
        }
    }

    /// The instance whose turn it is.
    fn target(&mut self) -> Option<Url> {
        let targets = self.targets.borrow();
        self.next = self.next.wrapping_add(1);
        targets.get(self.next.checked_rem(targets.len())?).cloned()
    }

    /// The version that answers.
    async fn get(&self, target: Url) -> Result<String, Fault> {
        let at = target.to_string();
        let failed = |error: reqwest::Error| match innermost(&error) {
            Some(cause) => format!("{at}: {cause}"),
            None => format!("{at}: {error}"),
        };
        let mut response = match self.http.get(target).send().await {
            Ok(response) => response,
            Err(error) if error.is_timeout() => return Err(Fault::Failed(failed(error))),
            Err(error) => return Err(Fault::NotBegun(failed(error))),
        };
        let status = response.status();
        let mut body = Vec::new();
        while let Some(chunk) =
            response.chunk().await.map_err(|error| Fault::Failed(failed(error)))?
        {
            if body.len() + chunk.len() > MAX_ANSWER {
                return Err(Fault::Failed(format!("{at}: an endless answer")));
            }
            body.extend_from_slice(&chunk);
        }
        if !status.is_success() {
            return Err(Fault::Failed(format!("{at}: status {status}")));
        }
        let about: About = serde_json::from_slice(&body)
            .map_err(|error| Fault::Failed(format!("{at}: not an answer: {error}")))?;
        Ok(about.version)
    }
}

/// The first cause of an error: the others around it only say that a request failed.
fn innermost(error: &reqwest::Error) -> Option<String> {
    let first = std::error::Error::source(error);
    let causes = std::iter::successors(first, |cause| cause.source());
    causes.last().map(ToString::to_string)
}

impl Counted {
    fn add(&mut self, other: Self) {
        self.requests += other.requests;
        self.failed += other.failed;
        self.tried_again += other.tried_again;
        for (version, n) in other.by_version {
            *self.by_version.entry(version).or_default() += n;
        }
        self.failures.extend(other.failures);
    }
}

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let requests = if self.requests == 1 { "request" } else { "requests" };
        write!(f, "{} {requests}, {} failed", self.requests, self.failed)?;
        if self.tried_again > 0 {
            write!(f, ", {} sent to another instance", self.tried_again)?;
        }
        for (n, (version, answers)) in self.by_version.iter().enumerate() {
            let before = if n == 0 { "; answered by " } else { ", by " };
            write!(f, "{before}{version}: {answers}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "load_tests.rs"]
mod tests;
