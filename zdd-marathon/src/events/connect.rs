//! What the event stream needs of a transport.

use std::pin::Pin;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::Stream;
use zdd_core::ports::MarathonError;

/// The bytes of an event stream as they come. An error ends them; its text says what happened, and
/// holds no secret.
pub(crate) type Body = Pin<Box<dyn Stream<Item = Result<Bytes, String>> + Send>>;

/// Opens the event stream of a Marathon.
///
/// One call is one try: over all addresses, with time-outs for connecting and for the head of the
/// answer, and without waiting for a better time. When to try again is decided by who calls.
#[async_trait]
pub(crate) trait Connect: Send + Sync + 'static {
    /// Sends `GET /v2/events` and waits for the head of the answer, which has to pass
    /// [`OpenError::look_at`]. May be dropped at any time.
    ///
    /// `last_id` is the id of the last event, for the header `Last-Event-ID`. Marathon gives its
    /// events none, so it is nearly always nothing.
    async fn open(&self, last_id: Option<&str>) -> Result<Body, OpenError>;
}

/// Why an event stream did not open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum OpenError {
    /// Another try may help.
    Retry {
        /// Why, in words.
        why: String,
        /// Not before this long from now (`Retry-After`).
        after: Option<Duration>,
    },
    /// No further try will help.
    Fatal(MarathonError),
}

impl OpenError {
    /// Whether the head of an answer begins an event stream. `url` is without user and password.
    ///
    /// # Errors
    ///
    /// [`Fatal`](Self::Fatal) for 401, 403, 404, 405 and for a success that is no event stream,
    /// [`Retry`](Self::Retry) for every other status.
    pub(crate) fn look_at(url: &str, status: u16, content_type: Option<&str>) -> Result<(), Self> {
        let not_marathon =
            |what: String| Self::Fatal(MarathonError::NotMarathon { url: url.into(), what });
        match status {
            200 if content_type.is_some_and(is_event_stream) => Ok(()),
            200 => Err(not_marathon(match content_type {
                Some(other) => {
                    let other: String = other.chars().take(60).collect();
                    format!("its events are `{other}` instead of `text/event-stream`")
                }
                None => "its events have no content type".into(),
            })),
            401 | 403 => Err(Self::Fatal(MarathonError::Unauthorised { url: url.into(), status })),
            404 | 405 => Err(not_marathon(format!("it has no event stream ({status})"))),
            _ => Err(Self::Retry {
                why: format!("{url} answers {status} instead of events"),
                after: None,
            }),
        }
    }
}

/// Whether a content type is that of event streams, whatever its parameters.
fn is_event_stream(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("text/event-stream")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_of_an_answer_decides() {
        let look =
            |status, content_type| OpenError::look_at("http://m/v2/events", status, content_type);
        assert_eq!(look(200, Some("text/event-stream")), Ok(()));
        assert_eq!(look(200, Some("Text/Event-Stream;charset=UTF-8")), Ok(()));
        for fatal in [401, 403, 404, 405] {
            assert!(matches!(look(fatal, None), Err(OpenError::Fatal(_))), "{fatal}");
        }
        for retry in [204, 302, 408, 429, 500, 502, 503, 504] {
            assert!(matches!(look(retry, None), Err(OpenError::Retry { .. })), "{retry}");
        }
        let Err(OpenError::Fatal(error)) = look(200, Some("text/html")) else {
            panic!("a page is no event stream");
        };
        assert_eq!(
            error.to_string(),
            "http://m/v2/events does not answer like Marathon: its events are `text/html` instead \
             of `text/event-stream`"
        );
        assert!(matches!(look(200, None), Err(OpenError::Fatal(_))));
    }
}
