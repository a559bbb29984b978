//! How a world stands, in numbers.

use super::pool::Pool;
use super::row::Serving;
use crate::timeline::State;

/// Instances by side and stage, and what they get.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Tally {
    pub(super) state: State,
    pub(super) instances: [u32; 2],
    pub(super) serving: Serving,
    /// The part of the traffic that goes to the new side, by the weights of what serves.
    pub(super) share: Option<f64>,
    /// Servers with sessions that nothing new comes to.
    pub(super) draining: [u32; 2],
}

impl Tally {
    pub(super) fn of(pools: &[Pool; 2]) -> Self {
        let [old, new] = pools;
        let serving = |pool: &Pool| {
            let serving = pool.instances.iter().filter(|it| it.is_serving());
            let weights = serving.map(|it| u64::from(it.server.weight.unwrap_or(1)));
            weights.fold((0, 0), |(count, sum), weight| (count + 1, sum + weight))
        };
        let ((n_old, w_old), (n_new, w_new)) = (serving(old), serving(new));
        let draining = |pool: &Pool| {
            let busy = |it: &&super::instance::Instance| it.server.sessions > 0 && !it.is_serving();
            u32::try_from(pool.instances.iter().filter(busy).count()).unwrap_or(u32::MAX)
        };
        #[expect(clippy::cast_precision_loss, reason = "sums of weights are far below 2^53")]
        let share = (w_old + w_new > 0).then(|| w_new as f64 / (w_old + w_new) as f64);
        Self {
            state: State { old: old.stages(), new: new.stages() },
            instances: [old.wanted(), new.wanted()],
            serving: Serving { old: n_old, new: n_new },
            share,
            draining: [draining(old), draining(new)],
        }
    }
}
