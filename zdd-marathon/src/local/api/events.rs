//! `GET /v2/events`.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{ConnectInfo, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::sse::{KeepAlive, Sse};
use axum::response::{IntoResponse, Response, sse};
use futures_util::{Stream, StreamExt};
use url::form_urlencoded;
use zdd_core::simulate::{Event, What};

use super::super::runtime::Shared;

/// How often something is written to a stream without events, so that either side notices when the
/// other is gone.
///
/// Source: Marathon's flag `event_stream_heartbeat_interval`, of which this is half the default.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// Answers with all events from now on, or with those of the types in `event_type`.
pub(super) async fn stream(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(client): ConnectInfo<SocketAddr>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    if !accepted.is_some_and(|accepted| accepted.contains("text/event-stream")) {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let types: Vec<String> = form_urlencoded::parse(query.unwrap_or_default().as_bytes())
        .filter(|(key, _)| key == "event_type")
        .map(|(_, value)| value.into_owned())
        .collect();
    let events = listen(&shared, client, types);
    Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT)).into_response()
}

fn listen(
    shared: &Arc<Shared>,
    client: SocketAddr,
    types: Vec<String>,
) -> impl Stream<Item = Result<sse::Event, Infallible>> + Send + 'static {
    // Subscribed before it is announced: who listens hears of that first.
    let events = shared.hub.subscribe();
    let attached = Attached { shared: shared.clone(), remote: client.to_string() };
    attached.tell(|remote| What::StreamAttached { remote });
    let stop = shared.stop.clone();
    events
        .take_until(stop.cancelled_owned())
        .filter(move |event| {
            // Lives and ends with the stream.
            let _ = &attached;
            let is_wanted = types.is_empty() || types.iter().any(|one| one == event.name);
            std::future::ready(is_wanted)
        })
        .map(|event| Ok(sse::Event::default().event(event.name).data(&event.json)))
}

/// Someone who listens.
struct Attached {
    shared: Arc<Shared>,
    remote: String,
}

impl Attached {
    fn tell(&self, what: impl FnOnce(String) -> What) {
        // Under the model's lock, as all other events: they keep their order in time.
        self.shared.read(|_, now| {
            self.shared.hub.publish(&Event { at: now, what: what(self.remote.clone()) });
        });
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        self.tell(|remote| What::StreamDetached { remote });
    }
}
