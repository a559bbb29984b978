//! What a rollout decides.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::soak::Failure;
use super::view::Side;
use super::waiting::WaitingOn;
use crate::app::App;
use crate::ports::{Force, Name, ServerChange};
use crate::units::{AppId, InstanceCount, TaskId, Timestamp};

/// What to do now, and what then.
#[derive(Clone, Debug, PartialEq)]
#[must_use]
#[expect(clippy::exhaustive_structs, reason = "whoever drives has to heed all of it")]
pub struct Decision {
    /// What to do, in this order. Each is harmless when it is done twice.
    pub actions: Vec<Action>,
    /// What then.
    pub next: Next,
}

/// Something to do. Absolute: it says what is to be, never what is to be added.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "a new one must break whoever carries them out")]
pub enum Action {
    /// Create the app.
    Create(Box<App>),
    /// Set its number of instances.
    Scale {
        /// Of which app.
        app: AppId,
        /// To how many.
        instances: InstanceCount,
        /// Whether the deployment that a scaling of just before began is cancelled.
        force: Force,
    },
    /// Set weights and states at every balancer, all at once.
    Set(Vec<ServerChange>),
    /// Cut what goes on at servers.
    Cut(Vec<Name>),
    /// Stop tasks; their app shrinks by as many. Tasks that are gone already are passed over.
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
        /// Whether deployments that hold it are cancelled: those of an app that is taken back may
        /// never end by themselves.
        force: Force,
    },
}

/// What comes after the actions.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "it goes on, or it is over")]
pub enum Next {
    /// Observe again, at the latest at this moment.
    ObserveBy {
        /// When.
        deadline: Timestamp,
        /// What for.
        waiting_on: WaitingOn,
    },
    /// It is over.
    Done(Outcome),
}

/// How a rollout ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// Everything is as it should be.
    Reached,
    /// What it waited for did not come in time. Everything stays as it is.
    TimedOut(WaitingOn),
    /// It cannot go on by itself. Everything stays as it is.
    Stuck {
        /// Why.
        why: String,
        /// What can be done about it.
        hint: Option<String>,
    },
    /// An app that has to be there is gone: somebody else removed it.
    Vanished(Side),
    /// Somebody else pushed another definition of this app, or restarted it: what runs of it is not what was
    /// rolled out, or what one goes back to. Everything stays as it is.
    Changed(AppId),
    /// A limit was passed while the new version was watched. Everything stays as it is.
    Failed(Failure),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reached => f.write_str("everything is as it should be"),
            Self::TimedOut(waiting_on) => write!(f, "it waits too long for {waiting_on}"),
            Self::Stuck { why, .. } => f.write_str(why),
            Self::Vanished(side) => write!(f, "the {side} app is gone"),
            Self::Changed(app) => write!(f, "somebody else changed {app} or restarted it"),
            Self::Failed(failure) => failure.fmt(f),
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create(app) => write!(f, "create {} with {}", app.id(), app.instances()),
            Self::Scale { app, instances, .. } => write!(f, "scale {app} to {instances}"),
            Self::Set(changes) => {
                for (n, change) in changes.iter().enumerate() {
                    write!(f, "{}{change}", if n == 0 { "set " } else { ", " })?;
                }
                Ok(())
            }
            Self::Cut(servers) => {
                for (n, server) in servers.iter().enumerate() {
                    write!(f, "{}{server}", if n == 0 { "cut the sessions of " } else { ", " })?;
                }
                Ok(())
            }
            Self::Kill { app, tasks } => {
                let s = if tasks.len() == 1 { "" } else { "s" };
                write!(f, "stop {} instance{s} of {app}", tasks.len())
            }
            Self::Delete { app, force: Force::No } => write!(f, "remove {app}"),
            Self::Delete { app, force: Force::Yes } => {
                write!(f, "remove {app}, whatever deployment holds it")
            }
        }
    }
}
