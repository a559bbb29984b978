//! Loops that no time ends.

use std::time::Duration;

use zdd_core::rollout::{Outcome, Patience, WaitingOn};

use super::super::world::labelled;
use super::{NEW, OLD, Original, instances, ours, rollout, theirs, world};

/// ZDD-5: a version that never gets healthy. Nothing ends it; round after round it grows all the same.
#[test]
fn zdd_5_a_version_that_never_gets_healthy() {
    let mut there = world(&labelled(OLD, 4, 4));
    there.start_up = Duration::from_secs(1_000_000_000);
    let mut here = there.clone();
    there.create(&labelled(NEW, 1, 4));
    assert!(!theirs(&mut there, &Original::to(4), 200, |_| {}));
    assert_eq!(instances(&there, NEW), Some(4));

    let patience = Patience { wait: Duration::from_secs(60), ..Patience::default() };
    let begun = here.now;
    let rollout = rollout(0, 4).with_definition(labelled(NEW, 1, 4)).with_floor(4);
    let outcome = ours(&mut here, rollout.with_patience(patience), |_| {});
    let Outcome::TimedOut(WaitingOn::Health { have: 0, need: 1, .. }) = outcome else {
        panic!("{outcome:?}");
    };
    assert!(here.now.since(begun) < Duration::from_secs(70));
    assert_eq!((instances(&here, NEW), here.serving()), (Some(1), 4));
}

/// ZDD-7: half of nothing more is nothing.
#[test]
fn zdd_7_growth_from_no_instance() {
    let mut there = world(&labelled(OLD, 4, 4));
    let mut here = there.clone();
    there.create(&labelled(NEW, 0, 4));
    assert!(!theirs(&mut there, &Original::to(4), 200, |_| {}));
    assert_eq!(instances(&there, NEW), Some(0));

    let rollout = rollout(0, 4).with_definition(labelled(NEW, 0, 4)).with_floor(4);
    assert_eq!(ours(&mut here, rollout, |_| {}), Outcome::Reached);
    assert_eq!((instances(&here, OLD), here.serving()), (None, 4));
}
