//! What there is to draw.

use std::time::Duration;

use zdd_core::timeline::State;
use zdd_core::units::Timestamp;

use crate::fit::NoRoom;

/// Instances by version and stage over time, against floor and ceiling.
#[derive(Clone, Debug)]
pub(crate) struct Chart {
    /// Set large; may hold any text, what does not fit is cut.
    pub title: String,
    /// Set below the title; cut likewise.
    pub subtitle: String,
    /// Least healthy instances, where there is such a bound.
    pub floor: Option<u32>,
    /// Most running instances, where there is such a bound.
    pub ceiling: Option<u32>,
    /// Sorted by time. A state holds from its point to the next one; the first also holds before it.
    pub points: Vec<Point>,
    /// Up to where the last state is known.
    pub end: Duration,
    /// What the time axis says.
    pub axis: Axis,
    /// A few moments to point at.
    pub notes: Vec<Note>,
}

/// What there is from a moment on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Point {
    /// Counted from the start.
    pub at: Duration,
    /// Instances from then on.
    pub state: State,
}

/// A moment with something to say about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Note {
    /// Counted from the start.
    pub at: Duration,
    /// A few words.
    pub text: String,
}

/// How moments are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Axis {
    /// As time since the start.
    Relative,
    /// As UTC; the start was at this moment.
    Clock(Timestamp),
}

impl Chart {
    /// The same with a note where instances come that find no place.
    pub(crate) fn noting(mut self, no_room: Option<NoRoom>) -> Self {
        if let Some(no_room) = no_room
            && let Some(point) = self.points.iter().find(|it| no_room.is_passed(it.state.new))
        {
            self.notes.push(Note { at: point.at, text: no_room.mark.into() });
            self.notes.sort_by_key(|note| note.at);
        }
        self
    }

    /// Fewest healthy instances at any point.
    pub(super) fn lowest_healthy(&self) -> Option<u64> {
        self.points.iter().map(|point| point.state.healthy()).min()
    }

    /// Most running instances at any point.
    pub(super) fn highest_running(&self) -> Option<u64> {
        self.points.iter().map(|point| point.state.running()).max()
    }
}
