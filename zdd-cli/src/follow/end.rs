//! How a deployment ended.

use std::time::Duration;

use zdd_core::standing::Standing;
use zdd_core::units::DeploymentId;

use super::{Scope, Seen};

/// How long the event of an end is waited for when the deployment is no longer listed. Marathon
/// removes it from the list first and sends the event right after.
pub(super) const EVENT_COMES_WITHIN: Duration = Duration::from_secs(2);

/// How a deployment ended, and what was seen then.
#[derive(Clone, Debug)]
pub(crate) struct End {
    pub(crate) how: How,
    pub(crate) seen: Seen,
}

/// How a deployment ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// It reached its end.
    Done,
    /// It was cancelled, or failed.
    Stopped {
        /// Marathon's words, where it has some.
        reason: Option<String>,
    },
    /// Other deployments took its apps over.
    TakenOver { by: Vec<DeploymentId> },
    /// Its end was not seen, and what runs does not say.
    Unknown,
}

/// What events said about the end of a deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    Success,
    Failure { reason: Option<String> },
}

impl How {
    /// How `deployment`, which is listed no longer, ended.
    ///
    /// Without an event it counts as done only if all instances serve that its apps want, and no
    /// other is left: then it cannot matter how it ended.
    pub(super) fn of(
        deployment: &DeploymentId,
        heard: Option<&Heard>,
        seen: &Seen,
        scope: &Scope,
    ) -> Self {
        let by = seen.holders(scope, deployment);
        match heard {
            Some(Heard::Success) => Self::Done,
            _ if !by.is_empty() => Self::TakenOver { by },
            Some(Heard::Failure { reason }) => Self::Stopped { reason: reason.clone() },
            None => {
                let is_settled =
                    |standing: Option<Standing>| standing.is_some_and(|it| it.is_settled());
                let all_are = seen.apps.iter().map(Standing::of).all(is_settled);
                if all_are { Self::Done } else { Self::Unknown }
            }
        }
    }
}
