//! Sessions that are cut are counted, wherever that is done.

use std::time::Duration;

use zdd_core::rollout::{
    Action, Growth, Next, OnDrainTimeout, Outcome, Patience, Rollout, Target, Traffic, cut_by,
};

use super::id;
use super::world::{NEW, OLD, World, app, labelled};

const TARGET: Target = Target { old: 0, new: 2, traffic: Traffic::ByInstances };

/// Two instances with a session at each of two balancers, which never ends.
fn world(merges: bool) -> World {
    let mut world = World::new(0, 2);
    world.merges = merges;
    world.create(&labelled(OLD, 2, 2));
    world.sessions = Duration::from_secs(100_000);
    world.pass(Duration::from_secs(10));
    world
}

fn rollout(traffic: Traffic, policy: OnDrainTimeout) -> Rollout {
    let patience = Patience {
        drain: Duration::from_secs(20),
        on_drain_timeout: policy,
        ..Patience::default()
    };
    Rollout::new(Some(id(OLD)), id(NEW), Target { traffic, ..TARGET })
        .holding(traffic)
        .growing(Growth::Once)
        .with_floor(2)
        .with_patience(patience)
        .with_definition(labelled(NEW, 2, 2))
}

/// What cut how many sessions, until it is over.
fn cut(mut world: World, mut rollout: Rollout) -> (Vec<(String, u64)>, Outcome) {
    let mut cut = Vec::new();
    for _ in 0..1_000 {
        let seen = world.observe();
        let decision = rollout.step(world.now, &seen);
        for action in &decision.actions {
            match cut_by(action, &seen) {
                0 => {}
                sessions => cut.push((action.to_string(), sessions)),
            }
            world.act(action);
        }
        match decision.next {
            Next::Done(outcome) => return (cut, outcome),
            Next::ObserveBy { deadline, .. } => world.pass(deadline.since(world.now)),
        }
    }
    panic!("it never ends: {:#?}", world.log)
}

#[test]
fn at_the_balancers_where_they_can_be_cut_there() {
    let (cut, outcome) = cut(world(false), rollout(TARGET.traffic, OnDrainTimeout::Kill));
    let servers = "127_0_0_1_31001, 127_0_0_1_31002";
    assert_eq!(cut, [(format!("cut the sessions of {servers}"), 4)]);
    assert_eq!(outcome, Outcome::Reached);
}

#[test]
fn with_their_tasks_where_they_cannot() {
    let (cut, outcome) = cut(world(true), rollout(Traffic::Untouched, OnDrainTimeout::Kill));
    assert_eq!(cut, [(format!("remove {OLD}"), 4)]);
    assert_eq!(outcome, Outcome::Reached);
}

#[test]
fn none_by_whoever_stops_there() {
    for traffic in [TARGET.traffic, Traffic::Untouched] {
        let begun = world(traffic == Traffic::Untouched);
        let (cut, outcome) = cut(begun, rollout(traffic, OnDrainTimeout::Stop));
        assert_eq!(cut, []);
        assert!(matches!(outcome, Outcome::TimedOut(_)), "{outcome:?}");
    }
}

#[test]
fn what_stops_nothing_cuts_nothing_and_only_what_goes_counts() {
    let mut world = world(false);
    world.create(&app(NEW, 1));
    world.pass(Duration::from_secs(10));
    let seen = world.observe();
    let [first, .., last] = world.tasks.as_slice() else { panic!("three run") };
    let kill = |app: &str, task: &zdd_core::units::TaskId| Action::Kill {
        app: id(app),
        tasks: [task.clone()].into(),
    };
    assert_eq!(cut_by(&kill(OLD, &first.id), &seen), 2);
    assert_eq!(cut_by(&kill(NEW, &last.id), &seen), 2);
    let remove = |app| Action::Delete { app: id(app), force: zdd_core::ports::Force::No };
    assert_eq!([OLD, NEW].map(|app| cut_by(&remove(app), &seen)), [4, 2]);
    assert_eq!(cut_by(&Action::Create(Box::new(app(NEW, 1))), &seen), 0);
}
