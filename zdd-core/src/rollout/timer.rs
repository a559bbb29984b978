//! For how long has been waited, also where what is waited for comes and goes.

use core::time::Duration;

use super::drain;
use super::target::Patience;
use super::view::{Side, View};
use super::waiting::WaitingOn;
use crate::units::Timestamp;

/// Since when is waited.
///
/// Drains have a time of their own: it goes on while something else is waited for in between. So does the
/// time for all the rest, as long as it only goes round among itself: instances that are healthy now and
/// then never are for good. Progress begins it anew: other numbers of instances, or more of them ready
/// than ever since then; what drains keeps its time then.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Timer {
    wait: Option<Timestamp>,
    drain: Option<Timestamp>,
    /// How many instances of both sides there are to be; what is more than the most that counts is none.
    instances: [u32; 2],
    /// The most that were healthy, and up, at any look.
    ready: u32,
}

impl Timer {
    /// Looks whether there is progress. Beyond the `most` of a side instances are no more of it.
    pub(super) fn look(&mut self, view: &View<'_>, most: impl Fn(Side) -> u32) {
        let sides = Side::BOTH.map(|side| view.side(side));
        let instances = Side::BOTH.map(|side| view.side(side).instances().min(most(side)));
        if instances != self.instances {
            *self = Self { instances, ..Self::default() };
        }
        let ready = sides.iter().map(|it| it.healthy().saturating_add(it.up()));
        let ready = ready.fold(0, u32::saturating_add);
        if ready > self.ready {
            (self.ready, self.wait) = (ready, None);
        }
    }

    /// Notes what is waited for.
    pub(super) fn note(&mut self, waiting_on: &WaitingOn, now: Timestamp) {
        let begin = |since: Option<Timestamp>| Some(since.map_or(now, |it| it.min(now)));
        if drain::is_about(waiting_on) || matches!(waiting_on, WaitingOn::SecondLook { .. }) {
            (self.drain, self.wait) = (begin(self.drain), None);
        } else if waiting_on.is_wanted() {
            self.wait = None;
        } else {
            self.wait = begin(self.wait);
        }
    }

    /// Whether this has been waited for for too long.
    pub(super) fn is_over(
        &self,
        waiting_on: &WaitingOn,
        now: Timestamp,
        patience: Patience,
    ) -> bool {
        let (since, most) = if drain::is_about(waiting_on) {
            (self.drain, patience.drain)
        } else {
            (self.wait, patience.wait)
        };
        since.is_some_and(|since| now > since && now.since(since) >= most)
    }

    /// When it will be.
    pub(super) fn ends(&self, patience: Patience) -> impl Iterator<Item = Timestamp> + use<> {
        let end =
            |since: Option<Timestamp>, most: Duration| since.map(|it| it.saturating_add(most));
        let ends = [end(self.wait, patience.wait), end(self.drain, patience.drain)];
        ends.into_iter().flatten()
    }
}
