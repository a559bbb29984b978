//! A line, and the first of all.

use alloc::string::String;

use serde::{Deserialize, Serialize};

use super::decided::{Decided, Done, Ended};
use super::seen::Seen;
use crate::ports::Name;
use crate::rollout::record::Phase;
use crate::rollout::{OnDrainTimeout, Target, Traffic};
use crate::units::{AppId, Timestamp};

/// The form that is written, and the newest that is read.
pub const SCHEMA: u32 = 1;

/// The words for kinds of lines.
pub(in crate::verify::rollout) const KINDS: [&str; 5] = ["begin", "seen", "decided", "done", "end"];

/// What every line has, whatever else it is.
#[derive(Deserialize)]
pub(in crate::verify::rollout) struct Head {
    pub(in crate::verify::rollout) schema: u32,
    pub(in crate::verify::rollout) rollout: String,
}

/// One line of a recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "rollout", rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "a new kind of line is for every reader to know")]
pub enum Entry {
    /// A rollout begins.
    Begin(Begin),
    /// What was seen, where it is not what was seen last.
    Seen(Seen),
    /// What was decided from what was seen last.
    Decided(Decided),
    /// Something of it was done.
    Done(Done),
    /// It is over.
    End(Ended),
}

impl Entry {
    /// When it was.
    pub const fn at(&self) -> Timestamp {
        match self {
            Self::Begin(it) => it.at,
            Self::Seen(it) => it.at,
            Self::Decided(it) => it.at,
            Self::Done(it) => it.at,
            Self::End(it) => it.at,
        }
    }
}

/// What a rollout is to lead to, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "whoever records says all of it")]
pub struct Begin {
    /// When it was begun, by the recorder's clock, as all moments are.
    pub at: Timestamp,
    /// The deployment group.
    pub group: String,
    /// The backend that serves both apps.
    pub backend: Name,
    /// Which take-over of the group it is: a higher one takes it away from a lower one.
    pub generation: u64,
    /// Where it goes.
    pub phase: Phase,
    /// The old app, if there was one.
    pub old: Option<AppId>,
    /// The new app.
    pub new: AppId,
    /// What it leads to.
    pub target: Target,
    /// How the traffic is split until then.
    pub hold: Traffic,
    /// How many instances have to serve at any time.
    pub floor: u32,
    /// What becomes of sessions at instances that are to go.
    pub drain: Drain,
}

/// How long sessions have to end, and what then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "an operator's two choices")]
pub struct Drain {
    /// How long, in milliseconds.
    pub timeout_ms: u64,
    /// What becomes of those that have not ended then.
    pub on_timeout: OnDrainTimeout,
}
