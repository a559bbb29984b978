//! The clients that ask.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use reqwest::header::{CONNECTION, HeaderValue};
use reqwest::{Client, Response, Url, redirect};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{By, Counted};
use crate::args::SplitArgs;

/// No answer is read beyond this: a version stands at its beginning or nowhere.
const MAX_ANSWER: usize = 1 << 20;

/// What all clients share.
#[derive(Debug)]
struct Task {
    http: Client,
    url: Url,
    by: By,
    reconnect: bool,
    /// Requests that nobody has taken yet.
    left: AtomicU64,
    stop: CancellationToken,
}

/// Clients at work.
#[derive(Debug)]
pub(super) struct Clients {
    task: Arc<Task>,
    running: JoinSet<Counted>,
}

impl Clients {
    /// Sends them off.
    ///
    /// # Errors
    ///
    /// When no HTTP client can be made.
    pub(super) fn start(args: &SplitArgs) -> Result<Self, reqwest::Error> {
        // A redirect is an answer of whoever was asked, and following it would ask somebody else.
        let mut http = Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .timeout(args.timeout.time());
        if args.reconnect {
            http = http.pool_max_idle_per_host(0);
        }
        let task = Arc::new(Task {
            http: http.build()?,
            url: args.url.clone(),
            by: args.by.clone(),
            reconnect: args.reconnect,
            left: AtomicU64::new(args.requests.get()),
            stop: CancellationToken::new(),
        });
        let clients = (0..args.clients.get()).map(|_| task.clone().run());
        Ok(Self { running: clients.collect(), task })
    }

    /// How many requests have not begun.
    pub(super) fn left(&self) -> u64 {
        self.task.left.load(Ordering::Relaxed)
    }

    /// Begins no further request.
    pub(super) fn stop(&self) {
        self.task.stop.cancel();
    }

    /// Waits for them all. May be dropped while it waits, and called again.
    pub(super) async fn finish(&mut self, counted: &mut Counted) {
        while let Some(client) = self.running.join_next().await {
            match client {
                Ok(of_one) => counted.add(of_one),
                Err(error) => std::panic::resume_unwind(error.into_panic()),
            }
        }
    }
}

impl Task {
    async fn run(self: Arc<Self>) -> Counted {
        let mut counted = Counted::default();
        while !self.stop.is_cancelled() && self.take() {
            match self.ask().await {
                Ok(version) => counted.answered(version, 1),
                Err(why) => counted.failed(why, 1),
            }
        }
        counted
    }

    /// Takes one of the requests that are left.
    fn take(&self) -> bool {
        let one_less = |left: u64| left.checked_sub(1);
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_ok()
    }

    async fn ask(&self) -> Result<String, String> {
        let mut request = self.http.get(self.url.clone());
        if self.reconnect {
            request = request.header(CONNECTION, HeaderValue::from_static("close"));
        }
        let response = request.send().await.map_err(|error| told(&error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = body(response).await?;
        self.by.version(status, &headers, &body)
    }
}

async fn body(mut response: Response) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(|error| told(&error))? {
        if body.len() + piece.len() > MAX_ANSWER {
            return Err("an answer of more than 1 MiB".into());
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

/// The reason at the bottom, without the address, which is the same in all of them.
fn told(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "no answer in time".into();
    }
    let mut reason: &dyn std::error::Error = error;
    while let Some(source) = reason.source() {
        reason = source;
    }
    reason.to_string()
}
