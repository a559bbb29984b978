//! Makes the lines of a recording.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use serde::Serialize;

use super::wire::{Begin, Decided, Done, Ended, Entry, SCHEMA, Seen};
use crate::rollout::{Decision, Observation};
use crate::units::Timestamp;

/// How long nothing may be written while nothing changes. A reader takes a silence of several times
/// this for a gap.
pub const STILL: Duration = Duration::from_secs(30);

/// Turns what a rollout sees and does into lines, without line feeds.
///
/// It keeps what it wrote last, and leaves out what is equal to it but for the time.
#[derive(Clone, Debug, Default)]
pub struct Recorder {
    seen: Option<Seen>,
    decided: Option<Decided>,
    said_at: Option<Timestamp>,
    /// How many actions of the last decision were done.
    done: u32,
}

#[derive(Serialize)]
struct Line {
    schema: u32,
    #[serde(flatten)]
    entry: Entry,
}

impl Recorder {
    /// Before the first line.
    pub const fn new() -> Self {
        Self { seen: None, decided: None, said_at: None, done: 0 }
    }

    /// The line for the beginning of a rollout. What was seen before does not count any more.
    pub fn begin(&mut self, begin: Begin) -> String {
        *self = Self::new();
        self.line(Entry::Begin(begin))
    }

    /// The lines for one look and what was decided from it: none if nothing changed, nothing is done,
    /// and something was written lately.
    pub fn looked(
        &mut self,
        now: Timestamp,
        seen: &Observation,
        decision: &Decision,
    ) -> Vec<String> {
        let (seen, decided) = (Seen::of(now, seen), Decided::of(now, decision));
        let mut lines = Vec::new();
        // Notices are of this look only: the same ones again are news.
        let has_notices = seen.balancers.iter().any(|it| !it.notices.is_empty());
        let is_known =
            self.seen.as_ref().is_some_and(|last| Seen { at: now, ..last.clone() } == seen);
        if has_notices || !is_known {
            self.seen = Some(seen.clone());
            lines.push(self.line(Entry::Seen(seen)));
        }
        let is_same = |last: &Decided| last.actions.is_empty() && last.waiting == decided.waiting;
        let is_still = decided.actions.is_empty()
            && lines.is_empty()
            && self.decided.as_ref().is_some_and(is_same)
            && self.said_at.is_some_and(|at| at <= now && now.since(at) < STILL);
        if !is_still {
            self.done = 0;
            self.decided = Some(decided.clone());
            lines.push(self.line(Entry::Decided(decided)));
        }
        lines
    }

    /// The line for the next action of the last decision, which was done.
    pub fn done(&mut self, now: Timestamp) -> String {
        let action = self.done;
        self.done = action.saturating_add(1);
        self.line(Entry::Done(Done { at: now, action }))
    }

    /// The line for the end.
    pub fn end(&mut self, ended: Ended) -> String {
        self.line(Entry::End(ended))
    }

    fn line(&mut self, entry: Entry) -> String {
        self.said_at = Some(entry.at());
        let line = Line { schema: SCHEMA, entry };
        serde_json::to_string(&line).expect("all keys are texts")
    }
}
