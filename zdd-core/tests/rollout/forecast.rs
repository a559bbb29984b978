//! What is forecast is what is done.

use std::time::Duration;

use proptest::prelude::*;
use zdd_core::app::App;
use zdd_core::rollout::forecast::{
    Deed, Forecast, ForecastError, Lasting, Limits, Row, Steps, World,
};
use zdd_core::rollout::{
    Action, Decision, Growth, Observation, OnDrainTimeout, Outcome, Patience, Rollout, Side, Split,
    Target, Traffic, WaitingOn,
};
use zdd_core::timeline::Assumptions;
use zdd_core::units::{InstanceCount, Timestamp};

use super::driven::{Done, drive};
use super::world::{NEW, OLD, World as Small};
use super::{CANARY, id, to};

fn forecast(world: &mut World, steps: &mut dyn Steps) -> Result<Forecast, ForecastError> {
    zdd_core::rollout::forecast::forecast(world, steps, Limits::default())
}

/// An app of a pair, with the labels that marathon-lb reads.
fn paired(name: &str, instances: u32, target: u32) -> App {
    let text = format!(
        r#"{{"id": "{name}", "instances": {instances}, "healthChecks": [{{"protocol": "HTTP"}}],
            "labels": {{"HAPROXY_DEPLOYMENT_TARGET_INSTANCES": "{target}",
                        "HAPROXY_DEPLOYMENT_NEW_INSTANCES": "0"}}}}"#
    );
    App::parse(&text).unwrap()
}

fn lasting(start: u64, healthy: u64, stop: u64, sessions: u64) -> Lasting {
    let ms = Duration::from_millis;
    let of = Assumptions { start: ms(start), healthy: ms(healthy), stop: ms(stop) };
    Lasting { old: of, new: of, sessions: ms(sessions) }
}

fn world(old: u32, lasting: Lasting) -> World {
    let world = World::new(Some(id(OLD)), id(NEW), lasting);
    if old > 0 { world.with_running(&paired(OLD, old, old)) } else { world }
}

/// What was done, in one form: when, and what to how many.
type Log = Vec<(Duration, String)>;

fn forecast_log(forecast: &Forecast) -> Log {
    let text = |deed: &Deed| match deed {
        Deed::Weights { .. } | Deed::State { .. } => "set".into(),
        Deed::Cut { .. } => "cut".into(),
        Deed::Remove { side, .. } => format!("remove {side}"),
        other => other.to_string(),
    };
    let all = forecast.rows.iter().flat_map(|row| row.deeds.iter().map(|it| (row.at, text(it))));
    let mut log: Log = all.collect();
    // One action may set weights and states of both sides.
    log.dedup_by(|a, b| a == b && a.1 == "set");
    log
}

fn driven_log(done: &Done) -> Log {
    let side =
        |app: &zdd_core::units::AppId| if app.as_str() == OLD { Side::Old } else { Side::New };
    let text = |action: &Action| match action {
        Action::Create(app) => format!("create {} with {}", side(app.id()), app.instances()),
        Action::Scale { app, instances, force } => {
            let at_once = if *force == zdd_core::ports::Force::Yes { ", at once" } else { "" };
            format!("scale {} to {instances}{at_once}", side(app))
        }
        Action::Set(_) => "set".into(),
        Action::Cut(_) => "cut".into(),
        Action::Kill { app, tasks } => format!("stop {} {}", tasks.len(), side(app)),
        Action::Delete { app, .. } => format!("remove {}", side(app)),
    };
    done.iter().map(|(at, action, _)| (*at, text(action))).collect()
}

#[derive(Clone, Debug)]
struct Case {
    old: u32,
    new: u32,
    canary: u32,
    growth: Growth,
    traffic: Traffic,
    n_balancers: u32,
    /// From launch to healthy.
    start: u64,
    sessions: u64,
    policy: OnDrainTimeout,
    way: Way,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    Swap,
    CanaryThenOn,
    CanaryThenBack,
}

impl Case {
    fn any() -> impl Strategy<Value = Self> {
        let growth =
            prop_oneof![Just(Growth::Once), Just(Growth::ByHalf), (1..4_u32).prop_map(Growth::By)];
        let way = prop_oneof![Just(Way::Swap), Just(Way::CanaryThenOn), Just(Way::CanaryThenBack)];
        let policy = prop_oneof![
            Just(OnDrainTimeout::Wait),
            Just(OnDrainTimeout::Stop),
            Just(OnDrainTimeout::Kill)
        ];
        let counts = (0..8_u32, 1..8_u32, 1..8_u32, 1..4_u32);
        // So that a millisecond, by which the small world may be late, is never the one that counts.
        let times = (1..900_u64, 0..4_000_u64).prop_map(|(a, b)| (a * 10, b * 10 + 5));
        (counts, growth, any::<bool>(), times, way, policy).prop_map(
            |((old, new, canary, n_balancers), growth, merges, (start, sessions), way, policy)| {
                let is_canary = old > 0 && way != Way::Swap;
                let traffic = match (is_canary, merges) {
                    (true, _) => Traffic::Split(Split { old: 3, new: 1 }),
                    (false, true) => Traffic::Untouched,
                    (false, false) => Traffic::ByInstances,
                };
                let growth = if is_canary { Growth::Once } else { growth };
                let way = if is_canary { way } else { Way::Swap };
                let canary = canary.min(new);
                Self {
                    old,
                    new,
                    canary,
                    growth,
                    traffic,
                    n_balancers,
                    start,
                    sessions,
                    policy,
                    way,
                }
            },
        )
    }

    /// The rollouts of it, one after the other.
    fn rollouts(&self) -> Vec<Rollout> {
        let Self { old, new, canary, growth, traffic, policy, .. } = *self;
        let is_swap = self.way == Way::Swap;
        let begins = if old == 0 { new } else { canary };
        let target = if is_swap { new } else { old + canary };
        let patience = Patience {
            drain: Duration::from_secs(20),
            on_drain_timeout: policy,
            ..Patience::default()
        };
        let rollout = |target| {
            let old = (old > 0).then(|| id(OLD));
            Rollout::new(old, id(NEW), target).growing(growth).with_patience(patience)
        };
        let floor = old.min(new);
        if is_swap {
            let whole = Target { old: 0, new, traffic };
            let made = paired(NEW, begins, target);
            let swap = rollout(whole).holding(traffic).with_floor(floor).with_definition(made);
            return vec![swap];
        }
        let both = Target { old, new: canary, traffic };
        let made = paired(NEW, canary, target);
        let start = rollout(both).with_floor(floor).with_definition(made);
        let end = if self.way == Way::CanaryThenBack {
            let back = Target { old, new: 0, traffic: Split::OLD.into() };
            rollout(back).holding(Split::OLD).with_floor(floor).on_the_way_back()
        } else {
            let whole = Target { old: 0, new, traffic: Split::NEW.into() };
            rollout(whole).holding(traffic).with_floor(floor)
        };
        vec![start, end]
    }

    fn small(&self) -> Small {
        let mut small = Small::new(0, self.n_balancers as usize);
        small.start_up = Duration::from_millis(self.start);
        small.sessions = Duration::from_millis(self.sessions);
        small.merges = self.traffic == Traffic::Untouched;
        if self.old > 0 {
            small.create(&paired(OLD, self.old, self.old));
            small.pass(Duration::from_secs(10));
        }
        small
    }

    fn world(&self) -> World {
        // The start and the checks share what the small world has one time for; it stops in no time.
        // What launches runs at once there; where the balancer decides, that makes a difference.
        let start = if self.traffic == Traffic::Untouched { 0 } else { self.start / 3 };
        let healthy = self.start - start;
        let world = world(self.old, lasting(start, healthy, 0, self.sessions));
        let world = world.with_balancers(self.n_balancers);
        if self.traffic == Traffic::Untouched { world.merging() } else { world }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// In a world that was written on its own, `Drive` does the same things at the same times.
    #[test]
    fn it_is_what_drive_does(case in Case::any()) {
        let (mut small, mut world) = (case.small(), case.world());
        for mut rollout in case.rollouts() {
            let told = forecast(&mut world, &mut rollout.clone()).unwrap();
            let (done, outcome, after) = drive(small, &mut rollout);
            prop_assert_eq!(forecast_log(&told), driven_log(&done));
            prop_assert_eq!(&told.outcome, &outcome);
            for (at, _, serving) in &done {
                let last = done.iter().rev().find(|it| it.0 == *at).unwrap();
                let row = told.rows.iter().find(|row| row.at == *at).unwrap();
                prop_assert_eq!(row.serving.total(), last.2 as u64, "at {:?}: {}", at, serving);
            }
            small = after;
            if outcome != Outcome::Reached {
                break;
            }
        }
    }

    /// Whatever lasts how long: while both stand, never fewer serve than have to.
    #[test]
    fn the_floor_is_never_undercut(case in Case::any(), stop in 0..9_000_u64) {
        let lasting = lasting(case.start, 500, stop, case.sessions);
        let mut world = world(case.old, lasting).with_balancers(case.n_balancers);
        if case.traffic == Traffic::Untouched {
            world = world.merging();
        }
        let floor = case.old.min(case.new);
        for mut rollout in case.rollouts() {
            let told = forecast(&mut world, &mut rollout).unwrap();
            prop_assert!(told.lowest_serving.count >= floor.into(), "{:#?}", told);
            let served = told.rows.iter().map(|row| row.serving.total());
            prop_assert!(served.min().unwrap() >= told.lowest_serving.count);
            let totals = told.rows.iter().map(Row::total);
            prop_assert!(totals.max().unwrap() <= told.highest_total.count);
            prop_assert!(told.rows.is_sorted_by(|a, b| a.at < b.at));
            if told.outcome != Outcome::Reached {
                break;
            }
        }
    }
}

#[test]
fn the_same_twice_is_the_same() {
    let mut rollout = to(CANARY);
    let one = forecast(&mut world(3, lasting(5000, 5000, 3000, 1000)), &mut rollout.clone());
    let other = forecast(&mut world(3, lasting(5000, 5000, 3000, 1000)), &mut rollout);
    assert_eq!(one, other);
    let rows = one.unwrap().rows;
    let times: Vec<_> = rows.iter().map(|row| row.at.as_millis()).collect();
    // The weights of the old ones, then the new one: 10 s, and the next look is less than a twentieth later.
    assert_eq!(times, [0, 100, 5100, 10_100, 10_170]);
    let share = rows.last().unwrap().share.unwrap();
    assert!((share - 0.2).abs() < 1e-9);
}

#[test]
fn where_nothing_is_to_be_done_it_is_over_at_once() {
    let target = Target { old: 0, new: 0, traffic: Split::NEW.into() };
    let mut nothing = World::new(None, id(NEW), Lasting::default());
    let told = forecast(&mut nothing, &mut Rollout::new(None, id(NEW), target)).unwrap();
    assert!(told.is_reached());
    assert_eq!((told.duration, told.rows.len()), (Duration::ZERO, 1));
    assert_eq!((told.lowest_serving.count, told.highest_total.count), (0, 0));
    // The first of its group.
    let target = Target { new: 3, ..target };
    let mut rollout = Rollout::new(None, id(NEW), target).with_definition(paired(NEW, 3, 3));
    let mut empty = World::new(None, id(NEW), lasting(1000, 1000, 0, 0));
    let told = forecast(&mut empty, &mut rollout).unwrap();
    assert!(told.is_reached());
    assert_eq!((told.lowest_serving.count, told.highest_total.count), (0, 3));
    assert_eq!(told.rows.last().unwrap().serving.new, 3);
    assert_eq!(told.stopped, [0, 0]);
}

#[test]
fn the_way_back_begins_where_the_way_on_ended() {
    let mut world = world(3, lasting(1000, 0, 2000, 1000));
    let there = forecast(&mut world, &mut to(CANARY)).unwrap();
    assert!(there.is_reached());
    let back = Target { old: 3, new: 0, traffic: Split::OLD.into() };
    let mut rollout = to(back).holding(Split::OLD).on_the_way_back();
    let told = forecast(&mut world, &mut rollout).unwrap();
    assert!(told.is_reached());
    assert_eq!(told.rows[0].new, 1);
    assert_eq!(told.stopped, [0, 1]);
    let last = told.rows.last().unwrap();
    assert_eq!((last.old, last.new, last.serving.old, last.total()), (3, 0, 3, 3));
    // It is over when the app is gone, and its instance a moment later.
    assert!(told.at_rest > told.duration);
    assert_eq!(last.at, told.at_rest);
}

#[test]
fn what_cannot_go_on_says_so() {
    let mut nowhere = world(3, Lasting::default()).with_balancers(0);
    let told = forecast(&mut nowhere, &mut to(CANARY)).unwrap();
    assert_eq!(told.outcome, Outcome::TimedOut(WaitingOn::NoBalancer));
    assert!(told.duration >= Duration::from_secs(300));
    // Sessions of a day are not waited for by looking at each second of it.
    let mut long = world(1, lasting(1000, 0, 0, 86_400_000));
    let patience = Patience { on_drain_timeout: OnDrainTimeout::Wait, ..Patience::default() };
    let target = Target { old: 0, new: 1, traffic: Split::NEW.into() };
    let mut rollout = to(target).with_floor(1).with_patience(patience);
    let told = forecast(&mut long, &mut rollout).unwrap();
    assert!(told.is_reached());
    assert!(told.duration > Duration::from_secs(86_400));
}

#[test]
fn what_takes_too_many_steps_is_refused_with_numbers() {
    let n = 300;
    let target = Target { old: 0, new: n, traffic: Traffic::ByInstances };
    let definition = paired(NEW, 1, n).with_instances(InstanceCount::from(1));
    let mut rollout = Rollout::new(Some(id(OLD)), id(NEW), target)
        .growing(Growth::By(1))
        .holding(Traffic::ByInstances)
        .with_definition(definition);
    let limits = Limits { looks: 500, ..Limits::default() };
    let mut world = world(n, Lasting::default());
    let error = zdd_core::rollout::forecast::forecast(&mut world, &mut rollout.clone(), limits);
    let error = error.unwrap_err();
    let ForecastError::TooLong { looks, instances, .. } = error else { panic!("{error}") };
    assert!(looks == 501 && instances >= n.into(), "{error}");
    assert_eq!(error.hint(), Some("let it grow in larger steps"));
    let limits = Limits { work: 30_000, ..Limits::default() };
    let error = zdd_core::rollout::forecast::forecast(&mut world, &mut rollout, limits);
    assert!(matches!(error, Err(ForecastError::TooLong { looks: 50..=101, .. })), "{error:?}");
}

/// Says that nothing but an event changes its mind.
struct Deaf(Rollout);

impl Steps for Deaf {
    fn step(&mut self, now: Timestamp, seen: &Observation) -> Decision {
        self.0.step(now, seen)
    }

    fn wakes_at(&self, _: Timestamp) -> Option<Timestamp> {
        None
    }

    fn look_from(&self, end: Timestamp, now: Timestamp, next: Timestamp) -> Timestamp {
        self.0.look_from(end, now, next)
    }
}

#[test]
fn a_look_that_counts_is_not_passed_over() {
    let rollout = || {
        let patience = Patience {
            drain: Duration::from_secs(20),
            on_drain_timeout: OnDrainTimeout::Kill,
            ..Patience::default()
        };
        let target = Target { old: 0, new: 1, traffic: Split::NEW.into() };
        let rollout = to(target).with_floor(1).with_patience(patience);
        rollout.with_definition(paired(NEW, 1, 1))
    };
    let lasting = lasting(1000, 0, 0, 100_000);
    let told = forecast(&mut world(1, lasting), &mut rollout()).unwrap();
    let deaf = forecast(&mut world(1, lasting), &mut Deaf(rollout())).unwrap();
    let cut = |told: &Forecast| forecast_log(told).into_iter().find(|(_, what)| what == "cut");
    let (at, _) = cut(&told).unwrap();
    assert!((20..25).contains(&at.as_secs()), "{at:?}");
    assert_eq!(cut(&deaf), None);
    assert_ne!(forecast_log(&told), forecast_log(&deaf));
}

#[test]
fn a_thousand_instances_take_no_longer_to_read_than_ten() {
    let swap = |n: u32| {
        let target = Target { old: 0, new: n, traffic: Traffic::ByInstances };
        let mut rollout = Rollout::new(Some(id(OLD)), id(NEW), target)
            .growing(Growth::ByHalf)
            .holding(Traffic::ByInstances)
            .with_floor(n)
            .with_definition(paired(NEW, 1, n));
        forecast(&mut world(n, lasting(5000, 5000, 3000, 3000)), &mut rollout).unwrap()
    };
    let (few, many) = (swap(10), swap(1000));
    assert!(few.is_reached() && many.is_reached());
    assert_eq!((many.lowest_serving.count, many.stopped), (1000, [1000, 0]));
    assert!(many.rows.len() < 3 * few.rows.len(), "{} and {}", few.rows.len(), many.rows.len());
    let size = |told: &Forecast| serde_json::to_string(&told.rows).unwrap().len();
    assert!(size(&many) < 4 * size(&few), "{} and {}", size(&many), size(&few));
}
