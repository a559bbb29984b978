//! How many serve while others are stopped.

use std::time::Duration;

use zdd_core::rollout::Outcome;

use super::super::world::labelled;
use super::{NEW, OLD, Original, World, instances, ours, rollout, theirs, world};

/// Two of the old ones are dead for the balancer, but not those that marathon-lb takes out.
fn sick(world: &mut World) {
    let old = world.tasks.iter().filter(|it| it.app.as_str() == OLD);
    world.down = old.skip(2).map(|it| it.port).collect();
}

fn stopped_below(world: &World, need: usize) -> usize {
    world.stopped.iter().filter(|it| it.was_healthy && it.serving < need).count()
}

/// ZDD-29, ZDD-28: two of the old ones are sick, and marathon-lb takes the other two out. Once zdd.py has
/// waited for long enough, it stops those two: two serve then, where four have to.
#[test]
fn zdd_29_stopped_below_the_wanted_capacity() {
    let mut there = world(&labelled(OLD, 4, 4));
    there.create(&labelled(NEW, 2, 4));
    there.pass(Duration::from_secs(10));
    sick(&mut there);
    let mut here = there.clone();
    let original = Original { max_wait: Duration::from_secs(20), ..Original::to(4) };
    theirs(&mut there, &original, 1, |_| {});
    assert_eq!(stopped_below(&there, 4), 2, "{:?}", there.stopped);

    let (begun, mut waits) = (here.now, Duration::ZERO);
    let recovers = |world: &mut World| {
        waits = world.now.since(begun);
        if waits >= Duration::from_secs(100) {
            world.down.clear();
        }
    };
    let rollout = rollout(0, 4).with_floor(4);
    assert_eq!(ours(&mut here, rollout, recovers), Outcome::Reached, "{:?}", here.log);
    assert!(waits > Duration::from_secs(100));
    assert_eq!(stopped_below(&here, 4), 0, "{:?}", here.stopped);
    assert_eq!((instances(&here, OLD), here.serving()), (None, 4));
}

/// A version none of whose instances serves must not be what keeps its successor from coming: those that
/// are stopped of it are no loss.
#[test]
fn a_sick_old_version_blocks_nothing() {
    let mut here = world(&labelled(OLD, 4, 4));
    let never = here.now.saturating_add(Duration::from_secs(1_000_000_000));
    here.tasks.iter_mut().for_each(|it| it.healthy_from = never);
    here.pass(Duration::ZERO);
    let rollout = rollout(0, 4).with_definition(labelled(NEW, 1, 4)).with_floor(4);
    assert_eq!(ours(&mut here, rollout, |_| {}), Outcome::Reached, "{:?}", here.log);
    assert_eq!((instances(&here, OLD), here.serving()), (None, 4));
}
