//! What never happens, whatever dies, is forgotten, or is seen too late.

use std::time::Duration;

use proptest::prelude::*;
use zdd_core::ports::{SetState, Setting};
use zdd_core::rollout::{Action, Next, Observation, Outcome, Rollout, Target};

use super::world::World;
use super::{BACK, CANARY, PROMOTED, to};

/// Something that goes wrong, or does not.
#[derive(Clone, Debug)]
enum Fate {
    Nothing,
    /// A task dies.
    Dies(usize),
    /// A balancer forgets what was set.
    Forgets(usize),
    /// The observation is one from before.
    Late,
    /// The process dies before anything is done, and another one begins anew.
    Crash,
    /// The process dies after the first thing was done.
    HalfDone,
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        6 => Just(Fate::Nothing),
        1 => (0..8_usize).prop_map(Fate::Dies),
        1 => (0..2_usize).prop_map(Fate::Forgets),
        1 => Just(Fate::Late),
        1 => Just(Fate::Crash),
        1 => Just(Fate::HalfDone),
    ]
}

/// What is to be reached, and from where.
fn ways() -> impl Strategy<Value = (Vec<Target>, u32)> {
    prop_oneof![
        Just((vec![CANARY], 2)),
        Just((vec![CANARY, PROMOTED], 2)),
        Just((vec![CANARY, BACK], 1)),
    ]
}

fn rollout(target: Target) -> Rollout {
    let rollout = to(target);
    match target {
        PROMOTED => rollout.holding(CANARY.traffic),
        BACK => rollout.on_the_way_back(),
        _ => rollout,
    }
}

/// Checks what is about to be done against what was seen, and against what is.
fn check(action: &Action, seen: &Observation, world: &World, is_fresh: bool) {
    match action {
        Action::Kill { tasks, .. } if is_fresh => {
            for task in tasks {
                assert!(!world.sessions_at(task), "{task} has sessions: {:#?}", world.log);
            }
        }
        Action::Delete { app, .. } if is_fresh => {
            for task in world.tasks.iter().filter(|it| it.app == *app) {
                assert!(!world.sessions_at(&task.id), "{} has sessions", task.id);
            }
        }
        Action::Set(changes) => {
            let takes_out =
                |it: &Setting| matches!(it, Setting::State(SetState::Drain | SetState::Maint));
            let out = changes.iter().filter(|it| takes_out(&it.setting)).count();
            if out > 0 && is_fresh {
                let mut after = world.clone();
                after.act(action);
                assert!(
                    after.serving() >= world.serving().min(3),
                    "{action}: {} serve of {}, {seen:#?}",
                    after.serving(),
                    world.serving(),
                );
            }
        }
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]
    #[test]
    fn nothing_with_sessions_is_stopped_and_all_ends(
        fates in proptest::collection::vec(fate(), 0..120),
        (targets, balancers) in ways(),
    ) {
        let mut world = World::new(3, balancers as usize);
        let mut fates = fates.into_iter();
        for target in targets {
            let mut engine = rollout(target);
            let mut before = world.observe();
            let mut outcome = None;
            for _ in 0..2000 {
                let fate = fates.next().unwrap_or(Fate::Nothing);
                match fate {
                    Fate::Dies(nth) => world.die(nth),
                    Fate::Forgets(nth) => world.forget(nth),
                    Fate::Crash => engine = rollout(target),
                    _ => {}
                }
                let now = world.observe();
                let is_fresh = !matches!(fate, Fate::Late);
                let seen = if is_fresh { now.clone() } else { before };
                before = now;
                let decision = engine.step(world.now, &seen);
                for action in &decision.actions {
                    check(action, &seen, &world, is_fresh);
                    world.act(action);
                }
                if matches!(fate, Fate::HalfDone) {
                    engine = rollout(target);
                }
                match decision.next {
                    Next::Done(Outcome::Reached) if is_fresh => {
                        outcome = Some(Outcome::Reached);
                        break;
                    }
                    // From an old view it may seem to be over.
                    Next::Done(Outcome::Reached) => world.pass(Duration::from_secs(1)),
                    Next::Done(other) => panic!("{other:?}: {:#?}", world.log),
                    Next::ObserveBy { deadline, .. } => {
                        world.pass(deadline.since(world.now).max(Duration::from_millis(1)));
                    }
                }
            }
            prop_assert_eq!(outcome, Some(Outcome::Reached), "{:#?}", world.log);
        }
    }
}
