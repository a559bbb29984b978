//! Offers that come one at a time, and what the queue says of those that nobody takes.

use serde_json::json;
use zdd_core::app::App;
use zdd_core::placement::{Agent, Amount, Counting};
use zdd_core::ports::{Force, Offers};
use zdd_core::simulate::{MesosState, Offering, Settings};
use zdd_core::units::{AgentId, GroupId, TaskId, Timestamp};

use super::world::{Times, World, agents};

fn told(agents: Vec<Agent>) -> World {
    with(agents, |settings| settings.offering = Offering::WhenTold)
}

fn with(agents: Vec<Agent>, change: impl FnOnce(&mut Settings)) -> World {
    let mut settings = Settings::default();
    change(&mut settings);
    World::new(settings, agents, Times { start: 10, healthy: 10, stop: 10 })
}

fn shop(instances: u32, rest: &serde_json::Value) -> App {
    let mut app = json!({"id": "/shop", "cmd": "shop", "instances": instances, "mem": 1});
    app.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    App::from_value(&app, &GroupId::root()).unwrap()
}

fn agent(n: u32) -> AgentId {
    format!("a{n}").parse().unwrap()
}

fn offer(world: &mut World, n: u32) -> Option<TaskId> {
    world.call(|marathon, now| marathon.offer_from(now, &agent(n)))
}

/// Where the instances are that were launched, the oldest first.
fn places(world: &World) -> Vec<String> {
    let instances = world.marathon.all_instances();
    instances.filter_map(|one| one.agent.as_ref().map(ToString::to_string)).collect()
}

/// What waits, and what the queue says of offers.
fn queue(world: &World) -> (u32, Offers) {
    let mut queue = world.marathon.queue(Timestamp::from_millis(world.now));
    assert_eq!(queue.len(), 1, "{queue:#?}");
    (queue[0].count, queue.remove(0).offers)
}

/// So many offers of how many were declined for want of cpus.
fn short_of_cpus(offers: &Offers) -> (u64, u64) {
    let cpus = offers.rejected.iter().find(|one| one.reason == "InsufficientCpus").unwrap();
    (cpus.declined, cpus.processed)
}

#[test]
fn one_instance_an_offer_and_none_without() {
    let mut world = told(agents(2, 2));
    world.put(&shop(4, &json!({})), Force::No).unwrap();
    world.run_for(1000);
    assert_eq!((places(&world), queue(&world)), (vec![], (4, Offers::default())));
    let first = offer(&mut world, 2).unwrap();
    assert_eq!(world.marathon.instance_of(&first).unwrap().agent, Some(agent(2)));
    assert!(offer(&mut world, 2).is_some());
    assert_eq!(places(&world), ["a2", "a2"]);
    let (count, offers) = queue(&world);
    assert_eq!((count, offers.processed, offers.unused), (2, 2, 0));
    assert_eq!(offers.rejected, []);
}

#[test]
fn of_each_agent_the_last_offer_counts() {
    let mut small = agents(3, 1);
    small[2].is_active = false;
    let mut world = told(small);
    world.put(&shop(2, &json!({"cpus": 2})), Force::No).unwrap();
    for (n, counts, declined) in
        [(1, (1, 1), (1, 1)), (1, (2, 2), (1, 1)), (2, (3, 3), (2, 2)), (1, (4, 4), (2, 2))]
    {
        assert_eq!(offer(&mut world, n), None);
        let offers = queue(&world).1;
        assert_eq!((offers.processed, offers.unused), counts);
        assert_eq!(short_of_cpus(&offers), declined);
    }
    // There is no offer of an agent that is not active, or not there.
    let before = queue(&world);
    assert_eq!((offer(&mut world, 3), offer(&mut world, 4)), (None, None));
    assert_eq!(queue(&world), before);
    world.call(zdd_core::simulate::Marathon::offer_from_all);
    let offers = queue(&world).1;
    assert_eq!((offers.processed, short_of_cpus(&offers)), (6, (2, 2)));
}

#[test]
fn all_offers_at_once_are_those_that_come_by_themselves() {
    let mut uneven = agents(3, 4);
    uneven[1].resources.cpus = Amount::whole(2);
    let app = shop(7, &json!({"constraints": [["hostname", "MAX_PER", "3"]]}));
    let (mut told, mut by_itself) = (told(uneven.clone()), with(uneven, |_| ()));
    told.put(&app, Force::No).unwrap();
    told.call(zdd_core::simulate::Marathon::offer_from_all);
    by_itself.put(&app, Force::No).unwrap();
    assert_eq!(places(&told).len(), 7);
    assert_eq!(places(&told), places(&by_itself));
}

#[test]
fn a_launch_delay_is_waited_for() {
    let mut world = told(agents(1, 4));
    world.put(&shop(1, &json!({})), Force::No).unwrap();
    let task = offer(&mut world, 1).unwrap();
    world.end(&task, MesosState::Failed);
    assert_eq!(offer(&mut world, 1), None);
    assert_eq!(queue(&world).1, Offers::default(), "it was not looked at");
    world.run_for(1000);
    assert!(offer(&mut world, 1).is_some());
}

#[test]
fn a_volume_is_on_one_agent_only() {
    let resident = json!({"residency": {}, "unreachableStrategy": "disabled",
        "upgradeStrategy": {"minimumHealthCapacity": 0, "maximumOverCapacity": 0},
        "container": {"type": "MESOS", "volumes": [
            {"containerPath": "kept", "mode": "RW", "persistent": {"size": 1}}]}});
    let mut world = told(agents(2, 4));
    world.put(&shop(1, &resident), Force::No).unwrap();
    offer(&mut world, 2).unwrap();
    world.run_for(1000);
    let mut next = resident;
    next["env"] = json!({"V": "2"});
    world.put(&shop(1, &next), Force::No).unwrap();
    world.run_for(1000);
    assert_eq!(offer(&mut world, 1), None);
    assert!(offer(&mut world, 2).is_some());
    world.run_for(1000);
    assert_eq!(world.marathon.deployments().len(), 0);
}

/// An app with an instance on each host is changed, or only restarted.
#[test]
fn which_instances_constraints_look_at_is_up_to_the_release() {
    let unique = json!({"constraints": [["hostname", "UNIQUE"]]});
    let mut next = unique.clone();
    next["env"] = json!({"V": "2"});
    for (counting, after_change, after_restart) in [
        (Counting::All, false, false),
        (Counting::SinceChange, true, false),
        (Counting::SameVersion, true, true),
    ] {
        let ends = |restarts: bool| {
            let mut world = with(agents(2, 4), |settings| settings.counting = counting);
            let app = shop(2, &unique);
            world.put(&app, Force::No).unwrap();
            world.run_for(1000);
            if restarts {
                let apps = [app.id().clone()].into();
                world.call(|marathon, now| marathon.restart(now, &apps, Force::No)).unwrap();
            } else {
                world.put(&shop(2, &next), Force::No).unwrap();
            }
            world.run_for(1000);
            world.marathon.deployments().len() == 0
        };
        assert_eq!((ends(false), ends(true)), (after_change, after_restart), "{counting:?}");
    }
}
