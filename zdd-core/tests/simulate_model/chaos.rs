//! Whatever happens: no panic, no order that makes no sense, and once the world is well again
//! everything gets to its end, or stands still for a reason that one can see.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::json;
use zdd_core::app::{App, Group};
use zdd_core::capacity::Reading;
use zdd_core::ports::{Force, KillMode};
use zdd_core::scaling::{Condition, Goal};
use zdd_core::simulate::{ChangeError, Event, Instance, MesosState, Settings};
use zdd_core::units::{AppId, GroupId, InstanceId, Timestamp};

use super::world::{Times, World, agents};

/// Something that people or the world do.
#[derive(Clone, Debug)]
enum Deed {
    Wait(i64),
    /// A task ends by itself.
    Crash(Index, MesosState),
    /// The health checks of a task fail so often in a row, or pass.
    Flap(Index, u8),
    Lose(Index),
    Find,
    /// All tasks of an app fail when they start, or its checks fail; or no more.
    Fail(u8),
    Sicken(u8),
    Heal,
    /// How long tasks take to stop from now on.
    Stop(i64),
    Put(u8, Variant, Force),
    Remove(u8, Force),
    Restart(u8, Force),
    Kill(Vec<Index>, KillMode, Force),
    Cancel(Index),
    Revert(Index),
    ResetDelay(u8),
}

/// A definition of an app.
#[derive(Clone, Debug)]
struct Variant {
    cmd: u8,
    instances: u16,
    strategy: (u8, u8),
    health: bool,
    readiness: bool,
    dependency: Option<u8>,
    patient: bool,
}

const N_APPS: u8 = 3;

fn id(app: u8) -> AppId {
    format!("/app-{app}").parse().unwrap()
}

impl Variant {
    /// The last app is resident, always; so its definitions can follow each other.
    fn app(&self, app: u8) -> App {
        let quarter = |part: u8| f64::from(part) / 4.0;
        let is_resident = app == N_APPS - 1;
        let over = if is_resident { 0.0 } else { quarter(self.strategy.1) };
        let mut json = json!({
            "id": id(app).as_str(),
            "cmd": format!("./{}", self.cmd),
            "instances": self.instances,
            "maxLaunchDelaySeconds": 20,
            "upgradeStrategy": {
                "minimumHealthCapacity": quarter(self.strategy.0),
                "maximumOverCapacity": over,
            },
        });
        if self.health {
            let check = json!({"maxConsecutiveFailures": 2, "gracePeriodSeconds": 0});
            json["healthChecks"] = json!([check]);
        }
        if self.readiness {
            json["readinessChecks"] = json!([{}]);
        }
        // Only on those before it: no circles.
        if let Some(on) = self.dependency.filter(|on| *on < app) {
            json["dependencies"] = json!([id(on).as_str()]);
        }
        if is_resident {
            let volume = json!({"containerPath": "data", "persistent": {"size": 1}});
            json["container"] = json!({"type": "MESOS", "volumes": [volume]});
        } else if self.patient {
            let after = json!({"inactiveAfterSeconds": 10, "expungeAfterSeconds": 30});
            json["unreachableStrategy"] = after;
        }
        App::from_value(&json, &GroupId::root()).unwrap()
    }
}

fn variants() -> impl Strategy<Value = Variant> {
    let checks = (any::<bool>(), prop::bool::weighted(0.3), any::<bool>());
    (0..3_u8, 0..6_u16, (0..=4_u8, 0..=4_u8), checks, prop::option::of(0..N_APPS)).prop_map(
        |(cmd, instances, strategy, (health, readiness, patient), dependency)| Variant {
            cmd,
            instances,
            strategy,
            health,
            readiness,
            dependency,
            patient,
        },
    )
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let app = || 0..N_APPS;
    let force = || prop_oneof![Just(Force::No), Just(Force::Yes)];
    let ends = prop::sample::select(vec![
        MesosState::Failed,
        MesosState::Finished,
        MesosState::Killed,
        MesosState::Gone,
        MesosState::Lost,
    ]);
    let modes = prop_oneof![
        2 => Just(KillMode::Restart),
        2 => Just(KillMode::Scale),
        1 => Just(KillMode::Wipe),
    ];
    let deed = prop_oneof![
        10 => (0..5000_i64).prop_map(Deed::Wait),
        4 => (any::<Index>(), ends).prop_map(|(task, end)| Deed::Crash(task, end)),
        4 => (any::<Index>(), 0..3_u8).prop_map(|(task, fails)| Deed::Flap(task, fails)),
        1 => any::<Index>().prop_map(Deed::Lose),
        1 => Just(Deed::Find),
        1 => app().prop_map(Deed::Fail),
        2 => app().prop_map(Deed::Sicken),
        2 => Just(Deed::Heal),
        1 => (0..4000_i64).prop_map(Deed::Stop),
        10 => (app(), variants(), force()).prop_map(|(app, new, force)| Deed::Put(app, new, force)),
        1 => (app(), force()).prop_map(|(app, force)| Deed::Remove(app, force)),
        2 => (app(), force()).prop_map(|(app, force)| Deed::Restart(app, force)),
        3 => (prop::collection::vec(any::<Index>(), 1..3), modes, force())
            .prop_map(|(victims, mode, force)| Deed::Kill(victims, mode, force)),
        2 => any::<Index>().prop_map(Deed::Cancel),
        2 => any::<Index>().prop_map(Deed::Revert),
        1 => app().prop_map(Deed::ResetDelay),
    ];
    prop::collection::vec(deed, 1..50)
}

/// What was done that Marathon may never recover from by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Damage {
    /// An instance was wiped or given up while a deployment counted on it.
    took_away: bool,
    /// A deployment began while instances were on their way out. One that scales takes them for
    /// instances that are there, starts too few, tops up, and then waits for ever for as many as it
    /// started at first.
    began_in_between: bool,
}

impl Damage {
    fn is_done(self) -> bool {
        self.took_away || self.began_in_between
    }
}

fn pick<T: Clone>(of: &[T], index: Index) -> Option<T> {
    (!of.is_empty()).then(|| index.get(of).clone())
}

fn do_it(world: &mut World, deed: &Deed, damage: &mut Damage) {
    let deployments: Vec<_> = world.marathon.deployments().map(|one| one.id.clone()).collect();
    let reachable: Vec<_> =
        world.alive().into_iter().filter(|task| world.tasks[task].reachable).collect();
    let n_events = world.events.len();
    let is_dying = |one: &Instance| one.goal.is_terminal() && one.has_task();
    let is_between = world.marathon.all_instances().any(is_dying);
    match deed {
        Deed::Wait(millis) => world.run_for(*millis),
        Deed::Crash(task, end) => {
            if let Some(task) = pick(&reachable, *task) {
                world.end(&task, *end);
            }
        }
        Deed::Flap(task, fails) => {
            let running: Vec<_> =
                reachable.into_iter().filter(|task| world.tasks[task].runs).collect();
            if let Some(task) = pick(&running, *task) {
                for _ in 0..*fails {
                    world.check_health(&task, false);
                }
                if *fails == 0 {
                    world.check_health(&task, true);
                }
            }
        }
        Deed::Lose(task) => {
            damage.took_away = true;
            let running: Vec<_> =
                reachable.into_iter().filter(|task| world.tasks[task].runs).collect();
            if let Some(task) = pick(&running, *task) {
                world.lose(&task);
            }
        }
        Deed::Find => {
            let lost = world.alive().into_iter().find(|task| !world.tasks[task].reachable);
            if let Some(task) = lost {
                world.find(&task);
            }
        }
        Deed::Fail(app) => drop(world.failing.insert(id(*app))),
        Deed::Sicken(app) => drop(world.sick.insert(id(*app))),
        Deed::Heal => heal(world),
        Deed::Stop(millis) => world.times.stop = *millis,
        Deed::Put(app, variant, force) => {
            let before = world.marathon.root().clone();
            if let Err(error) = world.put(&variant.app(*app), *force) {
                assert!(matches!(error, ChangeError::Locked { .. }), "{error:?}");
                assert_eq!(world.marathon.root(), &before);
            }
        }
        Deed::Remove(app, force) => {
            let mut target = world.marathon.root().clone();
            target.remove_app(&id(*app));
            let _ = world.change(&target, *force);
        }
        Deed::Restart(app, force) => {
            let apps = [id(*app)].into();
            let _ = world.call(|marathon, now| marathon.restart(now, &apps, *force));
        }
        Deed::Kill(victims, mode, force) => {
            damage.took_away |= *mode == KillMode::Wipe;
            let all: Vec<InstanceId> =
                world.marathon.all_instances().map(|one| one.id.clone()).collect();
            let chosen = victims.iter().filter_map(|index| pick(&all, *index)).collect();
            let _ = world.call(|marathon, now| marathon.kill(now, &chosen, *mode, *force));
        }
        Deed::Cancel(index) => {
            if let Some(one) = pick(&deployments, *index) {
                world.call(|marathon, now| marathon.cancel(now, &one)).unwrap();
            }
        }
        Deed::Revert(index) => {
            if let Some(one) = pick(&deployments, *index) {
                world.call(|marathon, now| marathon.revert(now, &one)).unwrap();
            }
        }
        Deed::ResetDelay(app) => {
            world.call(|marathon, now| marathon.reset_delay(now, &id(*app)));
        }
    }
    let is_beginning = |event: &Event| event.name() == "deployment_info";
    damage.began_in_between |= is_between && world.events[n_events..].iter().any(is_beginning);
}

fn heal(world: &mut World) {
    world.failing.clear();
    world.sick.clear();
    for task in world.alive() {
        if !world.tasks[&task].reachable {
            world.find(&task);
        }
    }
    // Checks of running tasks go on, and pass.
    for task in world.alive() {
        if world.tasks[&task].runs {
            world.check_health(&task, true);
        }
    }
}

/// What is wanted of an app and does not run as it should, in words.
fn unwell(world: &World, app: &App) -> Option<String> {
    let wanted: Vec<&Instance> =
        world.marathon.instances(app.id()).filter(|one| one.goal == Goal::Running).collect();
    if wanted.len() != app.instances().get() as usize {
        return Some(format!("{} of {} instances", wanted.len(), app.instances()));
    }
    let well =
        |one: &&Instance| one.condition == Condition::Running && one.is_healthy() != Some(false);
    let ill = wanted.iter().find(|one| !well(one))?;
    Some(format!("{} is {:?}", ill.id, ill.condition))
}

fn play(deeds: &[Deed], reading: Reading) -> Result<(), TestCaseError> {
    let mut settings = Settings::default();
    settings.reading = reading;
    let times = Times { start: 1000, healthy: 500, stop: 700 };
    let mut world = World::new(settings, agents(3, 1000), times);
    let mut damage = Damage::default();
    for deed in deeds {
        do_it(&mut world, deed, &mut damage);
    }
    heal(&mut world);
    world.run_for(60_000);
    heal(&mut world);
    world.run_for(3_000_000);

    let root: Group = world.marathon.root().clone();
    let held: BTreeSet<AppId> = world
        .marathon
        .deployments()
        .flat_map(|one| one.pending().cloned().collect::<Vec<_>>())
        .collect();
    let queue = world.marathon.queue(Timestamp::from_millis(world.now));
    prop_assert_eq!(&queue, &[], "there is room for all");
    if reading == Reading::Classic && !damage.is_done() {
        prop_assert!(held.is_empty(), "{:?} stand still", held);
    }
    for app in root.all_apps().filter(|app| !held.contains(app.id())) {
        let is_held =
            world.marathon.deployments().any(|one| one.plan.affected().contains(app.id()));
        if !is_held {
            prop_assert_eq!(unwell(&world, app), None);
        }
    }
    let orphans = world
        .marathon
        .all_instances()
        .find(|one| root.app(&one.app).is_none() && !held.contains(&one.app));
    prop_assert!(orphans.is_none(), "{:?}", orphans);
    // Whatever stands still can be cancelled, and then there are as many as there should be.
    let left: Vec<_> = world.marathon.deployments().map(|one| one.id.clone()).collect();
    for one in &left {
        world.call(|marathon, now| marathon.cancel(now, one)).unwrap();
    }
    world.run_for(1_000_000);
    for app in root.all_apps() {
        prop_assert_eq!(unwell(&world, app), None);
    }
    let n_wanted: u32 = root.all_apps().map(|app| app.instances().get()).sum();
    prop_assert_eq!(world.alive().len(), n_wanted as usize);
    // The recording of all that is one that can be read.
    let replayed = zdd_core::verify::Replay::new().read(world.recording().as_bytes());
    prop_assert_eq!(replayed.issues.count, 0);
    Ok(())
}

/// Lets a chaos happen, and shows the world after each deed, and when it has had time to stand still;
/// and whether Marathon may have lost count by then.
pub(crate) fn each_moment(
    runner: &mut TestRunner,
    times: Times,
    mut see: impl FnMut(&World, bool),
) {
    let deeds = deeds().new_tree(runner).unwrap().current();
    let mut world = World::new(Settings::default(), agents(3, 1000), times);
    let mut damage = Damage::default();
    for deed in &deeds {
        do_it(&mut world, deed, &mut damage);
        see(&world, damage.is_done());
    }
    world.run_for(60_000);
    see(&world, damage.is_done());
}

/// Chaos that never gets to the interesting parts would show nothing.
#[test]
fn the_chaos_is_one() {
    let mut runner = TestRunner::deterministic();
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    let mut n_undamaged = 0;
    for _ in 0..100 {
        let deeds = deeds().new_tree(&mut runner).unwrap().current();
        let times = Times { start: 1000, healthy: 500, stop: 700 };
        let mut world = World::new(Settings::default(), agents(3, 1000), times);
        let mut damage = Damage::default();
        for deed in &deeds {
            do_it(&mut world, deed, &mut damage);
        }
        n_undamaged += u32::from(!damage.is_done());
        for event in &world.events {
            *seen.entry(event.name()).or_default() += 1;
        }
    }
    for name in [
        "deployment_success",
        "deployment_failed",
        "deployment_step_success",
        "group_change_failed",
        "unhealthy_instance_kill_event",
        "app_terminated_event",
        "failed_health_check_event",
    ] {
        assert!(seen.get(name).is_some_and(|n| *n >= 20), "{name}: {seen:?}");
    }
    assert!((20..=90).contains(&n_undamaged), "{n_undamaged} of 100 without damage");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(250))]

    #[test]
    fn the_world_gets_well_again(deeds in deeds()) {
        play(&deeds, Reading::Classic)?;
    }

    #[test]
    fn nothing_breaks_where_health_is_counted(deeds in deeds()) {
        play(&deeds, Reading::HealthAware)?;
    }

    /// The same calls give the same orders and events.
    #[test]
    fn the_same_happens_again(deeds in deeds()) {
        let run = || {
            let times = Times { start: 1000, healthy: 500, stop: 700 };
            let mut world = World::new(Settings::default(), agents(3, 1000), times);
            for deed in &deeds {
                do_it(&mut world, deed, &mut Damage::default());
            }
            world.recording()
        };
        prop_assert_eq!(run(), run());
    }
}
