//! Looks at everything that a rollout is decided from.

use alloc::vec::Vec;

use crate::ports::{AppStatus, BalancerError, LoadBalancer, Marathon, MarathonError, Name};
use crate::rollout::{Observation, Rollout};
use crate::units::AppId;

/// Both apps and all balancers, seen one after the other: Marathon first, so that a server of a task
/// is at most newer than the task.
pub(super) async fn observe(
    rollout: &Rollout,
    marathon: &dyn Marathon,
    balancer: &dyn LoadBalancer,
    backend: &Name,
    refused: Vec<BalancerError>,
) -> Result<Observation, MarathonError> {
    let old = match rollout.old() {
        Some(id) => app(id, marathon).await?,
        None => None,
    };
    let new = app(rollout.new_app(), marathon).await?;
    let balancers = balancer.look(backend).await;
    Ok(Observation { old, new, balancers, refused })
}

async fn app(id: &AppId, marathon: &dyn Marathon) -> Result<Option<AppStatus>, MarathonError> {
    match marathon.app(id).await {
        Ok(mut app) => {
            if app.tasks.is_none() {
                app.tasks = Some(marathon.tasks(id).await?);
            }
            Ok(Some(app))
        }
        Err(MarathonError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
