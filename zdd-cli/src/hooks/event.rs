//! What a hook is called for.

use std::fmt;

/// What a hook is called for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// Old tasks are about to be killed: zdd.py's pre-kill.
    BeforeKill,
    /// The old app is about to be deleted.
    BeforeDelete,
    /// The new version has taken over: nothing is about to happen any more.
    AfterPromote,
}

impl Event {
    /// As it is written.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::BeforeKill => "before-kill",
            Self::BeforeDelete => "before-delete",
            Self::AfterPromote => "after-promote",
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
