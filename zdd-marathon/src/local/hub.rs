//! Whoever listens to events.

use std::future::ready;
use std::sync::Arc;

use futures_util::{Stream, StreamExt};
use tokio::sync::broadcast;
use tokio_stream::wrappers::BroadcastStream;
use zdd_core::simulate::Event;

/// How many events a listener may be behind before it is let go. Marathon lets go at 50, and tells
/// operators to raise that (`event_stream_max_outstanding_messages`): an upgrade of a hundred
/// instances is over in a moment here, and no client of a healthy connection should notice.
const BEHIND: usize = 4_096;

/// Passes events on, in their order, to all who listen, without ever waiting for one: a listener that
/// is too far behind is let go, as in Marathon since 1.8, and has to come again and look at the state.
#[derive(Debug)]
pub(crate) struct Hub {
    listeners: broadcast::Sender<Arc<EventText>>,
}

/// An event as it is written to a stream.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct EventText {
    /// Marathon's name of it.
    pub(crate) name: &'static str,
    /// The JSON object, in one line.
    pub(crate) json: String,
}

impl Hub {
    /// One that nobody listens to.
    pub(crate) fn new() -> Self {
        Self { listeners: broadcast::channel(BEHIND).0 }
    }

    /// Passes an event on.
    pub(crate) fn publish(&self, event: &Event) {
        if self.listeners.receiver_count() == 0 {
            return;
        }
        let json = serde_json::to_string(event).expect("an event has text keys and finite numbers");
        // That the last listener has left meanwhile is no failure.
        let _ = self.listeners.send(Arc::new(EventText { name: event.name(), json }));
    }

    /// All events from now on. The stream ends when its reader is too far behind.
    pub(crate) fn subscribe(&self) -> impl Stream<Item = Arc<EventText>> + Send + 'static {
        BroadcastStream::new(self.listeners.subscribe())
            .take_while(|event| ready(event.is_ok()))
            .filter_map(|event| ready(event.ok()))
    }
}

#[cfg(test)]
mod tests {
    use zdd_core::simulate::What;
    use zdd_core::units::Timestamp;

    use super::*;

    fn attached(from: usize) -> Event {
        let what = What::StreamAttached { remote: format!("{from}") };
        Event { at: Timestamp::EPOCH, what }
    }

    #[tokio::test]
    async fn everybody_hears_everything_from_then_on() {
        let hub = Hub::new();
        hub.publish(&attached(0));
        let first = hub.subscribe();
        hub.publish(&attached(1));
        let second = hub.subscribe();
        hub.publish(&attached(2));
        drop(hub);
        let text = |from| {
            Arc::new(EventText {
                name: "event_stream_attached",
                json: serde_json::to_string(&attached(from)).unwrap(),
            })
        };
        assert_eq!(first.collect::<Vec<_>>().await, [text(1), text(2)]);
        assert_eq!(second.collect::<Vec<_>>().await, [text(2)]);
    }

    #[tokio::test]
    async fn who_is_too_far_behind_is_let_go_and_stops_nobody() {
        let hub = Hub::new();
        let mut slow = Box::pin(hub.subscribe());
        for from in 0..BEHIND {
            hub.publish(&attached(from));
        }
        assert!(slow.next().await.is_some(), "{BEHIND} behind is still well");
        let mut late = Box::pin(hub.subscribe());
        for from in 0..2 {
            hub.publish(&attached(from));
        }
        assert_eq!(slow.next().await, None);
        assert!(late.next().await.is_some());
    }
}
