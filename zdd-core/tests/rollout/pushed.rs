//! Somebody pushes another definition of an app while it is rolled out.

use zdd_core::app::App;
use zdd_core::rollout::record::{Found, Phase};
use zdd_core::rollout::{Growth, Known, Next, Outcome, Rollout, Target, Traffic};
use zdd_core::testing;

use super::world::{NEW, OLD, World, labelled};
use super::{BACK, CANARY, PROMOTED, id, run, to};

/// An app as Marathon lists it, whose definition was changed last in this minute.
fn changed(name: &str, instances: u32, minute: u32) -> App {
    let at = format!("1970-01-01T00:{minute:02}:00.000Z");
    let text = format!(
        r#"{{"id": "{name}", "instances": {instances}, "healthChecks": [{{"protocol": "HTTP"}}],
            "version": "1970-01-01T01:00:00.000Z",
            "versionInfo": {{"lastScalingAt": "1970-01-01T01:00:00.000Z", "lastConfigChangeAt": "{at}"}}}}"#
    );
    App::parse(&text).unwrap()
}

fn world() -> World {
    let mut world = World::new(0, 1);
    world.create(&changed(OLD, 3, 1));
    world.pass(std::time::Duration::from_secs(10));
    world
}

fn start() -> Rollout {
    to(CANARY).with_definition(changed(NEW, 1, 2))
}

/// Another definition, with as many instances as there are.
fn push(world: &mut World, name: &str, minute: u32) {
    let instances = world.apps[&id(name)].instances().get();
    world.apps.insert(id(name), changed(name, instances, minute));
}

/// Carries out so many steps; whether it is over then.
fn steps(world: &mut World, rollout: &mut Rollout, count: usize) -> bool {
    (0..count).any(|_| {
        let decision = rollout.step(world.now, &world.observe());
        decision.actions.iter().for_each(|action| world.act(action));
        let Next::ObserveBy { deadline, .. } = decision.next else { return true };
        world.pass(deadline.since(world.now));
        false
    })
}

#[test]
fn what_the_rollout_itself_changes_is_no_definition() {
    let mut world = world();
    assert_eq!(run(&mut world, start()), Outcome::Reached);
    assert_eq!(run(&mut world, to(PROMOTED).holding(CANARY.traffic)), Outcome::Reached);
    assert_eq!((world.serving(), world.share(0)), (3, 1000));
}

#[test]
fn it_ends_wherever_that_happens_and_does_nothing_more() {
    let mut n_ended = 0;
    for name in [OLD, NEW] {
        for count in 1..60 {
            let mut world = world();
            assert_eq!(run(&mut world, start()), Outcome::Reached);
            let mut rollout = to(PROMOTED).holding(CANARY.traffic);
            if steps(&mut world, &mut rollout, count) || !world.apps.contains_key(&id(name)) {
                continue;
            }
            push(&mut world, name, 3);
            let decision = rollout.step(world.now, &world.observe());
            assert_eq!(decision.actions, [], "{name} after {count}");
            assert_eq!(decision.next, Next::Done(Outcome::Changed(id(name))), "after {count}");
            n_ended += 1;
            // Whoever goes on knowingly takes what is there, either way.
            let back = to(BACK).holding(CANARY.traffic).on_the_way_back();
            let ways = [to(PROMOTED).holding(CANARY.traffic), back];
            for (way, serves) in ways.into_iter().zip([NEW, OLD]) {
                let mut world = world.clone();
                if world.apps.contains_key(&id(serves)) {
                    assert_eq!(run(&mut world, way), Outcome::Reached, "{name} after {count}");
                    assert_eq!(world.serving(), 3);
                }
            }
        }
    }
    assert!(n_ended > 40, "{n_ended}");
}

#[test]
fn a_late_view_is_no_change_and_an_app_that_is_made_anew_is_none() {
    let mut world = world();
    let mut rollout = start();
    assert!(!steps(&mut world, &mut rollout, 1));
    let mut late = world.clone();
    push(&mut late, OLD, 0);
    let decision = rollout.step(late.now, &late.observe());
    assert!(!matches!(decision.next, Next::Done(_)), "{decision:?}");
    // The new app is removed by somebody, and created again by the rollout.
    assert!(!steps(&mut world, &mut rollout, 3));
    assert!(world.apps.remove(&id(NEW)).is_some());
    world.pass(std::time::Duration::from_secs(1));
    assert!(!steps(&mut world, &mut rollout, 1));
    assert!(world.apps.contains_key(&id(NEW)), "{:?}", world.log);
    push(&mut world, NEW, 9);
    let decision = rollout.step(world.now, &world.observe());
    assert!(!matches!(decision.next, Next::Done(_)), "it is seen for the first time");
}

#[test]
fn whoever_goes_on_after_a_crash_is_told_once() {
    for (phase, name) in [(Phase::Promote, OLD), (Phase::Promote, NEW), (Phase::Canary, NEW)] {
        let mut world = world();
        assert_eq!(run(&mut world, start()), Outcome::Reached);
        let mut record = testing::record();
        (record.phase, record.hold) = (phase, record.traffic);
        record.known.note(&world.observe());
        // Marathon keeps what the one wrote that crashed.
        let kept = record.app(1, None, None).unwrap();
        push(&mut world, name, 3);
        let mut record = Found::of(&kept).unwrap().record;
        let decision = record.rollout().step(world.now, &world.observe());
        assert_eq!(decision.actions, []);
        assert_eq!(decision.next, Next::Done(Outcome::Changed(id(name))));
        // Whoever takes it back takes what is there.
        let back = record.turned(Phase::Rollback).unwrap();
        assert_eq!(back.known, Known::default());
        assert_eq!(run(&mut world.clone(), back.rollout()), Outcome::Reached);
        record.known.note(&world.observe());
        assert_eq!(run(&mut world, record.rollout()), Outcome::Reached);
    }
}

/// marathon-lb takes the app that was changed last for the new one, and takes out what is to serve.
#[test]
fn after_a_push_the_right_one_is_taken_out_again() {
    let target = Target { old: 0, new: 4, traffic: Traffic::ByInstances };
    let rollout = || {
        Rollout::new(Some(id(OLD)), id(NEW), target)
            .with_definition(labelled(NEW, 1, 4))
            .holding(Traffic::ByInstances)
            .growing(Growth::ByHalf)
            .with_floor(4)
    };
    let mut n_pushed = 0;
    for count in 1..60 {
        let mut world = World::new(0, 1);
        world.merges = true;
        world.create(&labelled(OLD, 4, 4));
        world.pass(std::time::Duration::from_secs(10));
        let mut first = rollout();
        if steps(&mut world, &mut first, count) || !world.apps.contains_key(&id(OLD)) {
            break;
        }
        world.was_scaled(&id(OLD));
        assert_eq!(run(&mut world, rollout()), Outcome::Reached, "after {count}");
        assert_eq!(world.serving(), 4);
        n_pushed += 1;
    }
    assert!(n_pushed > 5, "{n_pushed}");
}
