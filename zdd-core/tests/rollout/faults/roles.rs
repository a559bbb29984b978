//! marathon-lb takes the app that was scaled last for the new one.

use std::time::Duration;

use zdd_core::rollout::Outcome;

use super::super::world::labelled;
use super::{NEW, OLD, Original, instances, ours, rollout, theirs, world};
use zdd_core::ports::SetState;

fn out(world: &super::World, of: &str) -> usize {
    let mine = world.tasks.iter().filter(|it| it.app.as_str() == of);
    let sets = mine.filter_map(|it| world.balancers[0].get(&it.port));
    sets.filter(|set| set.state == SetState::Maint).count()
}

/// ZDD-2: the old app was scaled by hand from 4 to 6, and a hybrid of 2 is asked for. zdd.py believes the
/// label, and waits for a size that never comes; the balancer takes the canary out meanwhile.
#[test]
fn zdd_2_a_size_that_was_set_by_hand() {
    let mut there = world(&labelled(OLD, 6, 4));
    let mut here = there.clone();
    there.create(&labelled(NEW, 1, 6));
    let original =
        Original { old_target: 4, beside: 2, max_wait: Duration::from_secs(10), ..Original::to(6) };
    assert!(!theirs(&mut there, &original, 100, |_| {}));
    assert_eq!((instances(&there, NEW), out(&there, NEW)), (Some(2), 2), "{:?}", there.log);

    let rollout = rollout(4, 2).with_definition(labelled(NEW, 1, 6)).with_floor(6);
    assert_eq!(ours(&mut here, rollout, |_| {}), Outcome::Reached);
    assert_eq!((instances(&here, OLD), instances(&here, NEW)), (Some(4), Some(2)));
    assert_eq!((here.serving(), out(&here, NEW)), (6, 0), "{:?}", here.log);
}

/// ZDD-3: the last step is a kill, since one of the new instances was sick just then. From there on the
/// old app is the new one for the balancer, and nothing moves any more.
#[test]
fn zdd_3_a_kill_that_turns_the_roles_round() {
    // One of four is sick for nine seconds, as soon as there are four.
    let sick = || {
        let mut was = false;
        move |world: &mut super::World| {
            let is_whole = !was && instances(world, NEW) == Some(4);
            let now = world.now;
            let last = world.tasks.iter_mut().rfind(|it| it.app.as_str() == NEW);
            if let Some(last) = last.filter(|it| is_whole && it.healthy_from <= now) {
                last.healthy_from = now.saturating_add(Duration::from_secs(9));
                was = true;
                world.pass(Duration::ZERO);
            }
        }
    };
    let mut there = world(&labelled(OLD, 4, 4));
    let mut here = there.clone();
    there.create(&labelled(NEW, 1, 4));
    let original = Original { max_wait: Duration::from_secs(5), ..Original::to(4) };
    assert!(!theirs(&mut there, &original, 100, sick()), "{:?}", there.log);
    assert_eq!((instances(&there, OLD), out(&there, NEW)), (Some(1), 1), "{:?}", there.log);

    let rollout = rollout(0, 4).with_definition(labelled(NEW, 1, 4)).with_floor(4);
    assert_eq!(ours(&mut here, rollout, sick()), Outcome::Reached);
    assert_eq!((instances(&here, OLD), here.serving()), (None, 4), "{:?}", here.log);
}
