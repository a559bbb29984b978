//! Rollouts in a small world: where they lead, and what they never do on the way.
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod cut;
mod driven;
mod faults;
mod forecast;
mod growth;
mod model;
mod pace;
mod pushed;
mod recorded;
mod safety;
mod says_why;
mod soak;
mod stopping;
mod stuck;
mod unlucky;
mod vectors;
mod waves;
mod world;

use std::time::Duration;

use zdd_core::ports::{BalancerError, SetState};
use zdd_core::rollout::{
    Action, Growth, Next, OnDrainTimeout, Outcome, Patience, Rollout, Split, Target, Traffic,
    WaitingOn,
};
use zdd_core::units::AppId;

use world::{NEW, OLD, World, app};

const CANARY: Target =
    Target { old: 3, new: 1, traffic: Traffic::Split(Split { old: 80, new: 20 }) };
const PROMOTED: Target = Target { old: 0, new: 3, traffic: Traffic::Split(Split::NEW) };
const BACK: Target = Target { old: 3, new: 0, traffic: Traffic::Split(Split::OLD) };

fn id(text: &str) -> AppId {
    text.parse().unwrap()
}

fn to(target: Target) -> Rollout {
    Rollout::new(Some(id(OLD)), id(NEW), target).with_definition(app(NEW, 1)).with_floor(3)
}

/// Back to the four of [`World::begun`].
fn taken_back() -> Rollout {
    let target = Target { old: 4, new: 0, traffic: Traffic::Untouched };
    Rollout::new(Some(id(OLD)), id(NEW), target)
        .holding(Traffic::Untouched)
        .growing(Growth::ByHalf)
        .on_the_way_back()
}

/// Runs until it is over.
fn run(world: &mut World, mut rollout: Rollout) -> Outcome {
    for _ in 0..1000 {
        let decision = rollout.step(world.now, &world.observe());
        decision.actions.iter().for_each(|action| world.act(action));
        match decision.next {
            Next::Done(outcome) => return outcome,
            Next::ObserveBy { deadline, .. } => {
                assert!(deadline > world.now, "it would never end");
                world.pass(deadline.since(world.now));
            }
        }
    }
    panic!("it never ends: {:#?}", world.log)
}

#[test]
fn a_canary_gets_its_share_and_nothing_before_it_can_serve() {
    let mut world = World::new(3, 2);
    assert_eq!(run(&mut world, to(CANARY)), Outcome::Reached);
    assert_eq!([world.share(0), world.share(1)], [200, 200]);
    // The old ones have all weight before the new one is there: a server begins with 1.
    let names = |n: u32| format!("127_0_0_1_{}", 31_000 + n);
    let [a, b, c, d] = [names(1), names(2), names(3), names(4)];
    assert_eq!(
        world.log,
        [
            format!("set {a} weight 256, {b} weight 256, {c} weight 256"),
            format!("create {NEW} with 1"),
            format!("set {a} weight 256, {b} weight 256, {c} weight 256, {d} weight 192"),
        ]
    );
}

#[test]
fn promotion_grows_shifts_drains_and_removes_in_this_order() {
    let mut world = World::new(3, 2);
    assert_eq!(run(&mut world, to(CANARY)), Outcome::Reached);
    world.log.clear();
    assert_eq!(run(&mut world, to(PROMOTED).holding(CANARY.traffic)), Outcome::Reached);
    assert_eq!(world.share(0), 1000);
    assert!(!world.apps.contains_key(&id(OLD)));
    let at = |what: &str| world.log.iter().position(|line| line.contains(what)).unwrap();
    let (grown, drained, removed) = (at("scale /shop-green to 3"), at(" drain"), at("remove"));
    assert!(grown < drained && drained < removed, "{:#?}", world.log);
}

#[test]
fn the_way_back_gives_everything_to_the_old_one_first() {
    let mut world = World::new(3, 1);
    assert_eq!(run(&mut world, to(CANARY)), Outcome::Reached);
    world.log.clear();
    assert_eq!(run(&mut world, to(BACK).on_the_way_back()), Outcome::Reached);
    assert!(world.log[0].ends_with("weight 0"), "{:?}", world.log);
    assert!(!world.apps.contains_key(&id(NEW)));
    assert_eq!(world.serving(), 3);
}

#[test]
fn back_from_the_middle_of_a_promotion() {
    // Stopped after each number of steps, then turned round.
    for steps in 0..40 {
        let mut world = World::new(3, 2);
        assert_eq!(run(&mut world, to(CANARY)), Outcome::Reached);
        let mut forward = to(PROMOTED).holding(CANARY.traffic);
        for _ in 0..steps {
            let decision = forward.step(world.now, &world.observe());
            decision.actions.iter().for_each(|action| world.act(action));
            if let Next::ObserveBy { deadline, .. } = decision.next {
                world.pass(deadline.since(world.now));
            }
        }
        let outcome = run(&mut world, to(BACK).holding(CANARY.traffic).on_the_way_back());
        if world.apps.contains_key(&id(OLD)) {
            assert_eq!(outcome, Outcome::Reached, "after {steps}");
            assert_eq!((world.serving(), world.share(0)), (3, 0), "after {steps}");
        } else {
            assert!(matches!(outcome, Outcome::Vanished(_)), "after {steps}: {outcome:?}");
        }
    }
}

#[test]
fn what_dies_is_waited_for_and_shares_stay_exact_meanwhile() {
    let mut world = World::new(3, 1);
    let mut rollout = to(CANARY);
    assert_eq!(run(&mut world, rollout.clone()), Outcome::Reached);
    rollout = to(CANARY).holding(CANARY.traffic);
    world.die(0);
    world.pass(Duration::from_millis(500));
    let decision = rollout.step(world.now, &world.observe());
    assert!(matches!(decision.actions.as_slice(), [Action::Set(_)]), "{decision:?}");
    decision.actions.iter().for_each(|action| world.act(action));
    assert_eq!(world.share(0), 200);
    let decision = rollout.step(world.now, &world.observe());
    let Next::ObserveBy { waiting_on, .. } = decision.next else { panic!("not over") };
    assert_eq!(waiting_on.to_string(), "/shop-blue: 2 of 3 healthy");
    assert_eq!(run(&mut world, rollout), Outcome::Reached);
    assert_eq!(world.share(0), 200);
}

#[test]
fn sessions_that_do_not_end_are_the_operators_choice() {
    for (policy, expected) in [
        (OnDrainTimeout::Stop, "1 session at 1 instance to end"),
        (OnDrainTimeout::Kill, "reached"),
    ] {
        let mut world = World::new(1, 1);
        let canary = Target { old: 1, new: 1, traffic: Traffic::Split(Split { old: 1, new: 1 }) };
        let patience = Patience {
            drain: Duration::from_secs(20),
            on_drain_timeout: policy,
            ..Patience::default()
        };
        assert_eq!(run(&mut world, to(canary).with_floor(1)), Outcome::Reached);
        world.sessions = Duration::from_secs(100_000);
        world.pass(Duration::from_secs(1));
        let promoted = Target { old: 0, new: 1, traffic: Traffic::Split(Split::NEW) };
        let rollout = to(promoted).holding(canary.traffic).with_floor(1).with_patience(patience);
        let begun = world.now;
        let said = match run(&mut world, rollout) {
            Outcome::Reached => "reached".to_owned(),
            Outcome::TimedOut(waiting_on) => waiting_on.to_string(),
            other => panic!("{other:?}"),
        };
        assert_eq!(said, expected);
        assert!(world.now.since(begun) >= Duration::from_secs(20));
        let cut = world.log.iter().any(|line| line.starts_with("cut "));
        assert_eq!(cut, policy == OnDrainTimeout::Kill);
    }
}

#[test]
fn nothing_is_decided_while_a_balancer_is_not_seen() {
    let world = World::new(3, 2);
    let mut seen = world.observe();
    let error = BalancerError::Unreachable {
        balancer: "lb1".into(),
        cause: "no HAProxy at lb1".into(),
        hint: None,
    };
    seen.balancers[1].seen = Err(error.clone());
    let decision = to(CANARY).step(world.now, &seen);
    assert_eq!(decision.actions, []);
    let Next::ObserveBy { waiting_on, .. } = decision.next else { panic!("not over") };
    assert_eq!(waiting_on.to_string(), "no HAProxy at lb1");
    // What does not pass by itself ends it.
    let mut seen = world.observe();
    seen.refused = vec![BalancerError::ReadOnly { balancer: "lb1".into() }];
    let decision = to(CANARY).step(world.now, &seen);
    let Next::Done(Outcome::Stuck { hint, .. }) = decision.next else { panic!("{decision:?}") };
    assert!(hint.unwrap().contains("--haproxy"));
    seen.balancers.clear();
    seen.refused.clear();
    let decision = to(CANARY).step(world.now, &seen);
    assert!(matches!(decision.next, Next::ObserveBy { waiting_on: WaitingOn::NoBalancer, .. }));
}

#[test]
fn one_quiet_look_is_not_enough() {
    let mut world = World::new(1, 2);
    world.sessions = Duration::ZERO;
    let canary = Target { old: 1, new: 1, traffic: Traffic::Split(Split { old: 1, new: 1 }) };
    assert_eq!(run(&mut world, to(canary).with_floor(1)), Outcome::Reached);
    let promoted = Target { old: 0, new: 1, traffic: Traffic::Split(Split::NEW) };
    let mut rollout = to(promoted).with_floor(1);
    let mut waits = Vec::new();
    for _ in 0..6 {
        let decision = rollout.step(world.now, &world.observe());
        decision.actions.iter().for_each(|action| world.act(action));
        let Next::ObserveBy { deadline, waiting_on } = decision.next else { break };
        waits.push(waiting_on.code());
        // Time that stands still is no second look.
        let again = rollout.clone().step(world.now, &world.observe());
        let is_removal = |it: &Action| matches!(it, Action::Delete { .. });
        assert!(waiting_on.code() != "second-look" || !again.actions.iter().any(is_removal));
        world.pass(deadline.since(world.now));
    }
    assert_eq!(waits, ["settings", "settings", "second-look", "effect"]);
}

#[test]
fn the_floor_outweighs_the_target() {
    // Of 3 + 2, one is to stay: 3 would serve, and 4 have to.
    let mut world = World::new(3, 1);
    let both = Target { old: 3, new: 2, traffic: Traffic::Split(Split { old: 1, new: 1 }) };
    assert_eq!(run(&mut world, to(both)), Outcome::Reached);
    let fewer = Target { old: 1, ..both };
    let outcome = run(&mut world, to(fewer).holding(both.traffic).with_floor(4));
    assert_eq!(outcome, Outcome::TimedOut(WaitingOn::Floor { have: 4, need: 4 }));
    assert_eq!(world.serving(), 4);
    // Traffic that goes to one side only leaves the other one without use.
    let mut world = World::new(3, 1);
    assert_eq!(run(&mut world, to(CANARY)), Outcome::Reached);
    let one = Target { traffic: Traffic::Split(Split::NEW), ..CANARY };
    let outcome = run(&mut world, to(one).holding(CANARY.traffic));
    assert_eq!(outcome, Outcome::TimedOut(WaitingOn::Floor { have: 1, need: 3 }));
    assert_eq!(world.share(0), 200);
}

#[test]
fn the_first_of_its_group_needs_no_old_one() {
    let mut world = World::new(0, 1);
    let target = Target { old: 0, new: 3, traffic: Traffic::Split(Split::NEW) };
    let first = Rollout::new(None, id(NEW), target).with_definition(app(NEW, 3));
    assert_eq!(run(&mut world, first), Outcome::Reached);
    assert_eq!((world.serving(), world.share(0)), (3, 1000));
}

#[test]
fn servers_that_clients_are_bound_to_are_taken_out_for_good() {
    let mut world = World::new(1, 1);
    let canary = Target { old: 1, new: 1, traffic: Traffic::Split(Split { old: 1, new: 1 }) };
    assert_eq!(run(&mut world, to(canary).with_floor(1)), Outcome::Reached);
    let promoted = Target { old: 0, new: 1, traffic: Traffic::Split(Split::NEW) };
    let mut rollout = to(promoted).with_floor(1);
    for _ in 0..10 {
        let mut seen = world.observe();
        for look in seen.balancers.iter_mut().filter_map(|it| it.seen.as_mut().ok()) {
            look.servers.iter_mut().for_each(|server| server.is_sticky = true);
        }
        let decision = rollout.step(world.now, &seen);
        decision.actions.iter().for_each(|action| world.act(action));
    }
    assert!(world.log.iter().any(|line| line.ends_with(" maint")), "{:?}", world.log);
    let states: Vec<_> = world.balancers[0].values().map(|set| set.state).collect();
    assert!(!states.contains(&SetState::Drain));
}

#[test]
fn what_takes_too_long_is_said_with_numbers() {
    let mut world = World::new(3, 1);
    world.start_up = Duration::from_secs(100_000);
    let patience = Patience { wait: Duration::from_secs(30), ..Patience::default() };
    let begun = world.now;
    let Outcome::TimedOut(waiting_on) = run(&mut world, to(CANARY).with_patience(patience)) else {
        panic!("it cannot be reached");
    };
    assert_eq!(waiting_on.to_string(), "/shop-green: 0 of 1 healthy");
    let took = world.now.since(begun).as_secs();
    assert!((30..33).contains(&took), "{took} s");
}
