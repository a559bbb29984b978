//! `GET /v2/events`.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{ConnectInfo, RawQuery, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt, stream};
use tokio::time::timeout;
use zdd_core::simulate::{Event, What};

use super::super::hub::EventText;
use super::super::runtime::Shared;
use super::query::Query;
use super::refusal::Refusal;

/// How often something is written to a stream without events, so that either side notices when the
/// other is gone.
///
/// Source: Marathon's flag `event_stream_heartbeat_interval`, of which this is half the default.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// Answers with all events from now on, or with those of the types in `event_type`. Plans are heavy
/// unless `plan-format` is `light`, as before Marathon 1.8: old clients need the one, and new ones ask
/// for the other.
pub(super) async fn stream(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(client): ConnectInfo<SocketAddr>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    if !accepted.is_some_and(|accepted| accepted.contains("text/event-stream")) {
        return Refusal::Method.into_response();
    }
    let query = Query::of(&query.unwrap_or_default());
    let wanted = Wanted {
        types: query.all("event_type").map(String::from).collect(),
        is_light: query.one("plan-format") == Some("light"),
    };
    let body = Body::from_stream(with_heartbeat(listen(&shared, client, wanted)));
    let head = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-cache")];
    (head, body).into_response()
}

/// The same stream, with an empty line wherever nothing else was written for a while. It ends when
/// the events do.
///
/// Source: the heartbeat of Marathon's servlet is a bare line end, which is no comment.
fn with_heartbeat(
    events: impl Stream<Item = String> + Send + 'static,
) -> impl Stream<Item = Result<String, Infallible>> + Send + 'static {
    let events = Box::pin(events);
    stream::unfold(events, |mut events| async {
        let text = match timeout(HEARTBEAT, events.next()).await {
            Ok(event) => event?,
            Err(_) => "\r\n".to_owned(),
        };
        Some((Ok(text), events))
    })
}

fn listen(
    shared: &Arc<Shared>,
    client: SocketAddr,
    wanted: Wanted,
) -> impl Stream<Item = String> + Send + 'static {
    // Subscribed before it is announced: who listens hears of that first.
    let events = shared.hub.subscribe();
    let attached = Attached { shared: shared.clone(), remote: client.to_string() };
    attached.tell(|remote| What::StreamAttached { remote });
    let stop = shared.stop.clone();
    events.take_until(stop.cancelled_owned()).filter_map(move |event| {
        // Lives and ends with the stream.
        let _ = &attached;
        std::future::ready(wanted.text(&event))
    })
}

/// What a listener asked for.
struct Wanted {
    /// All, if there are none.
    types: Vec<String>,
    is_light: bool,
}

impl Wanted {
    /// An event as it is written, if it is wanted.
    fn text(&self, event: &EventText) -> Option<String> {
        let name = event.name();
        let is_wanted = self.types.is_empty() || self.types.iter().any(|one| one == name);
        let json = if self.is_light { event.light() } else { event.heavy() };
        is_wanted.then(|| format!("event: {name}\ndata: {json}\n\n"))
    }
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
            self.shared.hub.publish(Event { at: now, what: what(self.remote.clone()) });
        });
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        self.tell(|remote| What::StreamDetached { remote });
    }
}
