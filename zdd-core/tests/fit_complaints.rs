//! What users of Marathon complained about for years: upgrades that never end because their new
//! instances find no place. Each has its verdict, its reason and what helps.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::time::Duration;

use zdd_core::app::App;
use zdd_core::fit::{Effort, Fit, Fix, Question, Rules, Running, Site, Verdict, fit, fixes};
use zdd_core::placement::{Agent, Amount, Demand, Reserved, Resources, Room};
use zdd_core::rollout::forecast::{Lasting, Limits, World, forecast};
use zdd_core::rollout::{Growth, Rollout, Target, Traffic};
use zdd_core::timeline::Assumptions;

/// Agents `a1`, `a2` and so on, with so many cpus each, and much of everything else.
fn agents(cpus: &[u32]) -> Vec<Agent> {
    let agent = |(n, cpus): (usize, &u32)| {
        let resources = Resources {
            cpus: Amount::whole(*cpus),
            mem: Amount::whole(4096),
            disk: Amount::whole(4096),
            n_ports: 100,
            ..Resources::default()
        };
        let name = format!("a{}", n + 1);
        Agent::new(name.parse().unwrap(), name, resources)
    };
    cpus.iter().enumerate().map(agent).collect()
}

fn marathon(version: &str, agents: Vec<Agent>) -> Site {
    Site::empty(Room::new(agents), Rules::of(version.parse().unwrap()))
}

/// The app with a command, an instance of which takes 1 cpu.
fn app(cmd: &str, instances: u32, rest: &str) -> App {
    let text = format!(r#"{{"id": "/shop", "cmd": "{cmd}", "instances": {instances} {rest}}}"#);
    App::parse(&text).unwrap()
}

/// Lets an instance run on each of the agents.
fn runs(site: &mut Site, app: &App, agents: &[&str]) {
    let demand = Demand::of(app, site.rules.grouping).unwrap();
    for (n, agent) in agents.iter().enumerate() {
        let (task, agent) = (format!("shop.{n}").parse().unwrap(), agent.parse().unwrap());
        site.room.take(&task, &agent, &demand);
        let app = app.id().clone();
        site.running.push(Running { task, app, agent: Some(agent), version: None });
    }
}

/// An answer, and what helps.
struct Answer {
    fit: Fit,
    fixes: Vec<Fix>,
}

impl Answer {
    fn to(question: &Question) -> Self {
        let fit = fit(&question.scene, Effort::default());
        assert!(fit.basis.is_proven());
        Self { fixes: fixes(question, &fit, Effort::default()), fit }
    }

    /// What is said of an upgrade that changes the command.
    fn to_upgrade(site: &Site, instances: u32, rest: &str) -> Self {
        let (old, new) = (app("1", instances, rest), app("2", instances, rest));
        Self::to(&Question::of_upgrade(site, Some(&old), &new).unwrap())
    }

    fn verdict(&self) -> Verdict {
        self.fit.verdict
    }

    /// New ones that have a place, new ones that wait, and old ones, where it stands still.
    fn counts(&self) -> (u32, u32, u32) {
        let stall = self.fit.stall.as_ref().unwrap();
        (stall.placed, stall.waiting, stall.old)
    }

    fn reasons(&self) -> Vec<String> {
        let rejections = &self.fit.stall.as_ref().unwrap().rejections.agents;
        let reasons = rejections
            .iter()
            .flat_map(|(agent, why)| why.iter().map(move |why| format!("{agent}: {why}")));
        reasons.collect()
    }

    fn fixes(&self) -> Vec<String> {
        self.fixes.iter().map(ToString::to_string).collect()
    }
}

const FIXED_PORT: &str = r#", "portDefinitions": [{"port": 8080}], "requirePorts": true"#;
const UNIQUE: &str = r#", "constraints": [["hostname", "UNIQUE"]]"#;

fn strategy(min: &str, over: &str) -> String {
    format!(
        r#", "upgradeStrategy": {{"minimumHealthCapacity": {min}, "maximumOverCapacity": {over}}}"#
    )
}

#[test]
fn a_full_cluster_has_no_room_for_the_default_strategy() {
    let mut site = marathon("1.8", agents(&[2, 2]));
    runs(&mut site, &app("1", 4, ""), &["a1", "a1", "a2", "a2"]);
    let answer = Answer::to_upgrade(&site, 4, "");
    assert_eq!(answer.verdict(), Verdict::Stalls);
    assert_eq!(answer.counts(), (0, 4, 4));
    assert_eq!(answer.reasons(), ["a1: 0 of 1 cpus free", "a2: 0 of 1 cpus free"]);
    assert_eq!(
        answer.fixes(),
        [
            "/shop: set minimumHealthCapacity to 0.75",
            "free 1 cpus more on agent a1",
            "add 1 agent like a1"
        ]
    );
    assert_eq!(Answer::to_upgrade(&site, 4, &strategy("0.75", "1")).verdict(), Verdict::Fits);
    assert_eq!(Answer::to_upgrade(&site, 4, &strategy("0.76", "1")).verdict(), Verdict::Stalls);
}

#[test]
fn memory_that_lies_on_several_agents_is_none() {
    // Half of an instance is free on each: 1200 MiB in all, where 1000 are needed on one.
    let rest = r#", "cpus": 0.1, "mem": 1000"#;
    let mut halves = agents(&[9, 9]);
    for agent in &mut halves {
        agent.resources.mem = Amount::whole(1600);
    }
    let mut site = marathon("1.8", halves);
    runs(&mut site, &app("1", 2, rest), &["a1", "a2"]);
    let answer = Answer::to_upgrade(&site, 2, rest);
    assert_eq!(answer.verdict(), Verdict::Stalls);
    assert_eq!(
        answer.reasons(),
        ["a1: 600 of 1000 MiB of memory free", "a2: 600 of 1000 MiB of memory free"]
    );
    assert_eq!(
        answer.fixes()[..2],
        ["/shop: set minimumHealthCapacity to 0.5", "free 400 MiB of memory more on agent a1"]
    );
}

#[test]
fn unique_hosts_and_as_many_instances_stand_still_before_1_1() {
    let mut site = marathon("1.0", agents(&[4, 4, 4]));
    runs(&mut site, &app("1", 3, UNIQUE), &["a1", "a2", "a3"]);
    let answer = Answer::to_upgrade(&site, 3, UNIQUE);
    assert_eq!(answer.verdict(), Verdict::Stalls);
    assert_eq!(answer.counts(), (0, 3, 3));
    let reason = |agent: &str| format!("{agent}: does not suit hostname UNIQUE");
    assert_eq!(answer.reasons(), ["a1", "a2", "a3"].map(reason));
    assert_eq!(
        answer.fixes(),
        [
            "/shop: set minimumHealthCapacity to 0.66",
            "/shop: drop the constraint hostname UNIQUE",
            "add 1 agent like a1"
        ]
    );
}

#[test]
fn unique_hosts_and_as_many_instances_fit_since_1_1_where_there_is_room_for_both() {
    let upgrade = |version, cpus: &[u32]| {
        let mut site = marathon(version, agents(cpus));
        runs(&mut site, &app("1", 3, UNIQUE), &["a1", "a2", "a3"]);
        Answer::to_upgrade(&site, 3, UNIQUE)
    };
    for version in ["1.1", "1.9", "1.11"] {
        assert_eq!(upgrade(version, &[2, 2, 2]).verdict(), Verdict::Fits, "{version}");
        // With room for one each it is the cpus that are in the way, not the constraint.
        let full = upgrade(version, &[1, 1, 1]);
        assert_eq!(full.verdict(), Verdict::Stalls, "{version}");
        assert_eq!(full.reasons()[0], "a1: 0 of 1 cpus free");
        assert!(!full.fixes().iter().any(|fix| fix.contains("UNIQUE")), "{:?}", full.fixes());
    }
}

#[test]
fn a_plain_restart_counted_old_instances_until_1_10() {
    let restart = |version| {
        let mut site = marathon(version, agents(&[2, 2]));
        let same = app("1", 2, UNIQUE);
        runs(&mut site, &same, &["a1", "a2"]);
        Answer::to(&Question::of_upgrade(&site, Some(&same), &same).unwrap())
    };
    assert_eq!(restart("1.10").verdict(), Verdict::Stalls);
    assert_eq!(restart("1.10").reasons()[0], "a1: does not suit hostname UNIQUE");
    assert_eq!(restart("1.11").verdict(), Verdict::Fits);
}

#[test]
fn one_host_for_all_and_no_room_beside_the_old_ones() {
    let rest = r#", "constraints": [["hostname", "CLUSTER"]]"#;
    let upgrade = |version| {
        let mut site = marathon(version, agents(&[2, 2]));
        runs(&mut site, &app("1", 2, rest), &["a1", "a1"]);
        Answer::to_upgrade(&site, 2, rest)
    };
    let before = upgrade("1.0");
    assert_eq!(before.verdict(), Verdict::Stalls);
    assert_eq!(before.reasons(), ["a1: 0 of 1 cpus free", "a2: does not suit hostname CLUSTER"]);
    let drop = "/shop: drop the constraint hostname CLUSTER";
    assert!(before.fixes().iter().any(|fix| fix == drop), "{:?}", before.fixes());
    // Old ones do not count any more: the new ones gather elsewhere.
    assert_eq!(upgrade("1.1").verdict(), Verdict::Fits);
}

#[test]
fn a_fixed_port_on_the_only_host_is_held_by_the_old_instance() {
    let mut site = marathon("1.8", agents(&[4]));
    runs(&mut site, &app("1", 1, FIXED_PORT), &["a1"]);
    let answer = Answer::to_upgrade(&site, 1, FIXED_PORT);
    assert_eq!(answer.verdict(), Verdict::Stalls);
    assert_eq!(answer.reasons(), ["a1: port 8080 is in use"]);
    assert_eq!(
        answer.fixes(),
        [
            "/shop: set minimumHealthCapacity to 0",
            "/shop: take any port of the host instead of 8080, with hostPort 0, or without requirePorts",
            "add 1 agent like a1"
        ]
    );
}

#[test]
fn a_fixed_port_and_a_floor_of_all_need_one_more_host() {
    let rest = r#", "networks": [{"mode": "container/bridge"}], "container": {"type": "DOCKER",
        "docker": {"image": "shop"}, "portMappings": [{"containerPort": 80, "hostPort": 8080}]}"#;
    let upgrade = |cpus: &[u32]| {
        let mut site = marathon("1.9", agents(cpus));
        runs(&mut site, &app("1", 3, rest), &["a1", "a2", "a3"]);
        Answer::to_upgrade(&site, 3, rest)
    };
    let answer = upgrade(&[4, 4, 4]);
    assert_eq!((answer.verdict(), answer.counts()), (Verdict::Stalls, (0, 3, 3)));
    let reason = |agent: &str| format!("{agent}: port 8080 is in use");
    assert_eq!(answer.reasons(), ["a1", "a2", "a3"].map(reason));
    assert!(matches!(&answer.fixes[1], Fix::AnyPort { ports, .. } if *ports == [8080]));
    assert!(matches!(&answer.fixes[2], Fix::Agents { count: 1, is_least: true, .. }));
    assert_eq!(upgrade(&[4, 4, 4, 4]).verdict(), Verdict::Fits);
}

#[test]
fn two_versions_on_one_host_may_not_have_the_same_port() {
    // Old instances do not count for the constraint since 1.1, and hold their ports all the same.
    let rest = format!("{UNIQUE}{FIXED_PORT}");
    let mut site = marathon("1.4", agents(&[4, 4]));
    runs(&mut site, &app("1", 2, &rest), &["a1", "a2"]);
    let answer = Answer::to_upgrade(&site, 2, &rest);
    assert_eq!(answer.verdict(), Verdict::Stalls);
    assert_eq!(answer.reasons(), ["a1: port 8080 is in use", "a2: port 8080 is in use"]);
    let fixes = answer.fixes();
    assert!(
        fixes.iter().any(|fix| fix.contains("8080"))
            && !fixes.iter().any(|fix| fix.contains("UNIQUE"))
    );
}

#[test]
fn nine_tenths_of_five_are_five_and_need_a_sixth_host() {
    let rest = format!("{FIXED_PORT}{}", strategy("0.9", "0"));
    let upgrade = |cpus: &[u32], rest: &str| {
        let mut site = marathon("1.3", agents(cpus));
        runs(&mut site, &app("1", 5, rest), &["a1", "a2", "a3", "a4", "a5"]);
        Answer::to_upgrade(&site, 5, rest)
    };
    let answer = upgrade(&[4; 5], &rest);
    // Nothing may be stopped and nothing added: Marathon adds one all the same, and one only.
    assert_eq!((answer.verdict(), answer.counts()), (Verdict::Stalls, (0, 1, 5)));
    assert_eq!(answer.reasons()[4], "a5: port 8080 is in use");
    assert_eq!(answer.fixes()[0], "/shop: set minimumHealthCapacity to 0.8");
    let lower = format!("{FIXED_PORT}{}", strategy("0.8", "0"));
    assert_eq!(upgrade(&[4; 5], &lower).verdict(), Verdict::Fits);
    assert_eq!(upgrade(&[4; 6], &rest).verdict(), Verdict::Fits);
}

#[test]
fn nine_tenths_of_five_in_a_full_cluster_need_room_for_one_more() {
    let rest = strategy("0.9", "0");
    let upgrade = |cpus: &[u32]| {
        let mut site = marathon("1.8", agents(cpus));
        runs(&mut site, &app("1", 5, &rest), &["a1", "a1", "a1", "a2", "a2"]);
        Answer::to_upgrade(&site, 5, &rest)
    };
    let answer = upgrade(&[3, 2]);
    assert_eq!((answer.verdict(), answer.counts()), (Verdict::Stalls, (0, 1, 5)));
    assert_eq!(
        answer.fixes(),
        [
            "/shop: set minimumHealthCapacity to 0.8",
            "free 1 cpus more on agent a1",
            "add 1 agent like a1"
        ]
    );
    assert_eq!(upgrade(&[3, 3]).verdict(), Verdict::Fits);
}

#[test]
fn groups_over_zones_of_different_size_stand_still_in_both_generations() {
    let rest = r#", "constraints": [["@zone", "GROUP_BY", "2"]]"#;
    let start = |version, cpus: &[u32]| {
        let mut agents = agents(cpus);
        for (agent, zone) in agents.iter_mut().zip(["left", "right"]) {
            agent.zone = Some(zone.into());
        }
        Answer::to(&Question::of_start(&marathon(version, agents), &app("1", 4, rest)).unwrap())
    };
    for version in ["1.10", "1.11"] {
        let answer = start(version, &[4, 1]);
        assert_eq!((answer.verdict(), answer.counts()), (Verdict::Stalls, (3, 1, 0)), "{version}");
        assert_eq!(
            answer.reasons(),
            ["a1: does not suit @zone GROUP_BY 2", "a2: 0 of 1 cpus free"]
        );
        assert_eq!(
            answer.fixes(),
            [
                "/shop: drop the constraint @zone GROUP_BY 2",
                "free 1 cpus more on agent a2",
                "add 1 agent like a2"
            ]
        );
        assert_eq!(start(version, &[4, 2]).verdict(), Verdict::Fits, "{version}");
    }
    // With nothing free in one zone, the older rule waits for it at once, the newer one when the other
    // zone has its share.
    assert_eq!(start("1.10", &[4, 0]).counts(), (1, 3, 0));
    assert_eq!(start("1.11", &[4, 0]).counts(), (2, 2, 0));
}

#[test]
fn a_resident_app_goes_on_where_it_is() {
    let volume = r#", "container": {"type": "MESOS", "volumes":
        [{"containerPath": "data", "mode": "RW", "persistent": {"size": 100}}]}"#;
    let upgrade = |rest: &str| {
        let mut site = marathon("1.8", agents(&[1]));
        runs(&mut site, &app("1", 1, rest), &["a1"]);
        Answer::to_upgrade(&site, 1, rest)
    };
    // Its only agent is full, and half of one is one: Marathon goes below that, as an extra instance
    // would need a reservation of its own.
    assert_eq!(upgrade(volume).verdict(), Verdict::Fits);
    // The same without a volume gets an extra one, which has no room.
    let answer = upgrade(&strategy("0.5", "0"));
    assert_eq!((answer.verdict(), answer.counts()), (Verdict::Stalls, (0, 1, 1)));
    assert_eq!(answer.fixes()[0], "/shop: set minimumHealthCapacity to 0");
}

#[test]
fn what_is_reserved_for_marathon_is_there_for_its_apps() {
    let mut agents = agents(&[0]);
    let resources = Resources {
        cpus: Amount::whole(2),
        mem: Amount::whole(4096),
        n_ports: 10,
        ..Resources::default()
    };
    agents[0].reserved.insert("web".into(), Reserved { resources, ports: None });
    let mut site = marathon("1.8", agents);
    let start = |site: &Site| Answer::to(&Question::of_start(site, &app("1", 2, "")).unwrap());
    assert_eq!(start(&site).verdict(), Verdict::Stalls);
    site.role = Some("web".into());
    assert_eq!(start(&site).verdict(), Verdict::Fits);
}

#[test]
fn scaling_down_and_upgrading_in_one_change_makes_its_own_room() {
    let mut site = marathon("1.9", agents(&[2, 2]));
    let old = app("1", 4, "");
    runs(&mut site, &old, &["a1", "a1", "a2", "a2"]);
    let question = Question::of_upgrade(&site, Some(&old), &app("2", 2, "")).unwrap();
    assert_eq!(Answer::to(&question).verdict(), Verdict::Fits);
}

#[test]
fn both_colours_need_room() {
    let second = Duration::from_secs(1);
    let times = Assumptions { start: second, healthy: second, stop: second };
    let lasting = Lasting { old: times, new: times, sessions: second };
    let checked = r#", "healthChecks": [{"protocol": "HTTP"}]"#;
    let blue = app("1", 4, checked);
    let green = app("2", 4, checked).with_id("/shop-green".parse().unwrap());

    let mut world = World::new(Some(blue.id().clone()), green.id().clone(), lasting);
    world = world.with_running(&blue);
    let target = Target { old: 0, new: 4, traffic: Traffic::ByInstances };
    let rollout = Rollout::new(Some(blue.id().clone()), green.id().clone(), target);
    let mut rollout = rollout.with_definition(green.clone()).growing(Growth::Once).with_floor(4);
    let foretold = forecast(&mut world, &mut rollout, Limits::default()).unwrap();

    let mut site = marathon("1.8", agents(&[6]));
    runs(&mut site, &blue, &["a1"; 4]);
    let question = Question::of_rollout(&site, Some(&blue), &green, &foretold.rows).unwrap();
    let answer = Answer::to(&question);
    assert_eq!((answer.verdict(), answer.counts()), (Verdict::Stalls, (2, 2, 4)));
    assert_eq!(
        answer.fixes(),
        [
            "/shop-green: let it grow by 2 at a time",
            "/shop-green: upgrade it in place, with minimumHealthCapacity 1 and maximumOverCapacity 1",
            "free 2 cpus more on agent a1",
            "add 1 agent like a1"
        ]
    );
}
