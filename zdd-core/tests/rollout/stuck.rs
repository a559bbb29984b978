//! What could go on for ever: a marathon-lb that hangs, servers that nobody brings back, old workers that
//! never end.

use std::time::Duration;

use zdd_core::ports::{ServerChange, SetState, Setting};
use zdd_core::rollout::{
    Action, Next, Observation, OnDrainTimeout, Outcome, Patience, Rollout, Split, Target,
};

use super::world::{NEW, OLD, World, server_name};
use super::{CANARY, PROMOTED, id, run, taken_back, to};

/// Runs until it is over, on looks that are `told`.
fn run_told(
    world: &mut World,
    mut rollout: Rollout,
    told: impl Fn(&mut Observation),
) -> (Outcome, Duration) {
    let began = world.now;
    for _ in 0..10_000 {
        let mut seen = world.observe();
        told(&mut seen);
        let decision = rollout.step(world.now, &seen);
        decision.actions.iter().for_each(|action| world.act(action));
        match decision.next {
            Next::Done(outcome) => return (outcome, world.now.since(began)),
            Next::ObserveBy { deadline, .. } => world.pass(deadline.since(world.now)),
        }
    }
    panic!("it never ends: {:#?}", world.log)
}

/// All that comes of it is one instance more, and less again.
#[test]
fn a_marathon_lb_that_hangs_ends_it() {
    let mut world = World::begun();
    assert_eq!(world.serving(), 4, "one of the old ones is out");
    world.merges = false;
    world.start_up = Duration::from_secs(40);
    let (outcome, time) = run_told(&mut world, taken_back().with_floor(4), |_| ());
    assert!(matches!(outcome, Outcome::TimedOut(_)), "{outcome:?}");
    assert!(time < Patience::default().wait + Duration::from_secs(60), "{time:?}");
}

/// Both are whole; of the new ones two are out, and the old app was scaled last.
#[test]
fn what_is_too_many_makes_room_for_what_is_out() {
    let split = Split { old: 80, new: 20 };
    let mut world = World::new(3, 1);
    let both = Target { old: 3, new: 3, traffic: split.into() };
    assert_eq!(run(&mut world, to(both)), Outcome::Reached);
    let out = world.tasks.iter().filter(|it| it.app == id(NEW)).take(2);
    let changes = out.map(|it| ServerChange {
        server: server_name(it.port),
        setting: Setting::State(SetState::Drain),
    });
    world.act(&Action::Set(changes.collect()));
    world.was_scaled(&id(OLD));
    assert_eq!(run(&mut world, to(PROMOTED).holding(split)), Outcome::Reached);
    assert_eq!((world.serving(), world.apps[&id(NEW)].instances().get()), (3, 3));
    assert!(world.stopped.iter().all(|it| !it.was_serving && !it.was_busy));
}

/// Where sessions are bound to servers by a cookie, a drain would still let them in.
#[test]
fn bound_servers_that_were_taken_out_serve_again_on_the_way_forward() {
    let split = Split { old: 80, new: 20 };
    let bound = |seen: &mut Observation| {
        for look in seen.balancers.iter_mut().filter_map(|it| it.seen.as_mut().ok()) {
            look.servers.iter_mut().for_each(|it| it.is_sticky = true);
        }
    };
    let stand = |new| Target { old: 3, new, traffic: split.into() };
    let mut world = World::new(3, 1);
    assert_eq!(run(&mut world, to(stand(3))), Outcome::Reached);
    world.sessions = Duration::from_secs(100);
    world.pass(Duration::from_secs(1));
    let mut less = to(stand(1)).holding(split);
    let n_out = |world: &World| {
        world.balancers[0].values().filter(|it| it.state == SetState::Maint).count()
    };
    for _ in 0..100 {
        let mut seen = world.observe();
        bound(&mut seen);
        less.step(world.now, &seen).actions.iter().for_each(|action| world.act(action));
        world.pass(Duration::from_millis(200));
        if n_out(&world) == 2 {
            break;
        }
    }
    assert_eq!(n_out(&world), 2);
    let (outcome, _) = run_told(&mut world, to(PROMOTED).holding(split), bound);
    assert_eq!((outcome, world.serving()), (Outcome::Reached, 3));
}

/// An old process keeps a connection for ever, and the time of what drains is over.
#[test]
fn old_workers_hold_up_no_kill_that_was_asked_for() {
    let with_old_worker = |seen: &mut Observation| {
        for look in seen.balancers.iter_mut().filter_map(|it| it.seen.as_mut().ok()) {
            look.old_workers = Some(1);
        }
    };
    let ended = |on_drain_timeout| {
        let mut world = World::new(3, 1);
        assert_eq!(run(&mut world, to(CANARY)), Outcome::Reached);
        let drain = Duration::from_secs(20);
        let patience = Patience { drain, on_drain_timeout, ..Patience::default() };
        let rollout = to(PROMOTED).holding(CANARY.traffic).with_patience(patience);
        run_told(&mut world, rollout, with_old_worker)
    };
    let (outcome, time) = ended(OnDrainTimeout::Kill);
    assert_eq!(outcome, Outcome::Reached);
    assert!(time >= Duration::from_secs(20), "{time:?}");
    let (outcome, _) = ended(OnDrainTimeout::Stop);
    assert!(matches!(outcome, Outcome::TimedOut(_)), "{outcome:?}");
}

/// A balancer makes a server in maintenance, and lets it serve right after that: what it says must not be
/// undone. What stays there is brought back.
#[test]
fn a_server_that_is_being_added_is_left_to_its_balancer() {
    let mut world = World::new(3, 1);
    assert_eq!(run(&mut world, to(CANARY)), Outcome::Reached);
    let back = Target { old: 3, new: 0, traffic: Split::OLD.into() };
    let mut back = to(back).holding(CANARY.traffic).on_the_way_back();
    let server = server_name(world.tasks[0].port);
    let setting = Setting::State(SetState::Maint);
    world.act(&Action::Set(vec![ServerChange { server: server.clone(), setting }]));
    let mut touched = Vec::new();
    let began = world.now;
    while world.now.since(began) < Duration::from_secs(2) {
        let decision = back.step(world.now, &world.observe());
        let is_state =
            |it: &&ServerChange| it.server == server && matches!(it.setting, Setting::State(_));
        let changes = decision.actions.iter().flat_map(|action| match action {
            Action::Set(changes) => changes.as_slice(),
            _ => &[],
        });
        touched.extend(changes.filter(is_state).map(|_| world.now.since(began)));
        decision.actions.iter().for_each(|action| world.act(action));
        world.pass(Duration::from_millis(200));
    }
    let first = touched.first().copied().unwrap();
    assert!(first >= Duration::from_secs(1), "{touched:?}");
}
