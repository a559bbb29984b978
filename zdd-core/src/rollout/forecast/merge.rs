//! marathon-lb takes instances of a pair out by itself.

use super::instance::Instance;
use super::pool::Pool;
use crate::ports::SetState;
use crate::rollout::labels;

/// Disables as many servers of the older app as the newer one stands in for, and no others.
///
/// Source: marathon-lb's merge of a deployment group. The app that was scaled last is the newer one where
/// its partner's labels say so, whenever it was created: that is how a way back works.
pub(super) fn merge(old: &mut Pool, new: &mut Pool) {
    let (Some(_), Some(app)) = (&old.app, &new.app) else {
        // Alone, all of an app serves.
        [old, new].into_iter().flat_map(|pool| &mut pool.instances).for_each(ready);
        return;
    };
    let is_turned = app.labels().contains_key(labels::NEW) && old.scaled > new.scaled;
    let (older, newer) = if is_turned { (new, old) } else { (old, new) };
    let Some(app) = &newer.app else { return };
    let label = |name| app.labels().get(name).and_then(|text| text.parse::<u64>().ok());
    let target =
        if app.labels().contains_key(labels::NEW) { label(labels::TARGET) } else { Some(1) };
    let Some(target) = target else { return };
    let healthy = if app.health_checks().is_empty() {
        u64::from(newer.wanted())
    } else {
        newer.instances.iter().filter(|it| it.is_listed()).count() as u64
    };
    let spare = (healthy + u64::from(older.wanted())).saturating_sub(target);
    newer.instances.iter_mut().for_each(ready);
    let mut left = healthy.min(spare);
    // They are in the order of their ids.
    for instance in older.instances.iter_mut().filter(|it| !it.is_dying()) {
        instance.set(if left > 0 { SetState::Maint } else { SetState::Ready });
        left = left.saturating_sub(1);
    }
}

fn ready(instance: &mut Instance) {
    instance.set(SetState::Ready);
}
