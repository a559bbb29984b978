//! Pauses in which the new version is watched, and steps with pauses between them.

use std::time::Duration;

use zdd_core::ports::Counters;
use zdd_core::rollout::record::{Phase, Record};
use zdd_core::rollout::{
    Course, Failed, Failure, Limits, Next, OnFailure, Outcome, Part, Pause, Soak, Split, Step,
    Then, WaitingOn,
};
use zdd_core::testing;
use zdd_core::units::Timestamp;

use super::world::{NEW, OLD, World, app};
use super::{CANARY, id, run, to};

const MINUTE: Duration = Duration::from_secs(60);

fn rate(requests: u64, errors: u64, millis: u64) -> Counters {
    Counters { requests, errors, response_time: Some(Duration::from_millis(millis)) }
}

fn world(old: Counters, new: Counters) -> World {
    let mut world = World::new(3, 2);
    world.rates = [(id(OLD), old), (id(NEW), new)].into();
    world
}

fn soak(limits: Limits) -> Soak {
    Soak { pause: Pause::For(MINUTE), limits }
}

/// How a canary ends that is watched for a minute, and how long it took.
fn watched(world: &mut World, limits: Limits) -> (Outcome, Duration) {
    assert_eq!(run(world, to(CANARY)), Outcome::Reached);
    let began = world.now;
    let outcome = run(world, to(CANARY).watched(soak(limits), None));
    (outcome, world.now.since(began))
}

fn percent(percent: u32) -> Part {
    Part::of_millionths(percent * 10_000)
}

#[test]
fn a_pause_lasts_as_long_as_it_should_and_weights_are_kept_meanwhile() {
    let mut world = world(rate(10, 0, 5), rate(10, 0, 5));
    assert_eq!(run(&mut world, to(CANARY)), Outcome::Reached);
    let began = world.now;
    let mut rollout = to(CANARY).watched(soak(Limits::default()), None);
    let mut is_forgotten = false;
    loop {
        let decision = rollout.step(world.now, &world.observe());
        decision.actions.iter().for_each(|action| world.act(action));
        let Next::ObserveBy { deadline, waiting_on } = decision.next else { break };
        world.pass(deadline.since(world.now));
        if !is_forgotten && world.now.since(began) >= Duration::from_secs(30) {
            is_forgotten = true;
            assert!(matches!(waiting_on, WaitingOn::Pause { requests: 1.., errors: 0, .. }));
            world.forget(0);
        }
    }
    let took = world.now.since(began);
    assert!(took >= MINUTE && took < MINUTE + Duration::from_secs(1), "{took:?}");
    assert_eq!(world.share(0), 200, "they were set again");
}

#[test]
fn one_that_fails_too_often_is_found_as_soon_as_it_is_sure() {
    let limits = Limits { errors: Some(percent(2)), ..Limits::default() };
    let (outcome, took) = watched(&mut world(rate(10, 0, 5), rate(10, 1, 5)), limits);
    let Outcome::Failed(Failure::Errors { new, limit }) = outcome else { panic!("{outcome:?}") };
    assert_eq!((new.errors * 10, Some(limit)), (new.requests, limits.errors));
    assert!(took < MINUTE / 2, "{took:?}");
    // As many as may.
    let (outcome, took) = watched(&mut world(rate(10, 0, 5), rate(100, 2, 5)), limits);
    assert_eq!((outcome, took), (Outcome::Reached, MINUTE));
}

#[test]
fn it_is_measured_against_the_old_version() {
    let limits = Limits { more_errors: Some(percent(1)), ..Limits::default() };
    // What it calls is broken for both.
    let (outcome, _) = watched(&mut world(rate(10, 1, 5), rate(10, 1, 5)), limits);
    assert_eq!(outcome, Outcome::Reached);
    let (outcome, _) = watched(&mut world(rate(100, 1, 5), rate(100, 5, 5)), limits);
    assert!(matches!(outcome, Outcome::Failed(Failure::MoreErrors { .. })), "{outcome:?}");

    let limits = Limits { slower: Some(percent(150)), ..Limits::default() };
    let (outcome, _) = watched(&mut world(rate(10, 0, 20), rate(10, 0, 29)), limits);
    assert_eq!(outcome, Outcome::Reached);
    let (outcome, _) = watched(&mut world(rate(10, 0, 20), rate(10, 0, 31)), limits);
    let (new, old) = (Duration::from_millis(31), Duration::from_millis(20));
    let limit = Part::of_millionths(1_500_000);
    assert_eq!(outcome, Outcome::Failed(Failure::Slower { new, old, limit }));
    // Less than a millisecond cannot be told.
    let (outcome, _) = watched(&mut world(rate(10, 0, 0), rate(10, 0, 1)), limits);
    assert_eq!(outcome, Outcome::Reached);
}

#[test]
fn an_absolute_time_and_sick_instances() {
    let limit = Duration::from_millis(50);
    let limits = Limits { response_time: Some(limit), ..Limits::default() };
    let (outcome, _) = watched(&mut world(rate(10, 0, 5), rate(10, 0, 60)), limits);
    let new = Duration::from_millis(60);
    assert_eq!(outcome, Outcome::Failed(Failure::Slow { new, limit }));

    let unhealthy = Duration::from_secs(10);
    let limits = Limits { unhealthy: Some(unhealthy), ..Limits::default() };
    let mut world = world(rate(10, 0, 5), rate(10, 0, 5));
    assert_eq!(run(&mut world, to(CANARY)), Outcome::Reached);
    let mut rollout = to(CANARY).watched(soak(limits), None);
    for second in 0.. {
        let decision = rollout.step(world.now, &world.observe());
        if let Next::Done(outcome) = decision.next {
            let failure = Failure::Unhealthy { have: 0, need: 1, age: unhealthy };
            assert_eq!(outcome, Outcome::Failed(failure));
            break;
        }
        if second == 5 {
            world.start_up = Duration::from_secs(1000);
            let new = world.tasks.iter().position(|it| it.app == id(NEW)).unwrap();
            world.die(new);
        }
        world.pass(Duration::from_secs(1));
    }
}

#[test]
fn too_few_requests_prove_nothing() {
    let limits = Limits { errors: Some(percent(1)), requests: 1_000, ..Limits::default() };
    // All fail, but there are so few that nothing is said.
    let (outcome, took) = watched(&mut world(rate(10, 0, 5), rate(1, 1, 5)), limits);
    let Outcome::TimedOut(WaitingOn::Requests { have, need: 1_000 }) = outcome else {
        panic!("{outcome:?}")
    };
    assert!(have < 1_000 && took > MINUTE, "{have} {took:?}");
}

#[test]
fn what_a_reload_sets_back_to_zero_is_added_up() {
    let limits = Limits { errors: Some(percent(50)), ..Limits::default() };
    let mut world = world(rate(10, 0, 5), rate(10, 10, 5));
    assert_eq!(run(&mut world, to(CANARY)), Outcome::Reached);
    let mut rollout = to(CANARY).watched(soak(limits), None);
    for second in 0..60 {
        if second % 3 == 2 {
            world.counted.clear();
        }
        world.pass(Duration::from_secs(1));
        let decision = rollout.step(world.now, &world.observe());
        if let Next::Done(outcome) = decision.next {
            let is_failed = matches!(
                outcome,
                Outcome::Failed(Failure::Errors { new: Failed { errors: 1.., .. }, .. })
            );
            return assert!(is_failed, "{outcome:?}");
        }
    }
    panic!("it is never found");
}

/// What was waited of a pause counts after a crash, by another clock as well.
#[test]
fn a_pause_goes_on_after_a_crash() {
    let mut world = world(rate(10, 0, 5), rate(10, 0, 5));
    assert_eq!(run(&mut world, to(CANARY)), Outcome::Reached);
    let began = world.now;
    let since = Timestamp::from_millis(world.now.as_millis() - 40_000);
    let again = to(CANARY).watched(soak(Limits::default()), Some(since));
    assert_eq!(run(&mut world, again), Outcome::Reached);
    assert_eq!(world.now.since(began), Duration::from_secs(20));
    // A clock that is behind only waits longer.
    let began = world.now;
    let since = began.saturating_add(Duration::from_secs(600));
    let again = to(CANARY).watched(soak(Limits::default()), Some(since));
    assert_eq!(run(&mut world, again), Outcome::Reached);
    assert_eq!(world.now.since(began), MINUTE);
}

fn record(steps: &[Step], then: Then, on_failure: OnFailure) -> Record {
    let first = steps[0];
    Record {
        canary: first.instances,
        traffic: first.split.into(),
        course: Some(Course {
            steps: steps.to_vec(),
            at: 0,
            reached: None,
            limits: Limits { errors: Some(percent(5)), ..Limits::default() },
            then,
            on_failure,
        }),
        ..testing::record()
    }
}

fn step(share: u32, instances: u32, pause: Option<Pause>) -> Step {
    Step { split: Split { old: 100 - share, new: share }, instances, pause }
}

/// Carries a record out to its end, and says which shares were kept for how long.
fn carried(world: &mut World, mut record: Record) -> (Vec<(u64, u64)>, Record, Outcome) {
    let mut kept = Vec::new();
    loop {
        let began = world.now;
        let rollout = record.rollout().with_definition(app(NEW, record.canary));
        let outcome = run(world, rollout);
        let next = match &outcome {
            Outcome::Reached => record.onward(world.now),
            Outcome::Failed(_) => record.after_failure(),
            _ => None,
        };
        if record.course.as_ref().is_some_and(|it| it.reached.is_some()) {
            kept.push((world.share(0), world.now.since(began).as_secs()));
        }
        match next {
            Some(next) => record = next,
            None => return (kept, record, outcome),
        }
    }
}

#[test]
fn steps_come_one_after_the_other_and_then_it_is_promoted() {
    let pause = |secs| Some(Pause::For(Duration::from_secs(secs)));
    let steps = [step(5, 1, pause(60)), step(20, 1, None), step(50, 3, pause(30))];
    let mut world = world(rate(10, 0, 5), rate(10, 0, 5));
    let (kept, record, outcome) =
        carried(&mut world, record(&steps, Then::Promote, OnFailure::Rollback));
    assert_eq!((record.phase, outcome), (Phase::Promote, Outcome::Reached));
    assert_eq!(kept[..2], [(50, 60), (500, 30)]);
    assert!(!world.apps.contains_key(&id(OLD)));
    assert_eq!(world.serving(), 3);
}

#[test]
fn a_failure_takes_it_back_or_stops_there() {
    let steps = [step(5, 1, Some(Pause::For(MINUTE))), step(50, 3, None)];
    let bad = || world(rate(10, 0, 5), rate(10, 9, 5));
    let mut world = bad();
    let (_, back, outcome) =
        carried(&mut world, record(&steps, Then::Promote, OnFailure::Rollback));
    assert_eq!((back.phase, outcome), (Phase::Rollback, Outcome::Reached));
    assert!(!world.apps.contains_key(&id(NEW)));
    assert_eq!(world.serving(), 3);

    let mut world = bad();
    let (_, record, outcome) = carried(&mut world, record(&steps, Then::Promote, OnFailure::Stop));
    assert_eq!(record.phase, Phase::Canary);
    assert!(matches!(outcome, Outcome::Failed(_)), "{outcome:?}");
    assert_eq!(world.share(0), 50, "it stays as it is");
}

#[test]
fn an_approval_is_waited_for_as_long_as_it_takes() {
    let steps = [step(20, 1, Some(Pause::Approval))];
    let first = record(&steps, Then::Stay, OnFailure::Stop);
    assert!(!first.awaits_approval(), "it is not there yet");
    let waits = first.onward(Timestamp::EPOCH).unwrap();
    assert!(waits.awaits_approval());
    let mut world = world(rate(10, 0, 5), rate(10, 0, 5));
    assert_eq!(run(&mut world, first.rollout().with_definition(app(NEW, 1))), Outcome::Reached);
    let mut rollout = waits.rollout();
    for _ in 0..10_000 {
        let decision = rollout.step(world.now, &world.observe());
        assert!(matches!(decision.next, Next::ObserveBy { waiting_on: WaitingOn::Approval, .. }));
        world.pass(Duration::from_secs(1));
    }
    assert_eq!(waits.onward(Timestamp::EPOCH), None, "it was the last one, and stays");
}
