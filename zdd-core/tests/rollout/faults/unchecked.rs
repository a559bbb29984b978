//! Where nothing is checked.

use std::time::Duration;

use zdd_core::app::App;
use zdd_core::rollout::Outcome;

use super::super::world::labelled;
use super::{NEW, OLD, Original, World, instances, ours, rollout, theirs, world};

fn unchecked(id: &str, instances: u32) -> App {
    let text = format!(
        r#"{{"id": "{id}", "instances": {instances},
            "labels": {{"HAPROXY_DEPLOYMENT_TARGET_INSTANCES": "4"}}}}"#
    );
    App::parse(&text).unwrap()
}

fn stopped_below(world: &World, need: usize) -> usize {
    world.stopped.iter().filter(|it| it.serving < need).count()
}

/// ZDD-40: without health checks marathon-lb counts new instances that are wanted as if they ran, and takes
/// as many old ones out. They come up late; by then zdd.py has stopped the old ones.
#[test]
fn zdd_40_instances_that_are_wanted_and_do_not_run() {
    let mut there = world(&unchecked(OLD, 4));
    there.start_up = Duration::from_secs(60);
    let mut here = there.clone();
    there.create(&unchecked(NEW, 1));
    let original = Original { max_wait: Duration::from_secs(20), ..Original::to(4) };
    theirs(&mut there, &original, 3, |_| {});
    assert!(stopped_below(&there, 4) > 0, "{:?}", there.stopped);
    let least = there.serving();
    assert!(least < 2, "{least}: {:?}", there.log);

    let rollout = rollout(0, 4).with_definition(unchecked(NEW, 1)).with_floor(4);
    assert_eq!(ours(&mut here, rollout, |_| {}), Outcome::Reached, "{:?}", here.log);
    assert_eq!(stopped_below(&here, 4), 0, "{:?}", here.stopped);
    assert_eq!((instances(&here, OLD), here.serving()), (None, 4));
}

/// ZDD-13: without checks of HAProxy's own no server is `UP`, and zdd.py waits in vain, each time. Then it
/// stops what is out, with all that goes on there.
#[test]
fn zdd_13_servers_that_are_not_checked() {
    let mut there = world(&labelled(OLD, 4, 4));
    there.sessions = Duration::from_secs(200);
    let mut here = there.clone();
    there.create(&labelled(NEW, 1, 4));
    let original =
        Original { max_wait: Duration::from_secs(60), is_checked: false, ..Original::to(4) };
    theirs(&mut there, &original, 4, |_| {});
    assert!(there.stopped.iter().any(|it| it.was_busy), "{:?}", there.stopped);

    let rollout = rollout(0, 4).with_definition(labelled(NEW, 1, 4)).with_floor(4);
    assert_eq!(ours(&mut here, rollout, |_| {}), Outcome::Reached, "{:?}", here.log);
    assert!(here.stopped.iter().all(|it| !it.was_busy), "{:?}", here.stopped);
}
