//! What goes wrong on the way.

use std::convert::Infallible;
use std::net::SocketAddr;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt, stream};
use serde_json::json;
use tokio::sync::broadcast;

/// What happens to some of the requests instead of what should.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trouble {
    pub(crate) what: Fault,
    pub(crate) of: Of,
    /// The first of them that it happens to, counted from 1, and how many it happens to.
    pub(crate) from: usize,
    pub(crate) times: usize,
    /// Whether changes are carried out all the same.
    pub(crate) is_done: bool,
}

/// Which requests something happens to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    All,
    /// Those that change something.
    Changes,
    /// Those that come once a change was carried out.
    AllAfterTheChange,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// This status, with Marathon's words.
    Words(u16),
    /// This status, with the page of a proxy.
    Page(u16),
    /// There is no leader.
    NoLeader,
    /// Nothing comes.
    Silence,
    /// The answer ends in its middle, as does its JSON.
    Cut,
    /// To the same place.
    RedirectInCircles,
    /// To somebody else.
    RedirectTo(SocketAddr),
    /// Somebody holds the app, and is gone when one looks.
    Locked,
}

impl Trouble {
    /// The same with all that come.
    pub(crate) const fn always(what: Fault, of: Of) -> Self {
        Self { what, of, from: 1, times: usize::MAX, is_done: false }
    }

    pub(crate) const fn once(what: Fault, of: Of) -> Self {
        Self { times: 1, ..Self::always(what, of) }
    }

    pub(super) fn is_about(&self, method: &Method, has_changed: bool) -> bool {
        match self.of {
            Of::All => true,
            Of::Changes => method != Method::GET,
            Of::AllAfterTheChange => has_changed,
        }
    }

    /// What is answered instead of `answer`, if anything is.
    pub(super) async fn answer(
        &self,
        answer: Response,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Response {
        let status = |code| StatusCode::from_u16(code).unwrap();
        let words = |code, text: &str| (status(code), axum::Json(json!({"message": text})));
        let to =
            |place: String| (StatusCode::TEMPORARY_REDIRECT, [("Location", place)]).into_response();
        match self.what {
            Fault::Words(code) => words(code, "an odd error").into_response(),
            Fault::Page(code) => (status(code), "<html>Oops</html>").into_response(),
            Fault::NoLeader => words(502, "Could not determine the current leader").into_response(),
            Fault::Silence => std::future::pending().await,
            Fault::Cut => {
                let whole = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
                whole.slice(..whole.len() / 2).into_response()
            }
            Fault::RedirectInCircles => {
                to(format!("http://{}{uri}", headers["host"].to_str().unwrap()))
            }
            Fault::RedirectTo(address) => to(format!("http://{address}{uri}")),
            Fault::Locked => {
                let text = json!({
                    "message": "App is locked by one or more deployments.",
                    "deployments": [{"id": "of-others"}],
                });
                (StatusCode::CONFLICT, axum::Json(text)).into_response()
            }
        }
    }
}

/// What is wrong with the event stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Events {
    Fine,
    /// It ends after each event.
    Drop,
    /// Nothing comes after the first event, and the connection stays.
    Stall,
    /// Each event comes twice.
    Duplicate,
    /// What is no event comes before each.
    Garbage,
    /// The first events come behind lines of 16 MB.
    Huge,
}

/// So many events come behind a huge line.
const HUGE: usize = 2;

impl Events {
    pub(super) fn body(self, receiver: broadcast::Receiver<(String, String)>) -> Body {
        let live = stream::unfold(receiver, |mut receiver| async {
            let (name, json) = receiver.recv().await.ok()?;
            Some((format!("event: {name}\ndata: {json}\n\n"), receiver))
        });
        // A comment at once, as a sign that it is there.
        let begun = stream::iter([String::from(":\n\n")]);
        match self {
            Self::Fine => body(begun.chain(live)),
            Self::Drop => body(begun.chain(live.take(1))),
            Self::Stall => body(begun.chain(live.take(1)).chain(stream::pending())),
            Self::Duplicate => body(begun.chain(live.map(|event| event.repeat(2)))),
            Self::Garbage => body(begun.chain(live.map(|event| {
                format!(
                    "\u{0}\u{feff}no field\n\nevent: deployment_success\ndata: {{\n\n\
                     event: deployment_success\ndata: [1e999]\n\nevent: of_tomorrow\ndata: {{}}\n\n\
                     data\n\n: a comment\nid: \u{0}\nretry: soon\n{event}"
                )
            }))),
            Self::Huge => body(begun.chain(live.enumerate().map(|(n, event)| {
                let long = if n < HUGE { 16 << 20 } else { 0 };
                format!("event: status_update_event\ndata: {}\n\n{event}", "x".repeat(long))
            }))),
        }
    }
}

fn body(events: impl Stream<Item = String> + Send + 'static) -> Body {
    Body::from_stream(events.map(|event| Ok::<_, Infallible>(Bytes::from(event))))
}
