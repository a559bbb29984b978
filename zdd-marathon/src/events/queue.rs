//! The queue between the task that reads the stream and whoever follows it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use zdd_core::ports::Feed;

/// What a queue holds at most. With more unread, the reader is too slow: all of it is dropped, and
/// the reader told that it has to read the state again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) entries: usize,
    /// Bytes of text. A single event may have more.
    pub(super) bytes: usize,
}

/// The two ends of a queue.
pub(super) fn queue(bounds: Bounds) -> (Writer, Reader) {
    let shared =
        Arc::new(Shared { state: Mutex::new(State::default()), news: Notify::new(), bounds });
    (Writer(Arc::clone(&shared)), Reader(shared))
}

/// The end that writes. When it is dropped, the reader comes to the end after what is left.
#[derive(Debug)]
pub(super) struct Writer(Arc<Shared>);

/// The end that reads.
#[derive(Debug)]
pub(super) struct Reader(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    news: Notify,
    bounds: Bounds,
}

#[derive(Debug, Default)]
struct State {
    feeds: VecDeque<Feed>,
    bytes: usize,
    is_closed: bool,
}

const TOO_SLOW: &str = "events came faster than they were read, and were dropped";

impl Writer {
    /// Hands over what comes next. Never waits.
    pub(super) fn push(&self, feed: Feed) {
        let mut state = self.0.lock();
        let bytes = size(&feed);
        let is_full = state.feeds.len() >= self.0.bounds.entries
            || (state.bytes + bytes > self.0.bounds.bytes && state.bytes > 0);
        if is_full {
            state.feeds.clear();
            state.bytes = 0;
            match feed {
                // What was dropped is in the state that is read from now on, this event too.
                Feed::Event(_) | Feed::Connected => {
                    state.feeds.push_back(Feed::Lost { why: TOO_SLOW.into() });
                    state.feeds.push_back(Feed::Connected);
                }
                Feed::Lost { .. } => state.feeds.push_back(feed),
                Feed::Ended { .. } => {
                    state.feeds.push_back(Feed::Lost { why: TOO_SLOW.into() });
                    state.feeds.push_back(feed);
                }
            }
        } else {
            state.bytes += bytes;
            state.feeds.push_back(feed);
        }
        drop(state);
        self.0.news.notify_one();
    }

    /// Says that something is missing although the connection goes on. Two gaps without an event
    /// between them are one.
    pub(super) fn gap(&self, why: String) {
        {
            let state = self.0.lock();
            let is_open = matches!(state.feeds.back(), Some(Feed::Connected));
            if is_open {
                return;
            }
        }
        self.push(Feed::Lost { why });
        self.push(Feed::Connected);
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.0.lock().is_closed = true;
        self.0.news.notify_one();
    }
}

impl Reader {
    /// What comes next; `None` when the writer is gone and everything is read. May be dropped while
    /// it waits: a feed is taken out only when it is given back at once.
    pub(super) async fn pop(&mut self) -> Option<Feed> {
        loop {
            {
                let mut state = self.0.lock();
                if let Some(feed) = state.feeds.pop_front() {
                    state.bytes -= size(&feed);
                    return Some(feed);
                }
                if state.is_closed {
                    return None;
                }
            }
            // A push between the look and the wait has left its permit.
            self.0.news.notified().await;
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Whoever panicked holding it cannot have left it halfway: nothing in between can panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Bytes of text: of events only, all else is short.
fn size(feed: &Feed) -> usize {
    match feed {
        Feed::Event(event) => event.json.len(),
        Feed::Connected | Feed::Lost { .. } | Feed::Ended { .. } => 0,
    }
}
