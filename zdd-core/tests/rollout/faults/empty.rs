//! A hybrid that leaves nothing of one side.

use zdd_core::rollout::{Outcome, zdd_py};

use super::super::world::labelled;
use super::{NEW, OLD, Original, instances, ours, rollout, theirs, world};

/// ZDD-18: as many beside the old ones as there are old ones. zdd.py leaves an app with no instance, and a
/// group that stays a hybrid; here it is a whole deployment.
#[test]
fn zdd_18_as_many_beside_as_there_are() {
    let mut there = world(&labelled(OLD, 4, 4));
    let mut here = there.clone();
    there.create(&labelled(NEW, 1, 4));
    assert!(theirs(&mut there, &Original { beside: 4, ..Original::to(4) }, 100, |_| {}));
    assert_eq!((instances(&there, OLD), instances(&there, NEW)), (Some(0), Some(4)));

    let definition = labelled(NEW, 4, 4);
    let old = here.apps.values().next().cloned();
    let sizes = zdd_py::Sizes::of(&definition, old.as_ref(), 1, 4);
    assert_eq!((sizes.target, sizes.beside), (4, 4));
    let rollout = rollout(sizes.target - sizes.beside, sizes.beside)
        .with_definition(labelled(NEW, sizes.first, 4))
        .with_floor(4);
    assert_eq!(ours(&mut here, rollout, |_| {}), Outcome::Reached);
    assert_eq!((instances(&here, OLD), instances(&here, NEW)), (None, Some(4)));
}
