//! Whoever listens to events.

use std::future::ready;
use std::sync::{Arc, OnceLock};

use futures_util::{Stream, StreamExt};
use serde::Serialize;
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
#[derive(Debug)]
pub(crate) struct EventText {
    event: Event,
    light: OnceLock<String>,
    heavy: OnceLock<String>,
}

impl EventText {
    fn new(event: Event) -> Self {
        Self { event, light: OnceLock::new(), heavy: OnceLock::new() }
    }

    /// Marathon's name of it.
    pub(crate) fn name(&self) -> &'static str {
        self.event.name()
    }

    /// The JSON object, in one line; what it says of a plan is light.
    pub(crate) fn light(&self) -> &str {
        self.light.get_or_init(|| text(&self.event))
    }

    /// The JSON object, in one line, with the root groups of a plan.
    pub(crate) fn heavy(&self) -> &str {
        self.heavy.get_or_init(|| text(&self.event.heavy()))
    }
}

/// Written when the first listener asks for it, and for all that listen.
fn text(event: &impl Serialize) -> String {
    serde_json::to_string(event).expect("an event has text keys and finite numbers")
}

impl Hub {
    /// One that nobody listens to.
    pub(crate) fn new() -> Self {
        Self { listeners: broadcast::channel(BEHIND).0 }
    }

    /// Passes an event on.
    pub(crate) fn publish(&self, event: Event) {
        // That nobody listens is no failure.
        let _ = self.listeners.send(Arc::new(EventText::new(event)));
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
        hub.publish(attached(0));
        let first = hub.subscribe();
        hub.publish(attached(1));
        let second = hub.subscribe();
        hub.publish(attached(2));
        drop(hub);
        let text = |from| serde_json::to_string(&attached(from)).unwrap();
        let light = |event: Arc<EventText>| event.light().to_owned();
        assert_eq!(first.map(light).collect::<Vec<_>>().await, [text(1), text(2)]);
        assert_eq!(second.map(light).collect::<Vec<_>>().await, [text(2)]);
    }

    #[tokio::test]
    async fn who_is_too_far_behind_is_let_go_and_stops_nobody() {
        let hub = Hub::new();
        let mut slow = Box::pin(hub.subscribe());
        for from in 0..BEHIND {
            hub.publish(attached(from));
        }
        assert!(slow.next().await.is_some(), "{BEHIND} behind is still well");
        let mut late = Box::pin(hub.subscribe());
        for from in 0..2 {
            hub.publish(attached(from));
        }
        assert!(slow.next().await.is_none());
        assert!(late.next().await.is_some());
    }
}
