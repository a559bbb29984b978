//! The stream that connects again by itself.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use futures_util::StreamExt;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::task::AbortOnDropHandle;
use zdd_core::ports::{EventStream, Feed};

use super::connect::{Body, Connect, OpenError};
use super::decode::decode;
use super::queue::{Bounds, Reader, Writer, queue};
use crate::sse::{Decoder, Item};

/// How patient a stream is, and how much it holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// What is waited before the first new try; with each further one it doubles. Up to as much
    /// again is added at random, so that the clients of a Marathon that comes back do not come all
    /// at once.
    pub(crate) first_delay: Duration,
    /// Where it ends to double, and the longest wait that a stream may ask for.
    pub(crate) longest_delay: Duration,
    /// A connection that says nothing for so long is lost. Marathon sends a blank line every ten
    /// seconds; this is three of them.
    pub(crate) silence: Duration,
    /// One try to connect takes at most so long. A last resort: the transport has time-outs of its
    /// own for each of its addresses.
    pub(crate) open_within: Duration,
    /// A connection that lasts so long was good even without an event: the delays begin anew.
    pub(crate) good_after: Duration,
    /// Unread events at most.
    pub(crate) entries: usize,
    /// Bytes of unread events at most, if it is not a single one.
    pub(crate) bytes: usize,
    /// Bytes of one event at most.
    pub(crate) largest_event: usize,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            first_delay: Duration::from_millis(100),
            longest_delay: Duration::from_secs(10),
            silence: Duration::from_secs(30),
            open_within: Duration::from_secs(300),
            good_after: Duration::from_secs(60),
            // The burst of an app of hundreds of instances that restarts.
            entries: 4096,
            bytes: 32 << 20,
            largest_event: Decoder::LIMIT,
        }
    }
}

/// Follows the events of a Marathon from now on, until what is returned is dropped.
///
/// It is connected by a task of its own, so that a reader that is busy loses nothing but time. Has to
/// be called within a tokio runtime.
pub(crate) fn follow(connect: Arc<dyn Connect>, pace: Pace) -> Events {
    let (writer, reader) = queue(Bounds { entries: pace.entries, bytes: pace.bytes });
    let follower = Follower {
        decoder: Decoder::with_limit(pace.largest_event),
        delays: None,
        said: None,
        connect,
        pace,
        writer,
    };
    Events { reader, _task: AbortOnDropHandle::new(tokio::spawn(follower.run())) }
}

/// The events of a Marathon. Dropping it ends the connection.
#[derive(Debug)]
pub(crate) struct Events {
    reader: Reader,
    _task: AbortOnDropHandle<()>,
}

#[async_trait]
impl EventStream for Events {
    async fn next(&mut self) -> Option<Feed> {
        self.reader.pop().await
    }
}

struct Follower {
    connect: Arc<dyn Connect>,
    pace: Pace,
    writer: Writer,
    decoder: Decoder,
    /// What is waited between tries; nothing yet after a good connection.
    delays: Option<ExponentialBackoff>,
    /// Why there is no connection, as it was said last.
    said: Option<String>,
}

impl Follower {
    async fn run(mut self) {
        loop {
            let not_before = match self.open().await {
                Ok(body) => {
                    self.said = None;
                    self.writer.push(Feed::Connected);
                    let why = self.read(body).await;
                    self.lost(why);
                    Duration::ZERO
                }
                Err(OpenError::Retry { why, after }) => {
                    self.lost(why);
                    after.unwrap_or_default()
                }
                Err(OpenError::Fatal(why)) => {
                    self.writer.push(Feed::Ended { why });
                    return;
                }
            };
            sleep(self.delay(not_before)).await;
        }
    }

    /// Tries once to connect.
    async fn open(&mut self) -> Result<Body, OpenError> {
        let within = self.pace.open_within;
        let opening = self.connect.open(self.decoder.last_id());
        timeout(within, opening).await.unwrap_or_else(|_| {
            let why = format!("no answer within {} s", within.as_secs());
            Err(OpenError::Retry { why, after: None })
        })
    }

    /// Reads one connection to its end, and says why it ended.
    async fn read(&mut self, mut body: Body) -> String {
        self.decoder.restart();
        let since = Instant::now();
        loop {
            let silence = self.pace.silence;
            let piece = match timeout(silence, body.next()).await {
                Ok(Some(Ok(piece))) => piece,
                Ok(Some(Err(why))) => return why,
                Ok(None) => return "the connection was closed".into(),
                Err(_) => return format!("not a sign of life for {} s", silence.as_secs()),
            };
            self.take(&piece);
            if since.elapsed() >= self.pace.good_after {
                self.delays = None;
            }
        }
    }

    /// Takes a piece of the stream.
    fn take(&mut self, piece: &[u8]) {
        let mut rest = piece;
        while let Some(item) = self.decoder.next(&mut rest) {
            match item {
                Item::Message(message) => match decode(&message) {
                    Ok(event) => {
                        self.delays = None;
                        self.writer.push(Feed::Event(event));
                    }
                    Err(error) => {
                        let name: String = message.name.chars().take(60).collect();
                        self.writer.gap(format!("a message `{name}` is {error}"));
                    }
                },
                Item::Oversized { name } => {
                    let most = self.pace.largest_event;
                    let name: String = name.chars().take(60).collect();
                    self.writer.gap(format!("an event `{name}` of more than {most} bytes"));
                }
            }
        }
    }

    /// There is no connection. The same reason again is no news.
    fn lost(&mut self, why: String) {
        if self.said.as_ref() != Some(&why) {
            self.said = Some(why.clone());
            self.writer.push(Feed::Lost { why });
        }
    }

    /// How long to wait for the next try: as long as it is our turn to wait, as the stream asked for
    /// (`retry`), and as the last answer did.
    fn delay(&mut self, not_before: Duration) -> Duration {
        let longest = self.pace.longest_delay;
        let own = self.delays.get_or_insert_with(|| delays(self.pace)).next().unwrap_or(longest);
        own.max(self.decoder.retry().unwrap_or_default().min(longest)).max(not_before.min(longest))
    }
}

fn delays(pace: Pace) -> ExponentialBackoff {
    ExponentialBuilder::default()
        .with_min_delay(pace.first_delay)
        .with_max_delay(pace.longest_delay)
        .with_jitter()
        .without_max_times()
        .build()
}

#[cfg(test)]
mod tests;
