//! What is published as wrong with zdd.py, each as a small world: its own rule goes wrong there, and the
//! engine, in the same world, does not.

mod alone;
mod capacity;
mod direction;
mod empty;
mod endless;
mod original;
mod roles;
mod stale;
mod unchecked;

use std::time::Duration;

use zdd_core::app::App;
use zdd_core::rollout::record::{Phase, Record};
use zdd_core::rollout::{Growth, Next, Outcome, Rollout, Target, Traffic};
use zdd_core::testing;

use super::id;
use super::world::{NEW, OLD, World};
use original::Original;

/// A world with a marathon-lb, in which the old app runs.
fn world(old: &App) -> World {
    let mut world = World::new(0, 1);
    world.merges = true;
    world.create(old);
    world.pass(Duration::from_secs(10));
    world
}

/// A rollout beside a marathon-lb, to so many of each.
fn rollout(old: u32, new: u32) -> Rollout {
    let target = Target { old, new, traffic: Traffic::Untouched };
    Rollout::new(Some(id(OLD)), id(NEW), target).holding(Traffic::Untouched).growing(Growth::ByHalf)
}

/// What is kept of a rollout of four instances beside a marathon-lb.
fn record(phase: Phase) -> Record {
    Record {
        phase,
        before: 4,
        full: 4,
        floor: 4,
        traffic: Traffic::Untouched,
        hold: Traffic::Untouched,
        growth: Growth::ByHalf,
        ..testing::record()
    }
}

/// Runs the engine until it is over. `meanwhile` is what happens besides.
fn ours(world: &mut World, mut rollout: Rollout, mut meanwhile: impl FnMut(&mut World)) -> Outcome {
    for _ in 0..3000 {
        let decision = rollout.step(world.now, &world.observe());
        decision.actions.iter().for_each(|action| world.act(action));
        match decision.next {
            Next::Done(outcome) => return outcome,
            Next::ObserveBy { deadline, .. } => world.pass(deadline.since(world.now)),
        }
        meanwhile(world);
    }
    panic!("it never ends: {:#?}", world.log)
}

/// Runs zdd.py's loop for so many rounds at most. Whether it ended.
fn theirs(
    world: &mut World,
    original: &Original,
    rounds: usize,
    mut meanwhile: impl FnMut(&mut World),
) -> bool {
    (0..rounds).any(|_| original.round(world, &mut meanwhile))
}

fn instances(world: &World, of: &str) -> Option<u32> {
    world.apps.get(&id(of)).map(|app| app.instances().get())
}
