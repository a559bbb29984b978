//! What was decided, what was done, and how it ended.

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

use crate::ports::Name;
use crate::units::{AppId, TaskId, Timestamp};

/// What was decided from what was seen last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "whoever records says all of it")]
pub struct Decided {
    /// When.
    pub at: Timestamp,
    /// What is to be done, in this order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<Act>,
    /// What is waited for then; none at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<WaitingFor>,
    /// When it is looked again, at the latest; none at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Timestamp>,
}

/// What is waited for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "a word and a text")]
pub struct WaitingFor {
    /// A word for it, that of [`WaitingOn::code`](crate::rollout::WaitingOn::code).
    pub code: String,
    /// For people.
    pub text: String,
}

/// Something to do, as a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "a judge that passes one over judges nothing")]
pub enum Act {
    /// Create an app.
    Create {
        /// Which.
        app: AppId,
        /// With how many instances.
        instances: u32,
    },
    /// Set the number of instances of an app.
    Scale {
        /// Which.
        app: AppId,
        /// To how many.
        instances: u32,
        /// Whether deployments that hold it are cancelled.
        #[serde(default)]
        force: bool,
    },
    /// Set weights and states at every balancer.
    Set {
        /// Of which server what.
        changes: Vec<Change>,
    },
    /// Cut what goes on at servers.
    Cut {
        /// Which.
        servers: Vec<Name>,
    },
    /// Stop tasks.
    Kill {
        /// Of which app.
        app: AppId,
        /// Which.
        tasks: BTreeSet<TaskId>,
    },
    /// Remove an app with all that runs of it.
    Delete {
        /// Which.
        app: AppId,
        /// Whether deployments that hold it are cancelled.
        #[serde(default)]
        force: bool,
    },
}

/// What a server is set to: a weight or a state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "whoever records says all of it")]
pub struct Change {
    /// Which.
    pub server: Name,
    /// Its weight, 0 to 256.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<u16>,
    /// Its state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
}

/// What a server can be set to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "HAProxy has no others")]
pub enum State {
    /// Takes new sessions.
    Ready,
    /// Takes new sessions only of clients that are bound to it.
    Drain,
    /// Takes none, and is not checked.
    Maint,
}

/// Something was done: the call came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "when, and which")]
pub struct Done {
    /// When.
    pub at: Timestamp,
    /// Which action of the last decision, from 0.
    pub action: u32,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "whoever records says all of it")]
pub struct Ended {
    /// When.
    pub at: Timestamp,
    /// How.
    pub outcome: How,
    /// Why, for people, where it is not plain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// How a rollout ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum How {
    /// Everything is as it should be.
    Reached,
    /// What it waited for did not come in time.
    TimedOut,
    /// It cannot go on by itself.
    Stuck,
    /// An app that has to be there is gone.
    Vanished,
    /// A limit was passed while the new version was watched.
    LimitPassed,
    /// Somebody interrupted it.
    Interrupted,
    /// Somebody else has taken it over.
    Lost,
    /// Marathon refused something, or somebody said no.
    Failed,
    /// In a way that this version does not know.
    #[serde(other)]
    Unknown,
}

impl How {
    /// The word for it, for tools; never changes.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Reached => "reached",
            Self::TimedOut => "timed-out",
            Self::Stuck => "stuck",
            Self::Vanished => "vanished",
            Self::Interrupted => "interrupted",
            Self::Lost => "lost",
            Self::Failed => "failed",
            Self::LimitPassed => "limit-passed",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for How {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Reached => "reached",
            Self::TimedOut => "timed out",
            Self::Stuck => "stuck",
            Self::Vanished => "an app vanished",
            Self::LimitPassed => "limit passed",
            Self::Interrupted => "interrupted",
            Self::Lost => "taken over by somebody else",
            Self::Failed => "failed",
            Self::Unknown => "ended in a way that is not known",
        })
    }
}
