//! Tells Marathon what is to run, once.

use std::time::Duration;

use tokio::time::sleep;
use zdd_core::app::App;
use zdd_core::ports::{Accepted, Force, Marathon, MarathonError, Unreachable};

use super::change::Change;
use super::order::{Order, Target, Versions};
use crate::args::Carrying;
use crate::error::{Call, CliError};

/// A call whose answer was lost may still be on its way; so often it is looked for.
pub(crate) const LOOK_FOR: u32 = 5;
pub(crate) const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What came of telling Marathon.
pub(super) enum Submitted {
    /// A deployment carries it out.
    Accepted(Accepted),
    /// The answer was lost, but it is done: no deployment of it is left to be followed.
    Ended,
    /// Others were quicker, and hold it.
    Locked(MarathonError),
}

/// Tells Marathon. `seen` are the versions that the plan was made for.
pub(super) async fn submit(
    order: &Order,
    change: &Change,
    how: &Carrying,
    seen: &Versions,
    marathon: &dyn Marathon,
) -> Result<Submitted, CliError> {
    let force = if how.force { Force::Yes } else { Force::No };
    let (call, answer) = match (&order.target, change) {
        (Target::Group(group), _) => (Call::Other, marathon.replace_group(group, force).await),
        (Target::App(app), Change::Create) => (Call::Create, marathon.create_app(app, force).await),
        (Target::App(app), Change::Restart { .. }) => {
            (Call::Other, marathon.restart_app(app.id(), force).await)
        }
        // The whole definition also where only the number changes: Marathon drops what a partial
        // change leaves out in some fields, and would replace the instances for that.
        (Target::App(app), Change::Scale { .. }) => {
            (Call::Scale, marathon.replace_app(app, force).await)
        }
        (Target::App(app), _) => (Call::Other, marathon.replace_app(app, force).await),
    };
    match answer {
        Ok(accepted) => Ok(Submitted::Accepted(accepted)),
        Err(error @ MarathonError::Locked { .. }) => Ok(Submitted::Locked(error)),
        Err(MarathonError::Exists { .. }) if matches!(change, Change::Create) => {
            let now = order.present(marathon).await?.versions();
            Err(super::order::stale(seen, &now).unwrap_or_else(|| failed(order, call, exists())))
        }
        Err(error @ MarathonError::Unreachable { why: Unreachable::MayHaveHappened { .. } }) => {
            match found(order, seen, marathon).await {
                Some(submitted) => Ok(submitted),
                None => Err(failed(order, call, error)),
            }
        }
        Err(error) => Err(failed(order, call, error)),
    }
}

fn exists() -> MarathonError {
    MarathonError::Exists { message: "an app of this id".into() }
}

pub(super) fn failed(order: &Order, call: Call, error: MarathonError) -> CliError {
    CliError::Marathon { about: Some(order.scope().to_string()), call, error }
}

/// Looks whether a call was carried out whose answer was lost. It was if there are new versions and
/// what is defined now is what was ordered; the call is never sent again.
async fn found(order: &Order, seen: &Versions, marathon: &dyn Marathon) -> Option<Submitted> {
    for _ in 0..LOOK_FOR {
        sleep(LOOK_EVERY).await;
        let Ok(present) = order.present(marathon).await else { continue };
        if present.versions() == *seen || !is_in_place(order, &present) {
            continue;
        }
        let holders = present.holders(order);
        let Some(deployment) = holders.into_iter().next() else { return Some(Submitted::Ended) };
        let version = present.seen.deployment(&deployment)?.version;
        return Some(Submitted::Accepted(Accepted { deployment, version }));
    }
    None
}

/// Whether all that was ordered is what is defined now.
fn is_in_place(order: &Order, present: &super::order::Present) -> bool {
    let now = |wanted: &App| {
        let mut apps = present.seen.apps.iter().map(|status| &status.app);
        apps.find(|app| app.id() == wanted.id())
    };
    order.apps().iter().all(|wanted| {
        now(wanted)
            .is_some_and(|app| !wanted.is_upgrade_of(app) && wanted.instances() == app.instances())
    })
}
