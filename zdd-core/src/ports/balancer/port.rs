//! The port itself.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use async_trait::async_trait;

use super::error::BalancerError;
use super::name::Name;
use super::server::{Server, SetState};

/// What can be set of a server. Absolute: setting it twice is harmless.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "a new setting has to be carried out everywhere")]
pub enum Setting {
    /// Its weight, 0 to 256.
    Weight(u16),
    /// Its state.
    State(SetState),
}

/// A setting for a server.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(clippy::exhaustive_structs, reason = "which server, and what")]
pub struct ServerChange {
    /// Which.
    pub server: Name,
    /// What it is set to.
    pub setting: Setting,
}

/// What was seen of one balancer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Look {
    /// How the backend chooses a server: `roundrobin`. `None` where that is not said.
    pub balance: Option<String>,
    /// The servers of the backend, in the balancer's order. None where it has no such backend.
    pub servers: Vec<Server>,
    /// How many processes a reload replaced that still have connections: of those nothing is seen in
    /// the servers. `None` where that cannot be known.
    pub old_workers: Option<usize>,
    /// What was noticed since the last look.
    pub notices: Vec<Notice>,
}

/// Something that somebody should know about a balancer. It was dealt with, or is left to others.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// It was reloaded or started again, and its counters began anew.
    Reloaded,
    /// A reload had forgotten this, and it was set again.
    Reasserted(ServerChange),
    /// A reload had forgotten settings, and they could not be set again: why.
    NotReasserted(String),
    /// Somebody else changed this; it is left as it is.
    ChangedByOther {
        /// What was set.
        wanted: ServerChange,
        /// What is there now, where it is said.
        found: Option<Setting>,
    },
    /// A server of which something was set is not there any more.
    Gone(Name),
}

/// One balancer behind a name, and what became of a call to it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "who, and what it answered")]
pub struct Balancer {
    /// Its address.
    pub name: String,
    /// What was seen of it, or why nothing was.
    pub seen: Result<Look, BalancerError>,
}

/// One or several balancers behind one name, which balance the same apps.
///
/// Every call ends in time, and answers for each balancer: one of several may fail.
#[async_trait]
pub trait LoadBalancer: Send + Sync {
    /// Looks at the servers of a backend.
    async fn look(&self, backend: &Name) -> Vec<Balancer>;

    /// Sets all of `changes` at every balancer, reads them back, and looks. Those of one balancer take
    /// effect together. A server that is not there is an error of that balancer.
    async fn set(&self, backend: &Name, changes: &[ServerChange]) -> Vec<Balancer>;

    /// Cuts what goes on at these servers, and looks.
    async fn cut(&self, backend: &Name, servers: &[Name]) -> Vec<Balancer>;

    /// Whether anything can be set. Where not, [`set`](Self::set) and [`cut`](Self::cut) fail with
    /// [`BalancerError::ReadOnly`].
    fn can_set(&self) -> bool;
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Weight(weight) => write!(f, "weight {weight}"),
            Self::State(state) => state.fmt(f),
        }
    }
}

impl fmt::Display for ServerChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.server, self.setting)
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reloaded => f.write_str("it was reloaded or started again"),
            Self::Reasserted(change) => write!(f, "set again after the reload: {change}"),
            Self::NotReasserted(why) => write!(f, "not set again after the reload: {why}"),
            Self::ChangedByOther { wanted, found: Some(found) } => {
                write!(f, "somebody else set {} to {found} ({})", wanted.server, wanted.setting)
            }
            Self::ChangedByOther { wanted, found: None } => {
                write!(f, "somebody else changed {} ({})", wanted.server, wanted.setting)
            }
            Self::Gone(server) => write!(f, "{server} is gone"),
        }
    }
}
