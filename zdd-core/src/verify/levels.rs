//! Records of a count over time that hold whatever the count is measured from.
//!
//! A recording may show an old instance only when it is stopped, so how many there were is known
//! at the end alone. These records keep what is needed to answer for any threshold then, in memory
//! bounded by the number of different counts, not of events.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::{MAX_LISTED, Spell};
use crate::units::Timestamp;

/// How often a count was reached, and when it first was as low as that.
#[derive(Clone, Debug, Default)]
pub(super) struct Depths {
    times: BTreeMap<i64, u64>,
    /// Strictly falling: the first moments of each new lowest.
    records: Vec<Depth>,
}

/// The first moment at which a count was as low as this.
#[derive(Clone, Debug)]
pub(super) struct Depth {
    pub(super) level: i64,
    pub(super) at: Timestamp,
    pub(super) task: Option<Box<str>>,
}

impl Depths {
    /// Notes that the count is `level`, `times` over.
    pub(super) fn note(&mut self, level: i64, times: u64, at: Timestamp, task: Option<&str>) {
        *self.times.entry(level).or_default() += times;
        if self.records.last().is_none_or(|lowest| level < lowest.level) {
            let task = task.map(Box::from);
            self.records.push(Depth { level, at, task });
        }
    }

    /// The first time that the count was below `threshold`, and how often it was.
    pub(super) fn below(&self, threshold: i64) -> Option<(&Depth, u64)> {
        let first = self.records.iter().find(|depth| depth.level < threshold)?;
        Some((first, self.times.range(..threshold).map(|(_, times)| times).sum()))
    }
}

/// How long a count had each of its values, and the spells of its lowest one.
#[derive(Clone, Debug)]
pub(super) struct Spent {
    level: i64,
    since: Timestamp,
    millis: BTreeMap<i64, u64>,
    pub(super) lowest: i64,
    pub(super) spells: Vec<Spell>,
    pub(super) spell_count: u64,
    last_end: Timestamp,
    pub(super) task: Option<Box<str>>,
}

impl Spent {
    /// The count starts with `level`.
    pub(super) fn new(level: i64, at: Timestamp) -> Self {
        Self {
            level,
            since: at,
            millis: BTreeMap::new(),
            lowest: level,
            spells: Vec::new(),
            spell_count: 0,
            last_end: at,
            task: None,
        }
    }

    /// The count now.
    pub(super) fn level(&self) -> i64 {
        self.level
    }

    /// The count changes to `level`, because of `task`. Moments must not run backwards.
    pub(super) fn change(&mut self, level: i64, at: Timestamp, task: Option<&str>) {
        self.close(at);
        self.level = level;
        self.since = at;
        if level < self.lowest {
            self.lowest = level;
            self.spells.clear();
            self.spell_count = 0;
            self.task = task.map(Box::from);
        }
    }

    /// Ends the spell at the current level.
    pub(super) fn close(&mut self, at: Timestamp) {
        let spent = millis(at, self.since);
        if spent > 0 {
            *self.millis.entry(self.level).or_default() += spent;
        }
        if self.level != self.lowest {
            return;
        }
        if self.spell_count > 0 && self.last_end == self.since {
            // It was left and reached again in one moment: still the same spell. If it is not
            // listed, neither is its end.
            if self.spell_count <= MAX_LISTED as u64
                && let Some(last) = self.spells.last_mut()
            {
                last.to = at;
            }
        } else {
            self.spell_count += 1;
            if self.spells.len() < MAX_LISTED {
                self.spells.push(Spell { from: self.since, to: at });
            }
        }
        self.last_end = at;
    }

    /// How long the count was below `threshold`, in milliseconds, up to the last [`close`](Self::close).
    pub(super) fn below(&self, threshold: i64) -> u64 {
        self.millis.range(..threshold).map(|(_, spent)| spent).sum()
    }

    /// How long the count was at its lowest, likewise.
    pub(super) fn at_lowest(&self) -> u64 {
        self.millis.get(&self.lowest).copied().unwrap_or(0)
    }
}

fn millis(at: Timestamp, since: Timestamp) -> u64 {
    u64::try_from(at.as_millis() - since.as_millis()).unwrap_or(0)
}
