use alloc::format;
use alloc::string::ToString;

use super::*;
use crate::fit::{Moves, Running};
use crate::placement::{Agent, Amount, Counting, Resources, Room};
use crate::units::Timestamp;

const V1: &str = "2026-01-01T00:00:00.000Z";
const V2: &str = "2026-01-02T00:00:00.000Z";

fn app(instances: u32, rest: &str) -> App {
    App::parse(&format!(r#"{{"id": "/a", "instances": {instances}, "mem": 32 {rest}}}"#)).unwrap()
}

/// Two agents, and an instance for each version: the first on the first agent, and so on in turn.
fn site(versions: &[&str], counting: Counting) -> Site {
    let all = Resources {
        cpus: Amount::whole(8),
        mem: Amount::whole(512),
        n_ports: 9,
        ..Resources::default()
    };
    let agents = ["one", "two"].map(|id| Agent::new(id.parse().unwrap(), id, all));
    let rules = Rules { counting, ..Rules::default() };
    let mut site = Site::empty(Room::new(agents.into()), rules);
    for (n, version) in versions.iter().enumerate() {
        let agent: AgentId = ["one", "two"][n % 2].parse().unwrap();
        let task = format!("a.{n}").parse().unwrap();
        let demand = site.demand(&app(1, "")).unwrap();
        site.room.take(&task, &agent, &demand);
        site.running.push(Running {
            task,
            app: "/a".parse().unwrap(),
            agent: Some(agent),
            version: Some(version.parse::<Timestamp>().unwrap()),
        });
    }
    site
}

fn only(question: &Question) -> &Exchange {
    assert_eq!((question.scene.steps.len(), question.scene.steps[0].len()), (1, 1));
    question.scene.exchange(0, 0).unwrap()
}

fn tasks(exchange: &Exchange) -> Vec<&str> {
    exchange.old.iter().map(|old| old.task.as_str()).collect()
}

#[test]
fn those_that_run_are_replaced_however_many_the_definition_says() {
    let (old, new) = (app(4, r#", "cmd": "1""#), app(4, r#", "cmd": "2""#));
    let question = Question::of_upgrade(&site(&[V1; 3], Counting::All), Some(&old), &new).unwrap();
    let exchange = only(&question);
    assert_eq!(tasks(exchange), ["a.0", "a.1", "a.2"]);
    assert_eq!(exchange.present, []);
    let Moves::Rolling { target, start } = &exchange.moves else { panic!() };
    // A floor of four with three that run: nothing is stopped.
    assert_eq!((target.get(), start.kill.get(), start.ceiling.get()), (4, 0, 8));
    let Some(Way::Upgrade(upgrade)) = question.way(0, 0) else { panic!() };
    assert_eq!(upgrade.old.get(), 3);
}

#[test]
fn those_of_the_new_version_stay() {
    let new = app(3, &format!(r#", "cmd": "2", "version": "{V2}""#));
    let old = app(3, &format!(r#", "cmd": "1", "version": "{V1}""#));
    let site = site(&[V1, V1, V2], Counting::All);
    let question = Question::of_upgrade(&site, Some(&old), &new).unwrap();
    let exchange = only(&question);
    assert_eq!(tasks(exchange), ["a.0", "a.1"]);
    assert_eq!(exchange.present, ["one".parse().unwrap()]);
    // A definition that was read from Marathon and changed has the version that runs, which says nothing.
    let unsent = app(3, &format!(r#", "cmd": "2", "version": "{V1}""#));
    let question = Question::of_upgrade(&site, Some(&old), &unsent).unwrap();
    assert_eq!(tasks(only(&question)), ["a.0", "a.1", "a.2"]);
}

#[test]
fn constraints_look_at_old_ones_as_the_release_says() {
    let (old, new) = (app(2, r#", "cmd": "1""#), app(2, r#", "cmd": "2""#));
    let counts = |counting, old: &App, new: &App| {
        let question = Question::of_upgrade(&site(&[V1, V1], counting), Some(old), new).unwrap();
        let counts: Vec<bool> = only(&question).old.iter().map(|old| old.counts).collect();
        assert_eq!(counts.len(), 2);
        assert_eq!(counts[0], counts[1]);
        counts[0]
    };
    for (counting, after_change, after_restart) in [
        (Counting::All, true, true),
        (Counting::SinceChange, false, true),
        (Counting::SameVersion, false, false),
    ] {
        assert_eq!(counts(counting, &old, &new), after_change, "{counting:?}");
        assert_eq!(counts(counting, &old, &old), after_restart, "{counting:?}");
    }
}

#[test]
fn resident_instances_keep_their_place() {
    let volume = r#", "cmd": "1", "container": {"type": "MESOS", "volumes":
        [{"containerPath": "d", "mode": "RW", "persistent": {"size": 1}}]}"#;
    let resident = app(2, volume);
    assert!(resident.is_resident());
    let question = Question::of_upgrade(&site(&[V1, V1], Counting::All), None, &resident).unwrap();
    let exchange = only(&question);
    assert!(exchange.old.iter().all(|old| old.keeps_place) && exchange.old.len() == 2);
    let question = Question::of_upgrade(&site(&[V1], Counting::All), None, &app(2, "")).unwrap();
    assert!(!only(&question).old[0].keeps_place);
}

#[test]
fn a_start_asks_for_those_that_are_missing() {
    let question = Question::of_start(&site(&[V1], Counting::All), &app(3, "")).unwrap();
    let exchange = only(&question);
    assert_eq!((exchange.old.len(), exchange.present.len()), (0, 1));
    assert_eq!(exchange.moves, Moves::all_at_once(InstanceCount::from(3)));
    assert_eq!(question.way(0, 0), Some(Way::Given));
}

#[test]
fn what_is_not_known_is_said() {
    let new = app(2, r#", "cmd": "2""#);
    let fails = |site: &Site, new: &App| Question::of_upgrade(site, None, new).unwrap_err();
    let mut site = site(&[V1, V1], Counting::All);
    let place = site.running[1].agent.replace("three".parse().unwrap());
    let error = fails(&site, &new);
    assert_eq!(
        error.to_string(),
        "app `/a`: task `a.1` runs on agent `three`, which the cluster does not have"
    );
    site.running[1].agent = None;
    let error = fails(&site, &new);
    assert_eq!(error.to_string(), "app `/a`: nobody says on which agent task `a.1` runs");
    site.running[1].agent = place;
    site.room.free(&"a.1".parse().unwrap());
    let error = fails(&site, &new);
    assert_eq!(error.to_string(), "app `/a`: nobody says what task `a.1` has of agent `two`");
    assert_eq!(error.hint(), Some("read agents and tasks of the same cluster, at the same time"));
    site.running.pop();
    let error = fails(&site, &app(2, r#", "cpus": 1e300"#));
    assert_eq!(
        (error.to_string().as_str(), error.hint()),
        ("app `/a`: cpus: `1e300` is not an amount: a number that is not below 0", None)
    );
    // Of others nothing has to be known.
    site.running.push(Running {
        app: "/b".parse().unwrap(),
        agent: None,
        ..site.running[0].clone()
    });
    assert_eq!(only(&Question::of_upgrade(&site, None, &new).unwrap()).old.len(), 1);
}
