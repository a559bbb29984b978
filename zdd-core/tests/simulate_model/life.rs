//! What happens to instances.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::json;
use zdd_core::app::Group;
use zdd_core::ports::{Force, KillMode};
use zdd_core::scaling::{Condition, Goal};
use zdd_core::simulate::{Event, MesosState, Settings};
use zdd_core::units::{InstanceId, TaskId, Timestamp};

use super::words::{app, checked, conditions, ended, ids, only, running, shop, tasks};
use super::world::{Times, World, agents};

#[test]
fn scaling_down_stops_the_youngest_and_scaling_up_waits_for_health() {
    let mut world = running(&checked(1, "./shop"));
    let oldest = only(&world).id.clone();
    world.put(&checked(3, "./shop"), Force::No).unwrap();
    world.run_for(1500);
    assert_eq!((world.running(&shop()), world.marathon.deployments().len()), (3, 1));
    world.run_for(1000);
    assert_eq!(world.marathon.deployments().len(), 0);
    world.put(&checked(1, "./shop"), Force::No).unwrap();
    world.run_for(10_000);
    assert_eq!(only(&world).id, oldest);
}

#[test]
fn who_fails_waits_longer_and_longer() {
    let mut world = World::usual();
    world.failing.insert(shop());
    let fields = json!({"backoffSeconds": 2, "backoffFactor": 2, "maxLaunchDelaySeconds": 7});
    let mut failing = app(fields);
    failing = failing.with_instances(1_u16.into());
    world.put(&failing, Force::No).unwrap();
    let began = world.now;
    let mut launches = vec![];
    for _ in 0..400 {
        let before = world.n_launches;
        world.run_for(100);
        if world.n_launches > before || (before == 1 && launches.is_empty()) {
            launches.push((world.now - began) / 1000);
        }
        if launches.len() == 6 {
            break;
        }
    }
    // A second to fail, then 2, 4, 7 and 7 s of delay.
    assert_eq!(launches, [0, 3, 8, 16, 24, 32]);
    let instance = only(&world).clone();
    assert_eq!((instance.attempt(), instance.goal), (6, Goal::Running));
    let failure = world.marathon.last_failure(&shop()).unwrap();
    assert_eq!((failure.state.as_str(), failure.message.as_str()), ("TASK_FAILED", "it ended"));

    world.run_for(1500);
    let now = Timestamp::from_millis(world.now);
    let queue = world.marathon.queue(now);
    assert_eq!((queue.len(), queue[0].count, queue[0].overdue), (1, 1, false));
    assert!(queue[0].delay > Duration::from_secs(5), "{:?}", queue[0].delay);
    world.failing.clear();
    assert!(world.call(|marathon, now| marathon.reset_delay(now, &shop())));
    assert_eq!(world.marathon.queue(now), []);
    world.run_for(1000);
    assert_eq!((world.running(&shop()), world.marathon.deployments().len()), (1, 0));
    assert!(!world.call(|marathon, now| marathon.reset_delay(now, &shop())));
}

#[test]
fn what_does_not_fit_waits_and_says_why() {
    let times = Times { start: 1000, healthy: 0, stop: 1000 };
    let mut world = World::new(Settings::default(), agents(2, 2), times);
    world.put(&app(json!({"instances": 3, "cpus": 2})), Force::No).unwrap();
    world.run_for(5000);
    let now = Timestamp::from_millis(world.now);
    let queue = world.marathon.queue(now);
    let item = &queue[0];
    assert_eq!((item.count, item.overdue, item.offers.unused > 0), (1, true, true));
    let declined = item.offers.rejected.iter().find(|one| one.declined > 0).unwrap();
    assert_eq!((declined.reason.as_str(), declined.declined), ("InsufficientCpus", 2));
    assert_eq!(world.marathon.deployments().len(), 1);
    // Room that others leave is used at once.
    let victim = tasks(&world, &shop()).into_iter().next().unwrap();
    world.end(&victim, MesosState::Killed);
    assert_eq!(world.marathon.queue(now)[0].count, 1);
    assert_eq!(world.alive().len(), 2);
    world.put(&app(json!({"instances": 2, "cpus": 2})), Force::Yes).unwrap();
    world.run_for(5000);
    assert_eq!((world.marathon.deployments().len(), world.marathon.queue(now).len()), (0, 0));
    // What waits has nothing that could die, and nobody waits for its death.
    world.put(&app(json!({"instances": 3, "cpus": 2})), Force::No).unwrap();
    world.put(&app(json!({"instances": 0, "cpus": 2})), Force::Yes).unwrap();
    world.run_for(5000);
    assert_eq!((world.marathon.deployments().len(), world.alive().len()), (0, 0));
}

#[test]
fn scaling_up_waits_for_new_instances_only() {
    let mut world = running(&checked(1, "./shop"));
    let old = only(&world).task.clone();
    world.sick.insert(shop());
    world.put(&checked(2, "./shop"), Force::No).unwrap();
    world.run_for(5000);
    world.check_health(&old, false);
    world.check_health(&old, true);
    assert_eq!(world.marathon.deployments().len(), 1);
    world.sick.clear();
    world.run_for(5000);
    assert_eq!(world.marathon.deployments().len(), 0);
}

#[test]
fn a_replacement_ends_the_launch_delay() {
    let mut world = World::usual();
    world.failing.insert(shop());
    let slow = |cmd: &str| app(json!({"cmd": cmd, "backoffSeconds": 200}));
    world.put(&slow("./one"), Force::No).unwrap();
    world.run_for(5000);
    let now = Timestamp::from_millis(world.now);
    assert_eq!(world.marathon.queue(now).len(), 1);
    world.failing.clear();
    world.put(&slow("./two"), Force::Yes).unwrap();
    assert_eq!((world.marathon.queue(now), world.alive().len()), (vec![], 2));
}

#[test]
fn old_and_new_may_share_an_agent_that_is_unique() {
    let times = Times { start: 1000, healthy: 0, stop: 1000 };
    let mut world = World::new(Settings::default(), agents(2, 8), times);
    let unique = json!([["hostname", "UNIQUE"]]);
    let one = |cmd: &str, instances: u32| {
        app(json!({"cmd": cmd, "instances": instances, "constraints": unique}))
    };
    world.put(&one("./one", 2), Force::No).unwrap();
    world.run_for(5000);
    assert_eq!(world.running(&shop()), 2);
    world.put(&one("./two", 2), Force::No).unwrap();
    assert_eq!(world.alive().len(), 4);
    world.run_for(10_000);
    assert_eq!((world.running(&shop()), world.marathon.deployments().len()), (2, 0));
    world.put(&one("./two", 3), Force::No).unwrap();
    world.run_for(10_000);
    let queue = world.marathon.queue(Timestamp::from_millis(world.now));
    let declined = queue[0].offers.rejected.iter().find(|one| one.declined > 0).unwrap();
    assert_eq!((declined.reason.as_str(), declined.declined), ("UnfulfilledConstraint", 2));
}

#[test]
fn an_unhealthy_instance_is_killed_and_comes_back_under_its_id() {
    let mut world = running(&checked(1, "./shop"));
    let before = only(&world).clone();
    assert_eq!(before.is_healthy(), Some(true));
    for _ in 0..3 {
        world.check_health(&before.task, false);
    }
    assert_eq!(
        world.names()[..7],
        [
            "failed_health_check_event",
            "health_status_changed_event",
            "instance_health_changed_event",
            "failed_health_check_event",
            "failed_health_check_event",
            "unhealthy_instance_kill_event",
            "status_update_event"
        ]
    );
    assert_eq!(only(&world).killed_at, Some(Timestamp::from_millis(world.now)));
    // It was told, and is not told again.
    world.check_health(&before.task, false);
    assert_eq!(world.n_kills, 1);
    world.run_for(4000);
    let after = only(&world);
    assert_eq!((&after.id, after.attempt(), after.is_healthy()), (&before.id, 2, Some(true)));
    let failure = world.marathon.last_failure(&shop()).unwrap();
    assert_eq!(failure.message, "Task was killed since health check failed. Reason: 503");
}

#[test]
fn readiness_is_asked_for_during_deployments_only() {
    let ready = |cmd: &str| {
        app(json!({"cmd": cmd, "portDefinitions": [{"port": 0, "name": "http-api"}],
            "readinessChecks": [{"preserveLastResponse": true}]}))
    };
    let mut world = running(&ready("./one"));
    world.sick.insert(shop());
    world.put(&ready("./two"), Force::No).unwrap();
    world.run_for(2500);
    let readiness = world.marathon.readiness(&shop());
    assert_eq!((readiness.len(), readiness[0].ready), (1, false));
    assert_eq!(readiness[0].last.as_ref().map(|last| last.status), Some(503));
    assert_eq!(readiness[0].name, "readinessCheck");
    assert_eq!(world.running(&shop()), 2);
    world.sick.clear();
    world.run_for(5000);
    assert_eq!((world.running(&shop()), world.marathon.deployments().len()), (1, 0));
    assert!(world.marathon.readiness(&shop()).is_empty());
    // Outside of deployments nobody asks: the world would see an order.
    let task = only(&world).task.clone();
    world.end(&task, MesosState::Failed);
    world.run_for(5000);
    assert_eq!((world.running(&shop()), world.marathon.readiness(&shop()).len()), (1, 0));
}

#[test]
fn kills_restart_shrink_or_wipe() {
    let mut world = running(&app(json!({"instances": 3})));
    let kill = |world: &mut World, victims: &BTreeSet<InstanceId>, mode| {
        world.call(|marathon, now| marathon.kill(now, victims, mode, Force::No)).unwrap()
    };
    let before = ids(&world, &shop());
    let victim: BTreeSet<_> = before.iter().take(1).cloned().collect();
    assert_eq!(kill(&mut world, &victim, KillMode::Restart), None);
    world.run_for(5000);
    assert_eq!((world.running(&shop()), &ids(&world, &shop())), (3, &before));

    assert_eq!(kill(&mut world, &victim, KillMode::Wipe), None);
    world.run_for(5000);
    let after = ids(&world, &shop());
    assert_eq!((world.running(&shop()), after.is_disjoint(&victim)), (3, true));

    let victims: BTreeSet<_> = after.iter().take(2).cloned().collect();
    let accepted = kill(&mut world, &victims, KillMode::Scale).unwrap();
    world.run_for(5000);
    assert_eq!(ended(&world, &accepted.deployment), Some(true));
    assert_eq!(world.marathon.app(&shop()).unwrap().instances().get(), 1);
    assert!(ids(&world, &shop()).is_disjoint(&victims));
    // Those that are gone are passed over, and those that are killed already make nothing smaller.
    assert_eq!(kill(&mut world, &victims, KillMode::Wipe), None);
    world.put(&app(json!({"instances": 3})), Force::No).unwrap();
    world.run_for(5000);
    let two: BTreeSet<_> = ids(&world, &shop()).into_iter().take(2).collect();
    let one: BTreeSet<_> = two.iter().take(1).cloned().collect();
    kill(&mut world, &one, KillMode::Restart);
    kill(&mut world, &two, KillMode::Scale).unwrap();
    assert_eq!(world.marathon.app(&shop()).unwrap().instances().get(), 2);
    world.run_for(5000);
    assert_eq!((world.running(&shop()), world.marathon.deployments().len()), (2, 0));
}

#[test]
fn what_is_lost_while_others_start_is_made_good() {
    let mut world = running(&checked(2, "./shop"));
    let old = ids(&world, &shop());
    world.sick.insert(shop());
    world.put(&checked(3, "./shop"), Force::No).unwrap();
    world.run_for(8000);
    let victim = old.into_iter().take(1).collect();
    world.call(|marathon, now| marathon.kill(now, &victim, KillMode::Wipe, Force::No)).unwrap();
    world.run_for(1500);
    assert_eq!(world.alive().len(), 2);
    world.run_for(5000);
    assert_eq!((world.alive().len(), world.marathon.deployments().len()), (3, 1));
}

#[test]
fn a_task_out_of_reach_is_replaced_and_killed_when_it_comes_back() {
    let mut world = running(&app(json!({"instances": 1})));
    let lost = only(&world).task.clone();
    world.marathon.task_changed(
        Timestamp::from_millis(world.now),
        &lost,
        MesosState::Unreachable,
        "",
    );
    let seen: Vec<_> = conditions(&world.marathon.clone().take_events());
    let expected = [
        Condition::Unreachable,
        Condition::UnreachableInactive,
        Condition::UnreachableInactive,
        Condition::Scheduled,
        Condition::Provisioned,
    ];
    assert_eq!(seen, expected);
    let kills = world.n_kills;
    // The model has forgotten it; the world has not.
    let orders = {
        world.marathon.take_orders();
        let now = Timestamp::from_millis(world.now);
        world.marathon.task_changed(now, &lost, MesosState::Running, "");
        world.marathon.take_orders()
    };
    assert_eq!((orders.len(), kills), (1, 0));
}

#[test]
fn a_task_out_of_reach_may_have_time() {
    let patient = json!({"unreachableStrategy":
        {"inactiveAfterSeconds": 60, "expungeAfterSeconds": 120}});
    let mut world = running(&app(patient));
    let lost = only(&world).task.clone();
    world.lose(&lost);
    world.run_for(30_000);
    assert_eq!(only(&world).condition, Condition::Unreachable);
    world.find(&lost);
    assert_eq!((only(&world).condition, &only(&world).task), (Condition::Running, &lost));
    world.lose(&lost);
    world.run_for(70_000);
    assert_eq!((world.running(&shop()), world.marathon.instances(&shop()).count()), (1, 2));
    // It comes back after it was replaced: one too many, which the next check sees.
    world.find(&lost);
    world.run_for(300_000);
    assert_eq!((world.running(&shop()), world.alive().len()), (1, 1));
}

#[test]
fn resident_instances_stay_where_they_are() {
    let resident = |cmd: &str| {
        app(json!({"cmd": cmd, "instances": 2, "container": {"type": "MESOS", "volumes":
            [{"containerPath": "data", "persistent": {"size": 64}}]}}))
    };
    let mut world = running(&resident("./one"));
    let places = |world: &World| -> BTreeMap<_, _> {
        let instances = world.marathon.instances(&shop());
        instances.map(|one| (one.id.clone(), one.agent.clone())).collect()
    };
    let before = places(&world);
    world.put(&resident("./two"), Force::No).unwrap();
    world.run_for(20_000);
    assert_eq!((world.running(&shop()), world.marathon.deployments().len()), (2, 0));
    assert_eq!(places(&world), before);
    let version = world.marathon.app(&shop()).unwrap().version();
    assert!(world.marathon.instances(&shop()).all(|one| Some(one.version) == version));
    // Scaled down they keep their reservations, and scaled up they take them up.
    world.put(&resident("./two").with_instances(1_u16.into()), Force::No).unwrap();
    world.run_for(5000);
    assert_eq!((world.running(&shop()), places(&world)), (1, before.clone()));
    world.put(&resident("./two"), Force::No).unwrap();
    world.run_for(5000);
    assert_eq!((world.running(&shop()), places(&world)), (2, before));
    world.change(&Group::empty_root(), Force::No).unwrap();
    world.run_for(5000);
    assert_eq!(world.marathon.all_instances().count(), 0);
    let free = world.marathon.agents().iter().map(|agent| world.marathon.room().free_of(&agent.id));
    assert!(free.eq(world.marathon.agents().iter().map(|agent| Some(agent.resources))));
}

#[test]
fn stale_and_repeated_news_changes_nothing() {
    let mut world = running(&app(json!({"instances": 1})));
    let task = only(&world).task.clone();
    let now = Timestamp::from_millis(world.now);
    for state in [MesosState::Running, MesosState::Starting, MesosState::Staging] {
        world.marathon.task_changed(now, &task, state, "");
    }
    assert_eq!((world.marathon.take_events().len(), world.marathon.take_orders().len()), (0, 0));
    world.marathon.checked(now, &task, 7, Ok(()));
    world.marathon.launched(now, &"nobody".parse().unwrap(), vec![1]);
    let unknown: TaskId = "old_shop.instance-1._app.1".parse().unwrap();
    world.marathon.task_changed(now, &unknown, MesosState::Failed, "");
    let names: Vec<_> = world.marathon.take_events().iter().map(Event::name).collect();
    assert_eq!(names, ["unknown_instance_terminated_event"]);
    assert_eq!(only(&world).condition, Condition::Running);
}

#[test]
fn a_fixed_port_that_no_old_instance_may_leave_stands_in_the_way() {
    let times = Times { start: 1000, healthy: 0, stop: 1000 };
    let mut world = World::new(Settings::default(), agents(2, 8), times);
    let fixed = |cmd: &str, minimum: f64| {
        app(json!({"cmd": cmd, "instances": 2, "requirePorts": true,
            "portDefinitions": [{"port": 8080}],
            "upgradeStrategy": {"minimumHealthCapacity": minimum, "maximumOverCapacity": 1.0}}))
    };
    world.put(&fixed("./one", 1.0), Force::No).unwrap();
    world.run_for(5000);
    world.put(&fixed("./two", 1.0), Force::No).unwrap();
    world.run_for(60_000);
    assert_eq!((world.marathon.deployments().len(), world.alive().len()), (1, 2));
    let queue = world.marathon.queue(Timestamp::from_millis(world.now));
    let declined = queue[0].offers.rejected.iter().find(|one| one.declined > 0).unwrap();
    assert_eq!((declined.reason.as_str(), declined.declined), ("InsufficientPorts", 2));
    world.put(&fixed("./three", 0.5), Force::Yes).unwrap();
    world.run_for(20_000);
    assert_eq!((world.marathon.deployments().len(), world.running(&shop())), (0, 2));
}

#[test]
fn a_task_that_mesos_refuses_is_not_sent_again_at_once() {
    let mut world = World::usual();
    world.put(&app(json!({"instances": 1})), Force::No).unwrap();
    for state in [MesosState::Error, MesosState::Dropped, MesosState::Gone, MesosState::Lost] {
        let task = only(&world).task.clone();
        let before = world.n_launches;
        world.end(&task, state);
        assert_eq!((world.n_launches, only(&world).condition), (before, Condition::Scheduled));
        world.run_for(2000);
        assert_eq!(world.n_launches, before + 1, "{state}");
    }
}

/// The world itself, which all of the above trusts.
#[test]
#[should_panic(expected = "launched twice")]
fn a_task_that_is_launched_twice_is_seen() {
    let mut world = World::usual();
    let mut target = Group::empty_root();
    target.insert_app(app(json!({"instances": 1}))).unwrap();
    let now = Timestamp::from_millis(world.now);
    world.marathon.change(now, target, Force::No).unwrap();
    let orders = world.marathon.take_orders();
    for order in orders.iter().chain(&orders) {
        world.carry_out(order.clone());
    }
}

#[test]
#[should_panic(expected = "assertion `left == right` failed: Instance {")]
fn a_task_that_is_lost_is_seen() {
    let mut world = running(&app(json!({"instances": 1})));
    let task = only(&world).task.clone();
    world.tasks.get_mut(&task).unwrap().ended = true;
    world.run_for(1_000_000);
}
