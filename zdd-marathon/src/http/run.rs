//! One call on its way: rounds over the addresses, and pauses between them.

use std::time::Duration;

use tokio::time::Instant;
use zdd_core::ports::MarathonError;

use super::attempt::Decode;
use super::call::{Call, Repeat};
use super::delays::Delays;
use super::failure::{Again, Failure};
use super::transport::Transport;

/// How often addresses are tried at which no Marathon was ever reached: a wrong address must not
/// cost patience, and one lost packet must not end a command.
const ROUNDS_AT_STRANGERS: u32 = 3;

/// One call on its way.
pub(super) struct Run<'a> {
    transport: &'a Transport,
    call: &'a Call,
    began: Instant,
    rounds: u32,
    delays: Delays,
    /// Since when deployments hold the app, and how long to wait for them.
    locked: Option<(Instant, Delays)>,
    /// Whether a try was sent whose answer was lost.
    is_doubtful: bool,
}

impl<'a> Run<'a> {
    pub(super) fn new(transport: &'a Transport, call: &'a Call) -> Self {
        Self {
            transport,
            call,
            began: Instant::now(),
            rounds: 0,
            delays: Delays::new(Duration::from_millis(100), Duration::from_secs(3)),
            locked: None,
            is_doubtful: false,
        }
    }

    /// Tries each address once, beginning with the one that answered last, until one answers.
    /// Ends at once when a call that must not be repeated may have been carried out.
    pub(super) async fn round<T>(&mut self, decode: Decode<T>) -> Result<T, Failure> {
        self.rounds += 1;
        let mut worst: Option<Failure> = None;
        for (index, host) in self.transport.in_turn() {
            let failure = match self.transport.attempt(host, self.call, decode).await {
                Ok(answer) => {
                    self.transport.note_reached(index);
                    return Ok(answer);
                }
                Err(failure) => failure,
            };
            if !failure.is_of_address() {
                self.transport.note_reached(index);
                return Err(failure);
            }
            if failure.may_have_happened() {
                self.is_doubtful = true;
                if self.call.repeat == Repeat::Never {
                    return Err(failure);
                }
            }
            worst = Some(match worst {
                Some(other) => other.worse_of(failure),
                None => failure,
            });
        }
        Err(worst.unwrap_or_else(|| Failure::NotReached { cause: "there is no address".into() }))
    }

    /// How long to wait before the next round; none when there is to be no other.
    pub(super) fn pause_after(&mut self, failure: &Failure) -> Option<Duration> {
        if let Failure::Locked(_) = failure {
            return self.pause_for_lock();
        }
        if self.call.repeat == Repeat::Never && failure.may_have_happened() {
            return None;
        }
        let goes_on = match failure.again() {
            Again::Never => false,
            Again::Twice => self.transport.was_reached() || self.rounds < ROUNDS_AT_STRANGERS,
            Again::ForLong => true,
        };
        let left = self.transport.settings.patience.saturating_sub(self.began.elapsed());
        (goes_on && !left.is_zero()).then(|| self.delays.next(left))
    }

    fn pause_for_lock(&mut self) -> Option<Duration> {
        let deadline = self.transport.settings.locked_deadline?;
        let (since, delays) = self.locked.get_or_insert_with(|| {
            let delays = Delays::new(Duration::from_millis(250), Duration::from_secs(3));
            (Instant::now(), delays)
        });
        let left = deadline.saturating_sub(since.elapsed());
        // A Marathon that answers, if only that the app is locked, is there: patience begins anew.
        self.began = Instant::now();
        (!left.is_zero()).then(|| delays.next(left))
    }

    /// Whether a try was sent whose answer was lost.
    pub(super) fn is_doubtful(&self) -> bool {
        self.is_doubtful
    }

    /// The error that the last failure is for whoever called. When an earlier try may have been
    /// carried out, that is what counts, unless Marathon has decided since.
    pub(super) fn error(&self, failure: Failure) -> MarathonError {
        let urls = self.transport.urls();
        if self.is_doubtful && !self.call.reads() {
            failure.into_maybe(&urls)
        } else {
            failure.into_error(&urls, self.began.elapsed())
        }
    }
}
