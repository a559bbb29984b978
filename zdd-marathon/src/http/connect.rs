//! Opens the event stream.

use std::time::Duration;

use async_trait::async_trait;
use futures_util::StreamExt;
use reqwest::Response;
use reqwest::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use tokio::time::timeout;

use super::attempt::Sent;
use super::call::Call;
use super::failure::{self, Again, Failure};
use super::transport::{Host, Transport};
use crate::events::{Body, Connect, OpenError};

/// How long one host has to begin a stream, redirects included: it does so at once or not at all.
const OPEN_WITHIN: Duration = Duration::from_secs(10);

#[async_trait]
impl Connect for Transport {
    async fn open(&self, last_id: Option<&str>) -> Result<Body, OpenError> {
        // A host that is silent must not take the time in which others would answer.
        let limit = OPEN_WITHIN.min(self.settings.connect_timeout + self.settings.read_timeout);
        let mut refused: Option<OpenError> = None;
        for (index, host) in self.in_turn() {
            let opened = timeout(limit, self.open_at(host, last_id)).await;
            match opened.unwrap_or_else(|_| Err(silent(host))) {
                Ok(body) => {
                    self.note_reached(index);
                    return Ok(body);
                }
                // Another try may help at one address at least.
                Err(error @ OpenError::Retry { .. }) => refused = Some(error),
                Err(fatal @ OpenError::Fatal(_)) => refused = refused.or(Some(fatal)),
            }
        }
        Err(refused
            .unwrap_or_else(|| OpenError::Retry { why: "there is no address".into(), after: None }))
    }
}

impl Transport {
    async fn open_at(&self, host: &Host, last_id: Option<&str>) -> Result<Body, OpenError> {
        let mut call = Call::get("/v2/events").query("plan-format", "light");
        // An id that fits into no header is as good as none: there is no replay to ask for anyway.
        call.last_event_id = last_id.and_then(|id| HeaderValue::from_str(id).ok());
        let mut sent = Sent::default();
        // A stream is open for long: it must not take a connection from the pool, nor go back.
        let head = self.head(host, &self.fresh, &call, "text/event-stream", &mut sent).await;
        let response = head.map_err(|failure| {
            let blot = |text| self.secrets.blot(text, sent.header.as_ref());
            self.not_open(failure.map_texts(&blot))
        })?;
        look_at(&host.address.to_string(), &response)?;
        Ok(body(response))
    }

    fn not_open(&self, failure: Failure) -> OpenError {
        // What is worth another round for a call is worth another try here.
        let is_passing = failure.again() > Again::Never;
        let error = failure.into_error(&self.urls(), Duration::ZERO);
        if is_passing {
            OpenError::Retry { why: error.to_string(), after: None }
        } else {
            OpenError::Fatal(error)
        }
    }
}

/// The bytes of an open stream. How long it may be silent is the reader's business.
fn body(response: Response) -> Body {
    let chunks = response.bytes_stream();
    chunks.map(|chunk| chunk.map_err(|error| failure::words(&error))).boxed()
}

fn silent(host: &Host) -> OpenError {
    OpenError::Retry {
        why: format!("{} does not begin an event stream", host.address),
        after: None,
    }
}

/// Whether an answer is an event stream.
fn look_at(url: &str, response: &Response) -> Result<(), OpenError> {
    let text = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
    let status = response.status().as_u16();
    match OpenError::look_at(url, status, text(CONTENT_TYPE)) {
        Err(OpenError::Retry { why, after }) => {
            let seconds = text(RETRY_AFTER).and_then(|seconds| seconds.parse().ok());
            Err(OpenError::Retry { why, after: after.or(seconds.map(Duration::from_secs)) })
        }
        other => other,
    }
}
