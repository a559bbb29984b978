//! What happens in clusters that have a bad day: instances that are not launched, that fall over again and
//! again, servers that somebody left out, balancers that are not seen.

use std::time::Duration;

use zdd_core::ports::{BalancerError, SetState};
use zdd_core::rollout::{
    Action, Growth, Limits, Next, Outcome, Pause, Rollout, Soak, Split, Target, Traffic, WaitingOn,
};

use super::world::{NEW, OLD, World, app};
use super::{CANARY, PROMOTED, id, run, taken_back, to};

/// Decides, acts and waits until the next look; how it ended, if it did.
fn round(world: &mut World, rollout: &mut Rollout) -> Option<Outcome> {
    let decision = rollout.step(world.now, &world.observe());
    decision.actions.iter().for_each(|action| world.act(action));
    match decision.next {
        Next::ObserveBy { deadline, .. } => {
            world.pass(deadline.since(world.now));
            None
        }
        Next::Done(outcome) => Some(outcome),
    }
}

/// Goes on until `is_there` says so, or it is over.
fn until(world: &mut World, rollout: &mut Rollout, is_there: impl Fn(&World) -> bool) {
    for _ in 0..1000 {
        if is_there(world) {
            return;
        }
        let over = round(world, rollout);
        assert_eq!(over, None, "{:#?}", world.log);
    }
    panic!("it never comes: {:#?}", world.log);
}

/// Marathon has not launched one yet, and lists the others. Told of a lower number, it stops others that
/// run: what it has not launched it gives up last.
#[test]
fn nothing_that_serves_is_stopped_in_the_place_of_what_is_not_launched() {
    let target = Target { old: 0, new: 4, traffic: Traffic::ByInstances };
    let mut rollout = Rollout::new(Some(id(OLD)), id(NEW), target)
        .with_definition(app(NEW, 1))
        .holding(Traffic::ByInstances)
        .growing(Growth::ByHalf);
    let mut world = World::new(4, 1);
    until(&mut world, &mut rollout, |world| world.serving() == 5);
    let mut seen = world.observe();
    seen.old.as_mut().unwrap().tasks.as_mut().unwrap().pop();
    let decision = rollout.step(world.now, &seen);
    let is_told = |it: &Action| matches!(it, Action::Scale { app, .. } if *app == id(OLD));
    assert!(!decision.actions.iter().any(is_told), "{decision:?}");
    assert!(!decision.actions.is_empty(), "another one is taken out");

    // A side that is to keep some waits for it.
    let mut world = World::new(3, 1);
    let both = |new| Target { old: 3, new, traffic: Traffic::ByInstances };
    assert_eq!(run(&mut world, to(both(3)).holding(Traffic::ByInstances)), Outcome::Reached);
    let mut fewer = to(both(2)).holding(Traffic::ByInstances);
    let mut look = |world: &World| {
        let mut seen = world.observe();
        seen.new.as_mut().unwrap().tasks.as_mut().unwrap().pop();
        fewer.step(world.now, &seen)
    };
    // Weights first, for those that are there.
    let decision = look(&world);
    assert!(matches!(*decision.actions, [Action::Set(_)]), "{decision:?}");
    decision.actions.iter().for_each(|action| world.act(action));
    let decision = look(&world);
    assert_eq!(decision.actions, []);
    let Next::ObserveBy { waiting_on: WaitingOn::Health { have: 2, need: 3, .. }, .. } =
        decision.next
    else {
        panic!("{decision:?}");
    };
}

/// The instance more that tells marathon-lb which app is the new one is not launched for a while.
#[test]
fn what_turns_marathon_lb_round_is_given_back_only_when_that_harms_nothing() {
    let mut world = World::begun();
    let mut back = taken_back().with_floor(4);
    let has = |world: &World| world.apps[&id(OLD)].instances().get();
    until(&mut world, &mut back, |world| has(world) == 5);
    let scales_down = |it: &Action| match it {
        Action::Scale { app, instances, .. } => *app == id(OLD) && instances.get() < 5,
        _ => false,
    };
    // It is not listed yet, or it launches: Marathon would stop another one.
    let mut seen = world.observe();
    let youngest = seen.old.as_mut().unwrap().tasks.as_mut().unwrap().pop();
    let decision = back.clone().step(world.now, &seen);
    assert!(!decision.actions.iter().any(scales_down), "{decision:?}");
    let mut launches = youngest.unwrap();
    launches.started_at = None;
    seen.old.as_mut().unwrap().tasks.as_mut().unwrap().push(launches);
    let decision = back.clone().step(world.now, &seen);
    assert!(!decision.actions.iter().any(scales_down), "{decision:?}");
    let decision = back.clone().step(world.now, &world.observe());
    assert!(decision.actions.iter().any(scales_down), "{decision:?}");
    assert_eq!(run(&mut world, back), Outcome::Reached);
    assert_eq!((has(&world), world.serving()), (4, 4));
}

/// Whoever scales what takes over has their reasons.
#[test]
fn what_somebody_adds_to_the_side_that_takes_over_stays() {
    let mut world = World::new(3, 1);
    assert_eq!(run(&mut world, to(CANARY)), Outcome::Reached);
    let more = world.apps[&id(OLD)].clone().with_instances(5.into());
    world.apps.insert(id(OLD), more);
    world.pass(Duration::from_secs(10));
    let back = Target { old: 3, new: 0, traffic: Split::OLD.into() };
    assert_eq!(
        run(&mut world, to(back).holding(CANARY.traffic).on_the_way_back()),
        Outcome::Reached
    );
    assert_eq!((world.apps[&id(OLD)].instances().get(), world.serving()), (5, 5));
}

#[test]
fn an_app_that_is_suspended_is_not_removed_on_the_way_back() {
    let mut world = World::new(0, 1);
    world.create(&app(OLD, 0));
    world.create(&app(NEW, 1));
    world.pass(Duration::from_secs(10));
    let target = Target { old: 0, new: 0, traffic: Traffic::ByInstances };
    let back = Rollout::new(Some(id(OLD)), id(NEW), target)
        .growing(Growth::ByHalf)
        .holding(Traffic::ByInstances)
        .on_the_way_back();
    assert_eq!(run(&mut world, back), Outcome::Reached);
    assert!(world.apps.contains_key(&id(OLD)), "{:?}", world.log);
    assert!(!world.apps.contains_key(&id(NEW)), "{:?}", world.log);
}

/// It gets healthy, HAProxy does not take it, it dies: no end of it.
#[test]
fn what_never_is_ready_for_good_is_given_up() {
    let mut world = World::new(3, 1);
    let mut rollout = to(CANARY);
    let began = world.now;
    let ended = (0..4000).find_map(|n| {
        if let Some(outcome) = round(&mut world, &mut rollout) {
            return Some(outcome);
        }
        let is_new = |app: &zdd_core::units::AppId| *app == id(NEW);
        world.down = world.tasks.iter().filter(|it| is_new(&it.app)).map(|it| it.port).collect();
        if n % 20 == 19
            && let Some(at) = world.tasks.iter().position(|it| is_new(&it.app))
        {
            world.die(at);
        }
        None
    });
    assert!(matches!(ended, Some(Outcome::TimedOut(_))), "{ended:?}");
    assert!(world.now.since(began) < Duration::from_secs(330), "{:?}", world.now.since(began));
}

/// Two hundred instances may take long, as long as there are more and more of them.
#[test]
fn as_long_as_more_and_more_are_ready_it_goes_on() {
    let mut world = World::new(3, 1);
    let mut rollout = to(Target { old: 3, new: 3, traffic: CANARY.traffic });
    world.start_up = Duration::from_secs(100_000);
    let mut due = world.now.saturating_add(Duration::from_secs(250));
    let ended = (0..10_000).find_map(|_| {
        if let Some(outcome) = round(&mut world, &mut rollout) {
            return Some(outcome);
        }
        if world.now >= due {
            due = world.now.saturating_add(Duration::from_secs(250));
            let now = world.now;
            if let Some(next) = world.tasks.iter_mut().find(|it| it.healthy_from > now) {
                next.healthy_from = now;
            }
        }
        None
    });
    assert_eq!(ended, Some(Outcome::Reached), "{:?}", world.log);
}

/// A canary of three was on its way to one, and is promoted instead: what drained is to serve again.
#[test]
fn what_was_taken_out_serves_again_on_the_way_forward() {
    let split = Split { old: 80, new: 20 };
    let stand = |new| Target { old: 3, new, traffic: split.into() };
    let mut world = World::new(3, 1);
    assert_eq!(run(&mut world, to(stand(3))), Outcome::Reached);
    world.sessions = Duration::from_secs(100);
    world.pass(Duration::from_secs(1));
    let mut less = to(stand(1)).holding(split);
    let is_out = |world: &World| {
        world.balancers[0].values().filter(|it| it.state == SetState::Drain).count() == 2
    };
    until(&mut world, &mut less, is_out);
    assert_eq!(run(&mut world, to(PROMOTED).holding(split)), Outcome::Reached);
    assert_eq!(world.serving(), 3);
}

#[test]
fn a_balancer_that_is_not_seen_is_no_sick_canary() {
    let mut world = World::new(3, 1);
    assert_eq!(run(&mut world, to(CANARY)), Outcome::Reached);
    let limits = Limits { unhealthy: Some(Duration::from_secs(30)), ..Limits::default() };
    let soak = Soak { pause: Pause::For(Duration::from_secs(1000)), limits };
    let mut rollout = to(CANARY).holding(CANARY.traffic).watched(soak, Some(world.now));
    let step = |rollout: &mut Rollout, world: &World, is_seen: bool| {
        let mut seen = world.observe();
        if !is_seen {
            seen.balancers[0].seen = Err(BalancerError::Unreachable {
                balancer: "lb0".into(),
                cause: "gone".into(),
                hint: None,
            });
        }
        rollout.step(world.now, &seen).next
    };
    for n in 0..60 {
        let next = step(&mut rollout, &world, n == 0);
        assert!(matches!(next, Next::ObserveBy { .. }), "{next:?}");
        world.pass(Duration::from_secs(1));
    }
    // One that is seen to be sick for so long is.
    world.down = world.tasks.iter().map(|it| it.port).collect();
    let over = (0..60).any(|_| {
        world.pass(Duration::from_secs(1));
        matches!(step(&mut rollout, &world, true), Next::Done(Outcome::Failed(_)))
    });
    assert!(over);
}
