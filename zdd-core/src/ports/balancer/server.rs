//! A server of a backend, as one balancer sees it.

use alloc::string::String;
use core::fmt;
use core::net::SocketAddr;
use core::time::Duration;

use super::name::Name;

/// What the operator can set a server to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "HAProxy has no others")]
pub enum SetState {
    /// Takes new sessions, at once: from maintenance even before any health check.
    Ready,
    /// Takes new sessions only of clients that are bound to it by a cookie. Is checked.
    Drain,
    /// Takes none at all, and is not checked.
    Maint,
}

impl fmt::Display for SetState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ready => "ready",
            Self::Drain => "drain",
            Self::Maint => "maint",
        })
    }
}

/// A server of a backend at one moment, as one balancer sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Server {
    /// Its name.
    pub name: Name,
    /// The balancer's own words for how it is: `UP 1/2`, `no check`, `DRAIN`.
    pub status: String,
    /// Whether its health lets it serve: its check passes, or there is none. One that was told to
    /// drain is not up.
    pub is_up: bool,
    /// What it was set to. `None` where the balancer does not say, as the statistics alone do not of a
    /// server whose check fails.
    pub set: Option<SetState>,
    /// Sessions that go on.
    pub sessions: u64,
    /// Requests that wait for this server and no other.
    pub queue: u64,
    /// The weight that was set, 0 to 256. `None` where the balancer does not say.
    pub weight: Option<u16>,
    /// What its last health check said, in HAProxy's words: `L7OK`. `None` where there is no check.
    pub check: Option<String>,
    /// Whether its last health check passed. `None` where there is no check, or no result yet.
    pub passes: Option<bool>,
    /// Where it is, if that is said.
    pub addr: Option<SocketAddr>,
    /// Whether clients are bound to it by a cookie: they go on coming while it drains, and only
    /// maintenance keeps them away.
    pub is_sticky: bool,
    /// What the balancer has counted of it. `None` where it does not say.
    pub counters: Option<Counters>,
}

/// What a balancer has counted of a server since it, or its configuration, was loaded, or somebody
/// cleared the counters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "what is compared")]
pub struct Counters {
    /// Requests that were answered, or failed; in `mode tcp`, sessions.
    pub requests: u64,
    /// Those of them that failed: answers of 5xx, broken or no answers, no connection.
    pub errors: u64,
    /// How long answers took to begin, on average over the last 1,024.
    pub response_time: Option<Duration>,
}

impl Counters {
    /// What was added since `before`. Where counters began anew, everything was.
    #[must_use]
    pub fn since(self, before: Self) -> Self {
        let began_anew = self.requests < before.requests || self.errors < before.errors;
        let before = if began_anew { Self::default() } else { before };
        Self {
            requests: self.requests - before.requests,
            errors: self.errors - before.errors,
            response_time: self.response_time,
        }
    }
}

impl Server {
    /// A server that is up, was set to nothing, and at which nothing goes on.
    pub const fn new(name: Name) -> Self {
        Self {
            name,
            status: String::new(),
            is_up: true,
            set: Some(SetState::Ready),
            sessions: 0,
            queue: 0,
            weight: None,
            check: None,
            passes: None,
            addr: None,
            is_sticky: false,
            counters: None,
        }
    }

    /// Whether it was told to take nothing new: nobody comes to it any more, except clients bound by
    /// a cookie to one that drains.
    pub fn is_out(&self) -> bool {
        match self.set {
            Some(SetState::Drain) => !self.is_sticky,
            Some(SetState::Maint) => true,
            Some(SetState::Ready) | None => false,
        }
    }

    /// Whether it is [out](Self::is_out), and neither had sessions nor requests that wait for it.
    ///
    /// One look is no proof: a request may have been on its way to it. Two in a row are.
    pub fn is_quiet(&self) -> bool {
        self.is_out() && self.sessions == 0 && self.queue == 0
    }

    /// Whether requests come to it now.
    pub fn is_serving(&self) -> bool {
        self.is_up && self.set == Some(SetState::Ready) && self.weight != Some(0)
    }
}
