//! What was seen long before.

use std::time::Duration;

use zdd_core::ports::SetState;
use zdd_core::rollout::{Action, Next, OnDrainTimeout, Patience};

use super::super::world::labelled;
use super::{NEW, OLD, Original, World, rollout, world};

/// Somebody scales the old app meanwhile, by which the balancer brings back what it had taken out.
fn brought_back(world: &mut World) {
    world.merges = false;
    for set in world.balancers.iter_mut().flat_map(|it| it.values_mut()) {
        set.state = SetState::Ready;
    }
    world.pass(Duration::ZERO);
}

/// ZDD-25: while an old process of HAProxy has connections, rows are not read again; after the wait what
/// they said before it is stopped, which serves by now.
#[test]
fn zdd_25_rows_from_before_the_wait() {
    let mut there = world(&labelled(OLD, 4, 4));
    there.create(&labelled(NEW, 2, 4));
    there.pass(Duration::from_secs(10));
    let mut here = there.clone();
    let original =
        Original { max_wait: Duration::from_secs(20), has_old_workers: true, ..Original::to(4) };
    original.round(&mut there, &mut brought_back);
    let served = there.stopped.iter().filter(|it| it.was_serving && it.was_busy).count();
    assert_eq!(served, 2, "{:?}", there.stopped);

    // Even one that cuts sessions looks again at what it stops.
    let patience = Patience {
        drain: Duration::from_secs(20),
        on_drain_timeout: OnDrainTimeout::Kill,
        ..Patience::default()
    };
    let mut rollout = rollout(0, 4).with_floor(4).with_patience(patience);
    for n in 0..200 {
        if n == 3 {
            brought_back(&mut here);
        }
        let mut seen = here.observe();
        for look in seen.balancers.iter_mut().filter_map(|it| it.seen.as_mut().ok()) {
            look.old_workers = Some(1);
        }
        let decision = rollout.step(here.now, &seen);
        let stops = |it: &Action| matches!(it, Action::Kill { .. } | Action::Delete { .. });
        assert!(n < 3 || !decision.actions.iter().any(stops), "{decision:?}");
        decision.actions.iter().for_each(|action| here.act(action));
        let Next::ObserveBy { deadline, .. } = decision.next else { break };
        here.pass(deadline.since(here.now));
    }
    assert!(here.stopped.iter().all(|it| !it.was_serving), "{:?}", here.stopped);
}
