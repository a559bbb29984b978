//! Blue/green, step by step, as zdd.py does it: its own decisions, computed by its own functions.

use std::time::Duration;

use serde_json::Value;
use zdd_core::rollout::{Action, Growth, Next, Outcome, Rollout, Target, Traffic, zdd_py};

use super::id;
use super::vectors::{Vector, number, vectors};
use super::world::{NEW, OLD, World, labelled};

fn growth(linear: u32) -> Growth {
    if linear == 0 { Growth::ByHalf } else { Growth::By(linear) }
}

#[test]
fn the_next_size_is_zdd_pys() {
    for Vector { id, given, out, .. } in vectors("scale_new_app_instances") {
        let of = |name: &str| number(&given[name]);
        let (grown, old) = (of("new_app_instances"), of("old_app_instances"));
        let is_complete = given["complete_cur"] == true || given["complete_prev"] == true;
        let beside = given["new_instances_label"].as_u64().unwrap_or(0);
        let is_hybrid = beside > 0 && !is_complete;
        assert_eq!(Value::from(is_hybrid), out["is_hybrid"], "{id}");
        let target = given["target_label"].as_u64().map_or(grown, |it| u32::try_from(it).unwrap());
        let to = if is_hybrid { u32::try_from(beside).unwrap() } else { target };
        let next = growth(of("linear_increase")).next(grown, old, to, is_hybrid);
        let expected = number(&out["next_instances"]);
        if grown == 0 && expected == 0 {
            // It would stay there for ever.
            assert_eq!(next, 1.min(to), "{id}");
        } else {
            assert_eq!(next, expected, "{id}");
        }
    }
}

/// One round, as zdd.py counts it.
#[derive(Debug, PartialEq)]
struct Round {
    new: u32,
    old: u32,
    kill: u32,
    scale_to: Option<u32>,
}

/// Runs to the end, and says what was done.
fn rounds(world: &mut World, mut rollout: Rollout) -> (Vec<Round>, Outcome) {
    let mut rounds = Vec::new();
    for _ in 0..3000 {
        let instances = |world: &World, of: &str| {
            world.apps.get(&id(of)).map_or(0, |app| app.instances().get())
        };
        let (new, old) = (instances(world, NEW), instances(world, OLD));
        let decision = rollout.step(world.now, &world.observe());
        let mut round = Round { new, old, kill: 0, scale_to: None };
        for action in &decision.actions {
            match action {
                Action::Kill { tasks, .. } => round.kill = u32::try_from(tasks.len()).unwrap(),
                Action::Scale { instances, .. } => round.scale_to = Some(instances.get()),
                _ => {}
            }
            world.act(action);
        }
        if round.kill > 0 || round.scale_to.is_some() {
            rounds.push(round);
        }
        match decision.next {
            Next::Done(outcome) => return (rounds, outcome),
            Next::ObserveBy { deadline, .. } => world.pass(deadline.since(world.now)),
        }
    }
    panic!("it never ends: {:#?}", world.log)
}

/// Whatever zdd.py would do in a world without trouble, this does, in the same rounds: through the
/// admin socket and where marathon-lb takes instances out by itself.
#[test]
fn the_rounds_are_zdd_pys() {
    let (mut n_reached, mut n_full) = (0, 0);
    for Vector { id: name, given, out, .. } in vectors("ideal_sequence") {
        let of = |name: &str| number(&given[name]);
        let total = of("old_instances");
        let first = number(&out["first_instances"]);
        let beside = number(&out["new_instances_label"]);
        if total == 0 || first == 0 {
            continue;
        }
        for traffic in [Traffic::ByInstances, Traffic::Untouched] {
            let mut world = World::new(0, 2);
            world.merges = traffic == Traffic::Untouched;
            world.sessions = Duration::ZERO;
            world.create(&labelled(OLD, total, total));
            world.pass(Duration::from_secs(10));
            // All of them beside none is no hybrid, but the whole.
            let stays = if beside > 0 && beside < total { total - beside } else { 0 };
            let target = Target { old: stays, new: total - stays, traffic };
            let rollout = Rollout::new(Some(id(OLD)), id(NEW), target)
                .with_definition(labelled(NEW, first, total))
                .holding(traffic)
                .growing(growth(of("linear_increase")))
                .with_floor(total);
            let (done, outcome) = rounds(&mut world, rollout);
            assert_eq!(outcome, Outcome::Reached, "{name}");
            assert_eq!(world.serving(), total as usize, "{name}");
            assert_eq!(world.apps.contains_key(&id(OLD)), stays > 0, "{name}");
            n_reached += 1;
            if beside >= total && beside > 0 {
                continue;
            }
            let expected: Vec<Round> = out["rounds"]
                .as_array()
                .unwrap()
                .iter()
                .map(|round| Round {
                    new: number(&round["new"]),
                    old: number(&round["old"]),
                    kill: round.get("kill").map_or(0, number),
                    scale_to: round.get("scale_to").map(number),
                })
                .filter(|it| it.kill > 0 || it.scale_to.is_some())
                .collect();
            assert_eq!(done, expected, "{name} {traffic:?}");
            n_full += 1;
        }
    }
    // In both modes.
    assert_eq!((n_reached, n_full), (2 * 42, 2 * 26));
}

/// Stopped after any step and taken back: the old app has everything again.
#[test]
fn back_from_anywhere() {
    for traffic in [Traffic::ByInstances, Traffic::Untouched] {
        for steps in 0..60 {
            let mut world = World::new(0, 1);
            world.merges = traffic == Traffic::Untouched;
            world.create(&labelled(OLD, 4, 4));
            world.pass(Duration::from_secs(10));
            let forward = Target { old: 0, new: 4, traffic };
            let mut rollout = Rollout::new(Some(id(OLD)), id(NEW), forward)
                .with_definition(labelled(NEW, 1, 4))
                .holding(traffic)
                .growing(Growth::ByHalf)
                .with_floor(4);
            for _ in 0..steps {
                let decision = rollout.step(world.now, &world.observe());
                decision.actions.iter().for_each(|action| world.act(action));
                assert!(world.serving() >= 4, "{:#?}", world.log);
                if let Next::ObserveBy { deadline, .. } = decision.next {
                    world.pass(deadline.since(world.now));
                }
            }
            let back = Target { old: 4, new: 0, traffic };
            let rollout = Rollout::new(Some(id(OLD)), id(NEW), back)
                .holding(traffic)
                .growing(Growth::ByHalf)
                .with_floor(4)
                .on_the_way_back();
            let (_, outcome) = rounds(&mut world, rollout);
            if world.apps.contains_key(&id(OLD)) {
                assert_eq!(outcome, Outcome::Reached, "after {steps}, {traffic:?}");
                assert_eq!((world.serving(), world.apps.len()), (4, 1), "after {steps}");
            }
        }
    }
}

/// The app that is posted is the one that zdd.py posts, but for its moment and for two faults.
#[test]
fn what_is_created_is_what_zdd_py_creates() {
    let (mut same, mut mended) = (0, 0);
    for Vector { id: name, given, out, .. } in vectors("prepare_deploy") {
        let json = given["app"].as_object().unwrap();
        let parse = |json: &Value| zdd_core::app::App::parse(&json.to_string());
        let group: Vec<_> = given["previous_deploys"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| parse(it).unwrap())
            .collect();
        let Ok(definition) = parse(&given["app"]) else {
            assert!(out.get("error").is_some(), "{name}");
            continue;
        };
        let of = |name: &str| number(&given[name]);
        let (initial, beside) = (of("initial_instances"), of("new_instances"));
        let old = group.first();
        let sizes = zdd_py::Sizes::of(&definition, old, initial, beside);
        let now = zdd_core::units::Timestamp::EPOCH;
        match zdd_py::prepare(json, &definition, old, sizes, now) {
            Err(missing) => assert_eq!(out["exit_status"], 4, "{name}: {missing}"),
            Ok(mut made) => {
                let labels = made["labels"].as_object_mut().unwrap();
                labels.remove("HAPROXY_DEPLOYMENT_STARTED_AT");
                let made = Value::Object(made);
                // The port of `portDefinitions` could not be read, and where the old app has no
                // `ports`, its second port was taken for its first.
                let is_fault = out["error"] == "AttributeError"
                    || old.is_some_and(|old| !old.as_json().contains_key("ports"));
                if made == out["app"] {
                    same += 1;
                } else {
                    assert!(is_fault, "{name}: {made} {out}");
                    mended += 1;
                }
            }
        }
    }
    assert!(same > 35 && mended > 0, "{same} {mended}");
}
