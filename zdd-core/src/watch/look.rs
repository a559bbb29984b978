//! One look at an app.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::intent::Intent;
use super::reason::Waiting;
use super::reasons::reasons;
use super::seat::{Condition, Seat};
use crate::ports::{AppStatus, QueueItem, RunningDeployment};
use crate::standing::Standing;
use crate::units::{TaskId, Timestamp};

/// What Marathon answered at one moment.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "whoever looks has read all of it")]
pub struct Moment<'s> {
    /// When.
    pub now: Timestamp,
    /// The app.
    pub app: &'s AppStatus,
    /// Deployments that go on, also those of other apps.
    pub deployments: &'s [RunningDeployment],
    /// What waits to be launched, also of other apps.
    pub queue: &'s [QueueItem],
}

/// What is seen of an app.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct View {
    /// When.
    pub at: Timestamp,
    /// What is to become of it.
    pub intent: Intent,
    /// Its instances: those of the newest definition first, within an age in the order in which they
    /// were launched.
    pub seats: Vec<Seat>,
    /// How many of them are as they should be; none where they were not read.
    pub standing: Option<Standing>,
    /// Why not all of them, the most serious first. None when nothing is waited for.
    pub waiting: Vec<Waiting>,
}

/// Looks at one app, again and again.
///
/// It remembers since when an instance is in its condition, which Marathon does not say of all of
/// them: that an instance is being stopped, for one. What is there no longer is forgotten.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Watch {
    since: BTreeMap<TaskId, (Condition, Timestamp)>,
}

impl Watch {
    /// One that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// What there is to see. Twice the same moment gives twice the same; a moment from before the
    /// last one does no harm.
    pub fn look(&mut self, moment: &Moment<'_>) -> View {
        let mut seats = Seat::all(moment.app);
        let before = core::mem::take(&mut self.since);
        for seat in &mut seats {
            let known =
                before.get(&seat.task).filter(|(condition, _)| *condition == seat.condition);
            let seen = known.map_or(moment.now, |(_, since)| *since);
            // What Marathon says is from when it happened, ours from when it was noticed.
            let since = *seat.since.get_or_insert(seen);
            self.since.insert(seat.task.clone(), (seat.condition.clone(), since));
        }
        let standing = Standing::of(moment.app);
        let intent = Intent::of(moment, &seats);
        let waiting = reasons(moment, &intent, &seats, standing);
        View { at: moment.now, intent, seats, standing, waiting }
    }
}
