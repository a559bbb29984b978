//! What a recording says about one app in one deployment.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::time::Duration;

use super::event::{Facts, Kind};
use super::log::LogIssues;
use super::{Outcome, Verdict};
use crate::timeline::State;
use crate::units::Timestamp;

/// The report on one app in one deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// Id of the deployment.
    pub deployment: Box<str>,
    /// The app.
    pub app: Box<str>,
    /// What the deployment did to it.
    pub kind: Kind,
    /// How that ended for this app. In a deployment of several steps, an app is done with its last
    /// step, whatever becomes of later ones.
    pub outcome: Outcome,
    /// Instances of earlier versions when it began.
    pub old: u32,
    /// Where [`old`](Self::old) is from.
    pub old_from: OldCount,
    /// Instances of the new definition; where the recording does not say, those alive at the end.
    pub new: u32,
    /// What is known of the new definition.
    pub facts: Facts,
    /// What there is to say about it.
    pub verdict: Verdict,
    /// What there was from each moment on, for a picture: the first state, the last, and at most
    /// some four thousand in between. Empty unless asked for with
    /// [`Replay::with_states`](super::Replay::with_states).
    pub states: Vec<(Timestamp, State)>,
}

impl Report {
    /// When the first step that concerns the app began.
    pub fn started(&self) -> Timestamp {
        self.verdict.started
    }

    /// When the last one ended, or the recording.
    pub fn ended(&self) -> Timestamp {
        self.verdict.ended
    }

    /// The time between.
    pub fn duration(&self) -> Duration {
        self.verdict.duration()
    }
}

/// Where a number of old instances is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OldCount {
    /// From the plan, which says how many the old definition had (Marathon up to 1.7).
    Plan,
    /// From a [`Snapshot`](super::Snapshot), which names all of them.
    Snapshot,
    /// They are those that were seen: before, or when they were stopped. Old instances of which no
    /// event speaks are missing.
    Seen,
}

/// What a whole recording says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Replayed {
    /// One report for each app in each deployment, in the order in which they ended.
    pub reports: Vec<Report>,
    /// What could not be used.
    pub issues: LogIssues,
    /// Events about instances of apps that were in no deployment at that moment.
    pub outside: u64,
}
