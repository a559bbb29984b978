//! Instances that Marathon was told to stop, and that run on for a while.

use zdd_core::ports::{SetState, Setting};
use zdd_core::rollout::record::{Phase, Record};
use zdd_core::rollout::{Action, Growth, Next, Rollout, Target, Traffic};
use zdd_core::testing;

use super::id;
use super::world::{NEW, OLD, World, app};

/// Marathon lowers the number of instances at once and lists the task until it has ended. Whoever turns
/// round just then finds it healthy and out of service: it stays there.
#[test]
fn what_is_being_stopped_gets_no_request_again() {
    let mut world = World::new(4, 1);
    let target = Target { old: 0, new: 4, traffic: Traffic::ByInstances };
    let mut forwards = Rollout::new(Some(id(OLD)), id(NEW), target)
        .holding(Traffic::ByInstances)
        .growing(Growth::ByHalf)
        .with_floor(4)
        .with_definition(app(NEW, 1));
    let tasks = loop {
        let decision = forwards.step(world.now, &world.observe());
        let kill = decision.actions.iter().find_map(|it| match it {
            Action::Kill { app, tasks } if *app == id(OLD) => Some(tasks.clone()),
            _ => None,
        });
        if let Some(tasks) = kill {
            break tasks;
        }
        decision.actions.iter().for_each(|action| world.act(action));
        let Next::ObserveBy { deadline, .. } = decision.next else { panic!("{decision:?}") };
        world.pass(deadline.since(world.now));
    };
    let mut seen = world.observe();
    let old = seen.old.as_mut().unwrap();
    let left = old.app.instances().get() - u32::try_from(tasks.len()).unwrap();
    old.app = old.app.clone().with_instances(u16::try_from(left).unwrap().into());

    let record = Record {
        phase: Phase::Rollback,
        before: 4,
        full: 4,
        floor: 4,
        traffic: Traffic::ByInstances,
        hold: Traffic::ByInstances,
        growth: Growth::ByHalf,
        ..testing::record()
    };
    let is_back = |action: &Action| match action {
        Action::Set(changes) => changes.iter().any(|change| {
            matches!(change.setting, Setting::State(SetState::Drain | SetState::Ready))
        }),
        _ => false,
    };
    let step = |seen| record.rollout().step(world.now, seen);
    let while_it_runs = step(&seen);
    assert!(!while_it_runs.actions.iter().any(is_back), "{while_it_runs:?}");
    // Had Marathon not been told, it would serve again.
    let before = step(&world.observe());
    assert!(before.actions.iter().any(is_back), "{before:?}");
}
