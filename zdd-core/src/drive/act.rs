//! Does what was decided.

use alloc::vec::Vec;

use crate::ports::{
    Balancer, BalancerError, Force, KillMode, LoadBalancer, Marathon, MarathonError, Name,
    Unreachable,
};
use crate::rollout::Action;

/// Does one thing. What balancers refuse is for the next observation; what Marathon refuses because
/// somebody else was quicker, too: the next observation shows it.
pub(super) async fn act(
    action: &Action,
    marathon: &dyn Marathon,
    balancer: &dyn LoadBalancer,
    backend: &Name,
) -> Result<Vec<BalancerError>, MarathonError> {
    let changed = match action {
        Action::Set(changes) => return Ok(errors(balancer.set(backend, changes).await)),
        Action::Cut(servers) => return Ok(errors(balancer.cut(backend, servers).await)),
        Action::Create(app) => marathon.create_app(app, Force::No).await.map(drop),
        Action::Scale { app, instances, force } => {
            marathon.scale_app(app, *instances, *force).await.map(drop)
        }
        Action::Kill { tasks, .. } => {
            marathon.kill(tasks, KillMode::Scale, Force::No).await.map(drop)
        }
        Action::Delete { app, force } => marathon.delete_app(app, *force).await.map(drop),
    };
    match changed {
        Err(error) if !shows_in_the_state(&error) => Err(error),
        _ => Ok(Vec::new()),
    }
}

/// Whether the next look at the state says what this error is about.
fn shows_in_the_state(error: &MarathonError) -> bool {
    match error {
        MarathonError::Locked { .. }
        | MarathonError::Exists { .. }
        | MarathonError::NotFound { .. } => true,
        // The answer was lost: whether it was done, only the state says.
        MarathonError::Unreachable { why } => matches!(why, Unreachable::MayHaveHappened { .. }),
        _ => false,
    }
}

fn errors(balancers: Vec<Balancer>) -> Vec<BalancerError> {
    balancers.into_iter().filter_map(|it| it.seen.err()).collect()
}
