//! Blue/green within the bounds of an `upgradeStrategy`.

use std::time::Duration;

use zdd_core::capacity::UpgradeStrategy;
use zdd_core::rollout::forecast::{Lasting, Limits, World as Imagined, forecast};
use zdd_core::rollout::{Next, NoRoom, Outcome, Rollout, Target, Traffic, Waves};
use zdd_core::timeline::Assumptions;
use zdd_core::units::{InstanceCount, MaximumOverCapacity, MinimumHealthCapacity};

use super::id;
use super::world::{NEW, OLD, World, app, labelled};

fn waves(before: u32, full: u32, [min, over]: [f64; 2], is_out: bool) -> Result<Waves, NoRoom> {
    let strategy = UpgradeStrategy {
        minimum_health_capacity: MinimumHealthCapacity::try_from(min).unwrap(),
        maximum_over_capacity: MaximumOverCapacity::try_from(over).unwrap(),
    };
    let bounds = strategy.bounds(InstanceCount::saturating_from(full.into()));
    Waves::of(before, full, bounds, is_out)
}

fn rollout(waves: Waves, target: Target, full: u32) -> Rollout {
    Rollout::new(Some(id(OLD)), id(NEW), target)
        .holding(target.traffic)
        .with_definition(labelled(NEW, waves.first, full))
        .growing(waves.growth())
        .with_floor(waves.floor)
}

/// Runs to the end; at every moment the bounds hold. Says how many of each there were, whenever that
/// changed.
fn run(world: &mut World, mut rollout: Rollout, waves: Waves) -> Vec<[u32; 2]> {
    let mut counts = Vec::new();
    // To be the one that marathon-lb takes for the new one, an app is scaled up by one and at once down.
    let most = waves.most + u32::from(world.merges);
    for _ in 0..500 {
        let decision = rollout.step(world.now, &world.observe());
        for action in &decision.actions {
            world.act(action);
            let instances =
                |of: &str| world.apps.get(&id(of)).map_or(0, |app| app.instances().get());
            let both = [instances(OLD), instances(NEW)];
            let total = both[0] + both[1];
            assert!(total <= most, "{both:?}: {:#?}", world.log);
            let serving = u32::try_from(world.serving()).unwrap();
            assert!(serving >= waves.floor, "{serving} serve: {:#?}", world.log);
            if counts.last() != Some(&both) {
                counts.push(both);
            }
        }
        match decision.next {
            Next::Done(outcome) => {
                assert_eq!(outcome, Outcome::Reached, "{:#?}", world.log);
                return counts;
            }
            Next::ObserveBy { deadline, .. } => world.pass(deadline.since(world.now)),
        }
    }
    panic!("it never ends: {:#?}", world.log)
}

fn swap(before: u32, full: u32, strategy: [f64; 2]) -> Vec<[u32; 2]> {
    let waves = waves(before, full, strategy, false).unwrap();
    let target = Target { old: 0, new: full, traffic: Traffic::ByInstances };
    let mut world = World::new(before, 2);
    run(&mut world, rollout(waves, target, full), waves)
}

#[test]
fn one_at_a_time_where_there_is_room_for_one() {
    assert_eq!(
        swap(4, 4, [1.0, 0.25]),
        [[4, 0], [4, 1], [3, 1], [3, 2], [2, 2], [2, 3], [1, 3], [1, 4], [0, 4]]
    );
}

#[test]
fn all_at_once_where_there_is_room_for_all() {
    assert_eq!(swap(3, 3, [1.0, 1.0]), [[3, 0], [3, 3], [0, 3]]);
}

#[test]
fn where_nothing_may_be_added_old_ones_go_first_as_far_as_the_floor() {
    assert_eq!(swap(4, 4, [0.5, 0.0]), [[4, 0], [2, 0], [2, 2], [0, 2], [0, 4]]);
}

#[test]
fn where_nothing_could_move_it_is_refused_before() {
    assert_eq!(waves(4, 4, [1.0, 0.0], false), Err(NoRoom { floor: 4, most: 4 }));
    assert_eq!(waves(4, 4, [0.5, 0.0], true), Err(NoRoom { floor: 4, most: 4 }));
    // There is nobody to take over from.
    assert_eq!(waves(0, 4, [1.0, 0.0], false).map(|it| it.first), Ok(4));
}

/// What stops takes its time, and counts until it is gone.
#[test]
fn what_stops_counts_until_it_is_gone() {
    let ms = Duration::from_millis;
    let of = Assumptions { start: ms(4_000), healthy: ms(3_000), stop: ms(9_000) };
    let lasting = Lasting { old: of, new: of, sessions: ms(2_000) };
    for (before, full) in [(4, 4), (5, 3), (3, 5), (6, 6)] {
        for strategy in [[1.0, 0.25], [0.5, 0.0], [0.5, 0.5], [1.0, 1.0], [0.0, 0.0]] {
            let Ok(waves) = waves(before, full, strategy, false) else { continue };
            let target = Target { old: 0, new: full, traffic: Traffic::ByInstances };
            let world = Imagined::new(Some(id(OLD)), id(NEW), lasting);
            let mut world = world.with_running(&app(OLD, before));
            let mut rollout = rollout(waves, target, full);
            let told = forecast(&mut world, &mut rollout, Limits::default()).unwrap();
            assert_eq!(told.outcome, Outcome::Reached, "{before} {full} {strategy:?}");
            assert!(told.highest_total.count <= waves.most.into(), "{waves:?}: {told:#?}");
            assert!(told.lowest_serving.count >= waves.floor.into(), "{waves:?}: {told:#?}");
        }
    }
}

/// Whatever the sizes and the bounds: it ends, and they hold at every moment; on the way back from
/// anywhere, too.
#[test]
fn the_bounds_hold_at_every_moment_forwards_and_back() {
    let mut n_runs = 0;
    for before in 0..=6 {
        for full in 1..=6 {
            for min in [0.0, 0.3, 0.5, 0.8, 1.0] {
                for over in [0.0, 0.2, 0.5, 1.0] {
                    for merges in [false, true] {
                        let Ok(waves) = waves(before, full, [min, over], merges) else { continue };
                        n_runs += there_and_back(waves, before, full, merges);
                    }
                }
            }
        }
    }
    assert!(n_runs > 10_000, "{n_runs}");
}

fn there_and_back(waves: Waves, before: u32, full: u32, merges: bool) -> u32 {
    let traffic = if merges { Traffic::Untouched } else { Traffic::ByInstances };
    let forwards = Target { old: 0, new: full, traffic };
    let back = Target { old: before, new: 0, traffic };
    let mut n_runs = 0;
    for turn in 0.. {
        let mut world = World::new(0, 1);
        (world.sessions, world.start_up) = (Duration::from_secs(1), Duration::from_secs(1));
        world.merges = merges;
        let mut rollout = rollout(waves, forwards, full);
        if before > 0 {
            world.create(&labelled(OLD, before, before));
            world.pass(Duration::from_secs(10));
        } else {
            rollout = Rollout::new(None, id(NEW), forwards).with_definition(app(NEW, full));
        }
        for _ in 0..turn {
            let decision = rollout.step(world.now, &world.observe());
            decision.actions.iter().for_each(|action| world.act(action));
            match decision.next {
                Next::Done(outcome) => {
                    assert_eq!(
                        outcome,
                        Outcome::Reached,
                        "{before} {waves:?} {full} {:#?} {:?}",
                        world.log,
                        world.observe().balancers
                    );
                    return n_runs;
                }
                Next::ObserveBy { deadline, .. } => world.pass(deadline.since(world.now)),
            }
        }
        n_runs += 1;
        if before > 0 && world.apps.contains_key(&id(OLD)) {
            let rollout = self::rollout(waves, back, full).on_the_way_back();
            run(&mut world, rollout, waves);
        }
    }
    n_runs
}
