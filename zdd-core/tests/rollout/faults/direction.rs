//! Which way it went before it was interrupted.

use std::time::Duration;

use zdd_core::rollout::Outcome;
use zdd_core::rollout::record::{Found, Phase};

use super::super::world::labelled;
use super::{NEW, OLD, Original, instances, ours, record, theirs, world};

/// ZDD-21: the way back is interrupted, and gone on with. zdd.py knows only which app is newer, and brings
/// the bad version forward again; the record knows the way.
#[test]
fn zdd_21_gone_on_with_in_the_other_direction() {
    let mut there = world(&labelled(OLD, 2, 4));
    there.create(&labelled(NEW, 2, 4));
    there.pass(Duration::from_secs(10));
    let back =
        Original { old: NEW, new: OLD, max_wait: Duration::from_secs(30), ..Original::to(4) };
    let record = record(Phase::Rollback);
    let kept = record.app(1, None, None).unwrap();
    let mut here = there.clone();

    // One round, then it is gone; `--resume` is the loop towards the newest.
    assert!(!back.round(&mut there, &mut |_| {}));
    let resumed = Original { old: OLD, new: NEW, ..back };
    assert!(theirs(&mut there, &resumed, 100, |_| {}), "{:?}", there.log);
    assert_eq!((instances(&there, OLD), instances(&there, NEW)), (None, Some(4)));

    let mut first = record.rollout();
    for _ in 0..3 {
        let decision = first.step(here.now, &here.observe());
        decision.actions.iter().for_each(|action| here.act(action));
        here.pass(Duration::from_secs(1));
    }
    drop(first);
    let rollout = Found::of(&kept).unwrap().record.rollout();
    assert_eq!(ours(&mut here, rollout, |_| {}), Outcome::Reached);
    assert_eq!((instances(&here, OLD), instances(&here, NEW)), (Some(4), None));
    assert_eq!(here.serving(), 4);
}
