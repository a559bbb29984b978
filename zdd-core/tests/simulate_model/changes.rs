//! What people change, and what comes of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use zdd_core::app::{App, Group};
use zdd_core::placement::Counting;
use zdd_core::ports::{Force, KillMode};
use zdd_core::scaling::Condition;
use zdd_core::simulate::{ChangeError, Marathon, MesosState, Order, Settings, What};
use zdd_core::units::{DeploymentId, Timestamp};

use super::words::{app, checked, conditions, ended, id, ids, running, shop};
use super::world::{Times, World, agents};

#[test]
fn a_new_app_is_told_as_marathon_tells_it() {
    let mut world = World::usual();
    world.put(&checked(1, "./shop"), Force::No).unwrap();
    world.run_for(5000);
    assert_eq!(
        world.names(),
        [
            "group_change_success",
            "deployment_info",
            "deployment_step_success",
            "deployment_info",
            "add_health_check_event",
            "instance_changed_event", // Scheduled
            "instance_changed_event", // Provisioned
            "status_update_event",
            "instance_changed_event", // Staging
            "status_update_event",
            "instance_changed_event", // Running
            "health_status_changed_event",
            "instance_health_changed_event",
            "deployment_step_success",
            "deployment_success",
        ]
    );
    let lived =
        [Condition::Scheduled, Condition::Provisioned, Condition::Staging, Condition::Running];
    assert_eq!(conditions(&world.events), lived);
}

#[test]
fn an_upgrade_is_told_as_marathon_tells_it() {
    let mut world = running(&checked(1, "./old"));
    world.put(&checked(1, "./new"), Force::No).unwrap();
    world.run_for(10_000);
    let names = world.names();
    assert_eq!(names[..3], ["group_change_success", "deployment_info", "add_health_check_event"]);
    // The healthy new one costs the old one: its goal changes, which repeats that it runs, then it
    // is told to stop, and then it is dead.
    let healthy = names.iter().position(|name| *name == "instance_health_changed_event").unwrap();
    assert_eq!(
        names[healthy + 1..],
        [
            "instance_changed_event",
            "status_update_event",
            "instance_changed_event",
            "status_update_event",
            "instance_changed_event",
            "deployment_step_success",
            "deployment_success"
        ]
    );
    let last = [Condition::Running, Condition::Killing, Condition::Killed];
    assert_eq!(conditions(&world.events[healthy..]), last);
}

#[test]
fn a_change_without_difference_only_succeeds() {
    let mut world = running(&app(json!({"instances": 2})));
    let version = world.marathon.app(&shop()).unwrap().version();
    let accepted = world.put(&app(json!({"instances": 2})), Force::No).unwrap();
    assert_eq!(world.names(), ["group_change_success", "deployment_success"]);
    assert_eq!(ended(&world, &accepted.deployment), Some(true));
    assert_eq!(world.marathon.app(&shop()).unwrap().version(), version);
    assert_eq!(world.marathon.history(&shop()).count(), 1);
}

#[test]
fn versions_say_what_changed() {
    let mut world = running(&app(json!({"instances": 1})));
    let info = |world: &World| {
        let app = world.marathon.app(&shop()).unwrap();
        let info = app.version_info().unwrap();
        (app.version().unwrap(), info.last_scaling_at, info.last_config_change_at)
    };
    let (first, scaled, configured) = info(&world);
    assert!(first == scaled && first == configured);

    world.put(&app(json!({"instances": 2})), Force::No).unwrap();
    world.run_for(10_000);
    let (second, scaled, configured) = info(&world);
    assert!(second > first && scaled == second && configured == first);
    // The survivor of a mere scale keeps its version.
    let versions: Vec<_> = world.marathon.instances(&shop()).map(|one| one.version).collect();
    assert_eq!(versions, [first, second]);

    world.call(|marathon, now| marathon.restart(now, &[shop()].into(), Force::No)).unwrap();
    world.run_for(20_000);
    let (third, scaled, configured) = info(&world);
    // Releases before 1.11 take a restart for a scaling.
    assert!(third > second && scaled == third && configured == first);
    assert!(world.marathon.instances(&shop()).all(|one| one.version == third));

    world.put(&app(json!({"instances": 2, "cmd": "./new"})), Force::No).unwrap();
    let (fourth, scaled, configured) = info(&world);
    assert!(fourth > third && scaled == fourth && configured == fourth);
    let history: Vec<_> = world.marathon.history(&shop()).filter_map(|app| app.version()).collect();
    assert_eq!(history, [fourth, third, second, first]);
}

#[test]
fn a_restart_is_a_change_of_configuration_since_1_11() {
    let mut settings = Settings::default();
    settings.counting = Counting::SameVersion;
    let times = Times { start: 10, healthy: 10, stop: 10 };
    let mut world = World::new(settings, agents(3, 1000), times);
    world.put(&app(json!({"instances": 1})), Force::No).unwrap();
    world.run_for(10_000);
    let first = world.marathon.app(&shop()).unwrap().version().unwrap();
    world.call(|marathon, now| marathon.restart(now, &[shop()].into(), Force::No)).unwrap();
    let restarted = world.marathon.app(&shop()).unwrap();
    let (second, info) = (restarted.version().unwrap(), restarted.version_info().unwrap());
    assert!(second > first);
    assert_eq!((info.last_scaling_at, info.last_config_change_at), (first, second));
}

#[test]
fn two_changes_in_a_millisecond_are_two_versions() {
    let mut world = World::usual();
    let one = world.put(&app(json!({"id": "/a"})), Force::No).unwrap();
    let two = world.put(&app(json!({"id": "/b"})), Force::No).unwrap();
    assert!(two.version > one.version && two.deployment != one.deployment);
}

#[test]
fn deployments_lock_their_apps() {
    let mut world = running(&checked(2, "./one"));
    world.sick.insert(shop());
    let first = world.put(&checked(2, "./two"), Force::No).unwrap();
    world.events.clear();
    let refused = world.put(&checked(2, "./three"), Force::No).unwrap_err();
    let locked = ChangeError::Locked { deployments: vec![first.deployment.clone()] };
    assert_eq!(refused, locked);
    assert!(refused.to_string().starts_with("App is locked by one or more deployments."));
    assert_eq!(world.names(), ["deployment_failed", "group_change_failed"]);
    assert_eq!(world.marathon.app(&shop()).unwrap().as_json()["cmd"], "./two");
    // Other apps are free, and kills without scaling are never locked out.
    world.put(&app(json!({"id": "/other"})), Force::No).unwrap();
    let victims = ids(&world, &shop());
    let killed =
        world.call(|marathon, now| marathon.kill(now, &victims, KillMode::Restart, Force::No));
    assert_eq!(killed, Ok(None));
    let scaled =
        world.call(|marathon, now| marathon.kill(now, &victims, KillMode::Scale, Force::No));
    assert!(matches!(scaled, Ok(_) | Err(ChangeError::Locked { .. })));
}

#[test]
fn force_cancels_what_is_in_the_way_and_leaves_its_instances() {
    let mut world = running(&checked(2, "./one"));
    world.sick.insert(shop());
    let first = world.put(&checked(2, "./two"), Force::No).unwrap();
    world.run_for(3000);
    assert_eq!(world.marathon.instances(&shop()).count(), 4);
    world.events.clear();
    world.sick.clear();
    let second = world.put(&checked(2, "./three"), Force::Yes).unwrap();
    assert_eq!(ended(&world, &first.deployment), Some(false));
    let reason = world.events.iter().find_map(|event| match &event.what {
        What::DeploymentFailed { reason, .. } => Some(reason.as_str()),
        _ => None,
    });
    assert_eq!(reason, Some("The upgrade has been cancelled"));
    assert!(!world.names().contains(&"deployment_step_failure"));
    world.run_for(30_000);
    assert_eq!(ended(&world, &second.deployment), Some(true));
    let version = Some(second.version);
    assert!(world.marathon.instances(&shop()).all(|one| Some(one.version) == version));
    assert_eq!(world.running(&shop()), 2);
}

#[test]
fn a_cancelled_deployment_leaves_a_mixture_that_only_counts_repair() {
    let mut world = running(&checked(2, "./one"));
    world.sick.insert(shop());
    let accepted = world.put(&checked(2, "./two"), Force::No).unwrap();
    world.run_for(3000);
    world.call(|marathon, now| marathon.cancel(now, &accepted.deployment)).unwrap();
    assert_eq!(world.marathon.deployments().len(), 0);
    assert_eq!(world.marathon.instances(&shop()).count(), 4);
    let again = world.call(|marathon, now| marathon.cancel(now, &accepted.deployment));
    assert_eq!(again, Err(ChangeError::NoSuchDeployment(accepted.deployment)));
    // The check of every five minutes stops the youngest.
    world.sick.clear();
    world.run_for(310_000);
    let versions: BTreeSet<_> = world.marathon.instances(&shop()).map(|one| one.version).collect();
    assert_eq!((world.marathon.instances(&shop()).count(), versions.len()), (2, 1));
    assert_ne!(versions.into_iter().next(), world.marathon.app(&shop()).unwrap().version());
}

#[test]
fn a_revert_is_a_second_replacement_under_a_fresh_version() {
    let mut world = running(&checked(2, "./one"));
    let first = world.marathon.app(&shop()).unwrap().version();
    world.sick.insert(shop());
    let broken = world.put(&checked(2, "./two"), Force::No).unwrap();
    world.put(&app(json!({"id": "/other"})), Force::No).unwrap();
    world.run_for(5000);
    world.sick.clear();
    let back = world.call(|marathon, now| marathon.revert(now, &broken.deployment)).unwrap();
    assert_eq!(ended(&world, &broken.deployment), Some(false));
    let newest = world.marathon.app(&shop()).unwrap();
    assert_eq!(newest.as_json()["cmd"], "./one");
    assert_eq!(newest.version(), Some(back.version));
    assert_ne!(newest.version(), first);
    world.run_for(30_000);
    assert_eq!(ended(&world, &back.deployment), Some(true));
    assert!(world.marathon.instances(&shop()).all(|one| one.version == back.version));
    // What others did meanwhile stays.
    assert!(world.marathon.app(&id("/other")).is_some());
    let gone = world.call(|marathon, now| marathon.revert(now, &broken.deployment));
    assert_eq!(gone, Err(ChangeError::NoSuchDeployment(broken.deployment)));
}

#[test]
fn the_revert_of_a_new_app_removes_it() {
    let mut world = World::usual();
    let accepted = world.put(&app(json!({"instances": 3})), Force::No).unwrap();
    let back = world.call(|marathon, now| marathon.revert(now, &accepted.deployment)).unwrap();
    world.run_for(10_000);
    assert_eq!(ended(&world, &back.deployment), Some(true));
    assert!(world.marathon.root().is_empty() && world.alive().is_empty());
    assert_eq!(world.marathon.history(&shop()).count(), 0);
}

#[test]
fn the_revert_of_a_plain_restart_does_nothing() {
    let mut world = running(&checked(2, "./one"));
    let restart =
        world.call(|marathon, now| marathon.restart(now, &[shop()].into(), Force::No)).unwrap();
    world.call(|marathon, now| marathon.revert(now, &restart.deployment)).unwrap();
    assert_eq!(world.marathon.deployments().next().map(|one| &one.id), Some(&restart.deployment));
    world.run_for(20_000);
    assert_eq!(ended(&world, &restart.deployment), Some(true));
    assert!(world.marathon.instances(&shop()).all(|one| one.version == restart.version));
}

#[test]
fn a_restart_of_nothing_is_refused() {
    let mut world = World::usual();
    let refused = world.call(|marathon, now| marathon.restart(now, &[shop()].into(), Force::Yes));
    assert_eq!(refused, Err(ChangeError::NoSuchApp(shop())));
}

#[test]
fn layers_wait_for_the_health_of_those_below() {
    let mut target = Group::empty_root();
    let checks = json!([{"protocol": "HTTP"}]);
    for (id, on) in [("/db", vec![]), ("/api", vec!["/db"]), ("/web", vec!["/api"])] {
        let one = app(json!({"id": id, "dependencies": on, "healthChecks": checks}));
        target.insert_app(one).unwrap();
    }
    let mut world = World::usual();
    let plan = world.marathon.preview(&target).unwrap();
    assert_eq!(world.marathon.root(), &Group::empty_root());
    world.change(&target, Force::No).unwrap();
    for (n, (alive, step)) in [(1, 2), (1, 2), (2, 3), (2, 3), (3, 4)].into_iter().enumerate() {
        let deployment = world.marathon.deployments().next().unwrap();
        assert_eq!(*deployment.plan, plan);
        assert_eq!((world.alive().len(), deployment.current_step), (alive, step), "second {n}");
        world.run_for(1000);
    }
    world.run_for(1000);
    assert_eq!(world.marathon.deployments().len(), 0);
    // Who goes, goes at once.
    world.change(&Group::empty_root(), Force::No).unwrap();
    assert_eq!(world.marathon.deployments().next().unwrap().current_actions().len(), 3);
    world.events.clear();
    world.run_for(2000);
    let names = world.names();
    let count = |name| names.iter().filter(|one| **one == name).count();
    assert_eq!((count("app_terminated_event"), count("remove_health_check_event")), (3, 3));
    assert!(world.alive().is_empty());
}

#[test]
fn apps_whose_turn_has_not_come_are_left_alone() {
    let mut target = Group::empty_root();
    let db =
        |cmd: &str| app(json!({"id": "/db", "cmd": cmd, "healthChecks": [{"protocol": "HTTP"}]}));
    let web = |instances: u32| {
        app(json!({"id": "/web", "instances": instances, "dependencies": ["/db"]}))
    };
    target.insert_app(db("./one")).unwrap();
    target.insert_app(web(1)).unwrap();
    let mut world = World::usual();
    world.change(&target, Force::No).unwrap();
    world.run_for(10_000);
    world.sick.insert(id("/db"));
    target.insert_app(db("./two")).unwrap();
    target.insert_app(web(3)).unwrap();
    world.change(&target, Force::No).unwrap();
    world.run_for(1_000_000);
    assert_eq!(world.running(&id("/web")), 1);
    world.sick.clear();
    world.run_for(10_000);
    assert_eq!((world.running(&id("/web")), world.marathon.deployments().len()), (3, 0));
}

#[test]
fn what_marathon_does_not_take_is_refused_and_changes_nothing() {
    let strategy = json!({"minimumHealthCapacity": 1.0, "maximumOverCapacity": 1.0});
    let single = json!({"MARATHON_SINGLE_INSTANCE_APP": "true"});
    let volumes = json!({"type": "MESOS", "volumes":
        [{"containerPath": "data", "persistent": {"size": 64}}]});
    let mut world = running(&app(json!({"instances": 1})));
    let before = world.marathon.root().clone();
    for (bad, path) in [
        (
            json!({"labels": single, "upgradeStrategy": strategy}),
            "/upgradeStrategy/minimumHealthCapacity",
        ),
        (
            json!({"id": "/db", "container": volumes, "upgradeStrategy": strategy}),
            "/upgradeStrategy/maximumOverCapacity",
        ),
        (json!({"upgradeStrategy": {"minimumHealthCapacity": 1}}), "/upgradeStrategy"),
        (json!({"constraints": [["hostname", "LIKE", "a("]]}), "/"),
        (json!({"instances": 2_000_000_000}), "/instances"),
        (json!({"container": volumes}), "/shop"),
    ] {
        let refused = world.put(&app(bad.clone()), Force::Yes).unwrap_err();
        let ChangeError::Invalid { details } = &refused else { panic!("{bad}: {refused}") };
        assert_eq!((details[0].path.as_str(), world.marathon.root()), (path, &before), "{bad}");
    }
    let circle = world.put(&app(json!({"dependencies": ["/shop"]})), Force::No).unwrap_err();
    assert!(matches!(circle, ChangeError::Cycle(_)));
    assert!(world.names().iter().all(|name| *name == "group_change_failed"));
    assert_eq!(world.names().len(), 7);
}

#[test]
fn there_is_a_limit_to_deployments() {
    let mut settings = Settings::default();
    settings.max_running_deployments = 2;
    let times = Times { start: 1000, healthy: 0, stop: 1000 };
    let mut world = World::new(settings, agents(1, 100), times);
    world.put(&app(json!({"id": "/a"})), Force::No).unwrap();
    world.put(&app(json!({"id": "/b"})), Force::No).unwrap();
    let refused = world.put(&app(json!({"id": "/a", "cmd": "other"})), Force::Yes);
    assert_eq!(refused, Err(ChangeError::TooManyDeployments { max: 2 }));
    world.run_for(2000);
    world.put(&app(json!({"id": "/c"})), Force::No).unwrap();
}

#[test]
fn after_a_restart_of_the_process_all_is_wanted_again() {
    let mut world = running(&checked(2, "./one"));
    world.put(&checked(3, "./two"), Force::No).unwrap();
    let root = world.marathon.root().clone();
    let history: Vec<App> = world.marathon.history(&shop()).map(|app| App::clone(app)).collect();
    let mut anew = World::usual();
    anew.now = world.now + 1000;
    anew.call(|marathon, now| marathon.restore(now, root.clone(), [(shop(), history)].into()))
        .unwrap();
    assert_eq!(anew.marathon.root(), &root);
    assert_eq!((anew.marathon.history(&shop()).count(), anew.alive().len()), (2, 3));
    anew.run_for(5000);
    assert_eq!((anew.running(&shop()), anew.marathon.deployments().len()), (3, 0));
    let accepted = anew.put(&checked(1, "./three"), Force::No).unwrap();
    anew.run_for(20_000);
    assert_eq!(ended(&anew, &accepted.deployment), Some(true));
    let circle = app(json!({"dependencies": ["/shop"]}));
    let mut bad = Group::empty_root();
    bad.insert_app(circle).unwrap();
    let before = anew.marathon.root().clone();
    let refused = anew.call(|marathon, now| marathon.restore(now, bad, BTreeMap::new()));
    assert!(matches!(refused, Err(ChangeError::Cycle(_))));
    assert_eq!(anew.marathon.root(), &before);
}

#[test]
fn a_thousand_apps_are_no_burden() {
    let mut target = Group::empty_root();
    for n in 0..1000 {
        target
            .insert_app(app(json!({"id": format!("/app-{n}"), "cpus": 0.01, "instances": 10})))
            .unwrap();
    }
    let mut settings = Settings::default();
    settings.max_instances = 10_000;
    let resources = agents(10, 1000);
    let mut marathon = Marathon::new(settings, resources, 1, Timestamp::EPOCH);
    let at = Timestamp::from_millis;
    marathon.change(at(0), target, Force::No).unwrap();
    let orders = marathon.take_orders();
    assert_eq!(orders.len(), 10_000);
    for (n, order) in (0_i64..).zip(&orders) {
        let Order::Launch(launch) = order else { panic!("{order:?}") };
        marathon.launched(at(n), &launch.task, vec![]);
        marathon.task_changed(at(n), &launch.task, MesosState::Running, "");
    }
    assert_eq!(marathon.deployments().len(), 0);
    marathon.tick(at(400_000));
    assert_eq!(marathon.take_orders(), []);

    // All of them at once are replaced, one after the other.
    let all = marathon.root().all_apps().map(|app| app.id().clone()).collect();
    marathon.restart(at(500_000), &all, Force::No).unwrap();
    let (mut n_launched, mut n_killed) = (0, 0);
    loop {
        let orders = marathon.take_orders();
        if orders.is_empty() {
            break;
        }
        for order in orders {
            let (task, state) = match order {
                Order::Launch(launch) => (launch.task, MesosState::Running),
                Order::Kill { task, .. } => (task, MesosState::Killed),
                other => panic!("{other:?}"),
            };
            n_launched += u32::from(state == MesosState::Running);
            n_killed += u32::from(state == MesosState::Killed);
            marathon.task_changed(at(500_000), &task, state, "");
        }
    }
    assert_eq!((n_launched, n_killed), (10_000, 10_000));
    assert_eq!((marathon.deployments().len(), marathon.all_instances().count()), (0, 10_000));
}

#[test]
fn what_others_took_the_place_of_cannot_come_back() {
    let mut world = running(&app(json!({})));
    let removal = world.change(&Group::empty_root(), Force::No).unwrap();
    world.put(&app(json!({"id": "/shop/cart"})), Force::No).unwrap();
    let before = world.marathon.root().clone();
    let refused = world.call(|marathon, now| marathon.revert(now, &removal.deployment));
    assert!(matches!(refused, Err(ChangeError::NotRevertible(_))), "{refused:?}");
    assert_eq!(world.marathon.root(), &before);
    assert_eq!(ended(&world, &removal.deployment), None);
}

#[test]
fn a_clock_that_runs_backwards_stands_still() {
    let mut world = running(&app(json!({"instances": 1})));
    let now = world.now;
    world.call(Marathon::tick);
    world.now -= 1_000_000;
    let accepted = world.put(&app(json!({"instances": 2})), Force::No).unwrap();
    assert_eq!(accepted.version, Timestamp::from_millis(now));
    world.call(Marathon::tick);
    assert!(world.events.iter().all(|event| event.at == Timestamp::from_millis(now)));
    world.run_until(now + 5000);
    assert_eq!((world.running(&shop()), world.marathon.deployments().len()), (2, 0));
}

#[test]
fn refusals_have_marathons_words() {
    let deployment: DeploymentId = "d1".parse().unwrap();
    let texts = [
        ChangeError::Locked { deployments: vec![deployment.clone()] },
        ChangeError::TooManyDeployments { max: 100 },
        ChangeError::Invalid { details: vec![] },
        ChangeError::NoSuchDeployment(deployment),
        ChangeError::NoSuchApp(shop()),
    ]
    .map(|error| error.to_string());
    assert_eq!(
        texts,
        [
            "App is locked by one or more deployments. Override with the option '?force=true'. View details at '/v2/deployments/<DEPLOYMENT_ID>'.",
            "max number of running deployments reached: 100",
            "Object is not valid",
            "DeploymentPlan d1 does not exist",
            "App '/shop' does not exist",
        ]
    );
}
