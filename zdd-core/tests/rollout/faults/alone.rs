//! Two who work on one group.

use std::collections::BTreeMap;
use std::time::Duration;

use zdd_core::app::App;
use zdd_core::rollout::Next;
use zdd_core::rollout::record::{Found, Holder, Phase};
use zdd_core::units::AppId;

use super::super::world::labelled;
use super::{NEW, OLD, Original, World, instances, record, world};

/// A pair in the middle of its way, with two of each.
fn pair() -> World {
    let mut world = world(&labelled(OLD, 2, 4));
    world.create(&labelled(NEW, 2, 4));
    world.pass(Duration::from_secs(10));
    world
}

/// What is kept of rollouts: an app is created once.
#[derive(Default)]
struct Records(BTreeMap<AppId, App>);

impl Records {
    fn create(&mut self, app: App) -> bool {
        let is_new = !self.0.contains_key(app.id());
        self.0.entry(app.id().clone()).or_insert(app);
        is_new
    }

    fn newest(&self) -> u64 {
        Found::newest(self.0.values()).unwrap().map_or(0, |it| it.generation)
    }
}

/// ZDD-20: one completes the new app while the other one completes the old: each stops what the other one
/// needs. Here whoever has the newest generation of the record acts, and nobody else.
#[test]
fn zdd_20_two_operators() {
    let mut there = pair();
    let forward = Original { max_wait: Duration::from_secs(5), ..Original::to(4) };
    let back = Original { old: NEW, new: OLD, ..forward };
    forward.round(&mut there, &mut |_| {});
    // Both look, then one acts, then the other.
    let (actions, _) = forward.decide(&mut there.clone(), &mut |_| {});
    back.round(&mut there, &mut |_| {});
    for action in &actions {
        there.act(action);
    }
    assert!(there.stopped.iter().any(|it| it.was_serving && it.was_busy), "{:?}", there.log);

    // Both take hold of it for the first time; then one takes over from the other in its middle.
    let mut here = pair();
    let mut records = Records::default();
    let since = here.now;
    let holder = |who: &str| Holder { who: who.into(), since, yields: false };
    let operators = [("ann", Phase::Promote), ("bob", Phase::Rollback)];
    let won: Vec<bool> = operators
        .map(|(who, phase)| records.create(record(phase).app(1, Some(&holder(who)), None).unwrap()))
        .into();
    assert_eq!(won, [true, false]);
    let mut ann = record(Phase::Promote).rollout();
    let mut bob = record(Phase::Rollback).rollout();
    let (mut of_ann, mut of_bob, mut is_over) = (0, 0, false);
    for turn in 0..2000 {
        if turn == 6 {
            let app = record(Phase::Rollback).app(2, Some(&holder("bob")), None).unwrap();
            assert!(records.create(app));
        }
        // Each looks whether it is still the one, before it acts.
        let newest = records.newest();
        let seen = here.observe();
        let (by_ann, by_bob) = (ann.step(here.now, &seen), bob.step(here.now, &seen));
        let (mine, acted) = if newest == 1 { (by_ann, &mut of_ann) } else { (by_bob, &mut of_bob) };
        *acted += mine.actions.len();
        mine.actions.iter().for_each(|action| here.act(action));
        match mine.next {
            Next::Done(_) if newest == 2 => {
                is_over = true;
                break;
            }
            Next::Done(_) => {}
            Next::ObserveBy { deadline, .. } => here.pass(deadline.since(here.now)),
        }
    }
    assert!(is_over && of_ann > 0 && of_bob > 0, "{of_ann} {of_bob}: {:?}", here.log);
    assert_eq!((instances(&here, OLD), instances(&here, NEW)), (Some(4), None));
    assert!(here.stopped.iter().all(|it| !it.was_busy && !it.was_serving), "{:?}", here.stopped);
}
