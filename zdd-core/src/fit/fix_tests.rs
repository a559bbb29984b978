use alloc::format;
use alloc::string::ToString;

use super::*;
use crate::app::App;
use crate::fit::{Rules, Running, Site, fit};
use crate::placement::{Agent, Demand, Grouping, Room};

fn app(id: &str, cmd: &str, instances: u32, rest: &str) -> App {
    let text =
        format!(r#"{{"id": "{id}", "cmd": "{cmd}", "instances": {instances}, "mem": 1 {rest}}}"#);
    App::parse(&text).unwrap()
}

fn agents(sizes: &[u32]) -> Room {
    let agents = sizes.iter().enumerate().map(|(n, cpus)| {
        let resources = Resources {
            cpus: Amount::whole(*cpus),
            mem: Amount::whole(999),
            n_ports: 99,
            ..Resources::default()
        };
        let id = format!("a{}", n + 1);
        Agent::new(id.parse().unwrap(), id, resources)
    });
    Room::new(agents.collect())
}

fn put(site: &mut Site, app: &App, agents: &[&str]) {
    let demand = Demand::of(app, Grouping::default()).unwrap();
    for (n, agent) in agents.iter().enumerate() {
        let (task, agent) = (format!("{}.{n}", app.id()).parse().unwrap(), agent.parse().unwrap());
        site.room.take(&task, &agent, &demand);
        let running = Running { task, app: app.id().clone(), agent: Some(agent), version: None };
        site.running.push(running);
    }
}

fn told(question: &Question) -> Vec<alloc::string::String> {
    let effort = Effort::default();
    let found = fit(&question.scene, effort);
    assert_ne!(found.verdict, Verdict::Fits);
    fixes(question, &found, effort).iter().map(ToString::to_string).collect()
}

#[test]
fn what_fits_needs_nothing() {
    let new = app("/a", "2", 2, "");
    let question = Question::of_start(&Site::empty(agents(&[2]), Rules::default()), &new).unwrap();
    let found = fit(&question.scene, Effort::default());
    assert_eq!(fixes(&question, &found, Effort::default()), []);
}

#[test]
fn a_start_is_told_what_is_missing() {
    let new = app("/a", "2", 5, "");
    let question =
        Question::of_start(&Site::empty(agents(&[1, 2]), Rules::default()), &new).unwrap();
    assert_eq!(told(&question), ["free 2 cpus more on agent a1", "add 1 agent like a2"]);
    // Where one agent would be enough if it were as big as that, but there are small ones only.
    let question = Question::of_start(&Site::empty(agents(&[1]), Rules::default()), &new).unwrap();
    assert_eq!(told(&question), ["free 4 cpus more on agent a1", "add 4 agents like a1"]);
}

#[test]
fn many_agents_are_not_asked_for_one_by_one() {
    let new = app("/a", "2", 12, "");
    let question = Question::of_start(&Site::empty(agents(&[1]), Rules::default()), &new).unwrap();
    let fixes = told(&question);
    assert_eq!(
        fixes,
        [
            "free 11 cpus more on agent a1 (less may be enough)",
            "add 11 agents like a1 (less may be enough)"
        ]
    );
}

#[test]
fn what_no_agent_of_the_kind_can_hold_is_no_matter_of_their_number() {
    let new = app("/a", "2", 1, r#", "cpus": 3"#);
    let site = Site::empty(agents(&[1, 2]), Rules::default());
    let question = Question::of_start(&site, &new).unwrap();
    assert_eq!(told(&question), ["free 1 cpus more on agent a2"]);
}

#[test]
fn all_upgrades_of_a_plan_are_changed_where_one_is_not_enough() {
    let tree = |cmd: &str| {
        let text = format!(
            r#"{{"id": "/", "apps": [{{"id": "/a", "cmd": "{cmd}", "instances": 4, "mem": 1}},
                {{"id": "/b", "cmd": "{cmd}", "instances": 2, "mem": 1, "dependencies": ["/a"]}}]}}"#
        );
        crate::app::Group::parse(&text).unwrap()
    };
    let (before, after) = (tree("1"), tree("2"));
    let mut site = Site::empty(agents(&[6]), Rules::default());
    put(&mut site, &app("/a", "1", 4, ""), &["a1"; 4]);
    put(&mut site, &app("/b", "1", 2, ""), &["a1"; 2]);
    let plan =
        crate::group::plan(&before, &after, &alloc::collections::BTreeSet::default()).unwrap();
    let question = Question::of_deployment(&site, &plan, &before, &after).unwrap();
    let fixes = told(&question);
    assert_eq!(
        fixes[0],
        "/a: set minimumHealthCapacity to 0.75; /b: set minimumHealthCapacity to 0.5"
    );
}

#[test]
fn a_marathon_that_sees_nothing_to_stop_is_given_a_spare_one() {
    let rest = r#", "healthChecks": [{"protocol": "HTTP"}], "upgradeStrategy":
        {"minimumHealthCapacity": 0.5, "maximumOverCapacity": 0}"#;
    let old = app("/a", "1", 2, rest);
    let mut site = Site::empty(agents(&[4]), Rules::of("1.10".parse().unwrap()));
    put(&mut site, &old, &["a1"; 2]);
    let question = Question::of_upgrade(&site, Some(&old), &app("/a", "2", 2, rest)).unwrap();
    let found = fit(&question.scene, Effort::default());
    assert_eq!(found.stall.unwrap().rejections.agents, []);
    assert_eq!(told(&question), ["/a: set maximumOverCapacity to 0.5"]);
}

#[test]
fn every_fix_is_an_instruction() {
    let id = || "/a".parse().unwrap();
    let constraint = App::parse(r#"{"id": "/a", "constraints": [["rack", "GROUP_BY", "3"]]}"#);
    let constraint = constraint.unwrap().constraints()[0].clone();
    let resources = Resources {
        cpus: Amount::thousandths(500),
        mem: Amount::whole(64),
        disk: Amount::whole(1),
        gpus: 2,
        n_ports: 0,
    };
    let agent = || "a1".parse().unwrap();
    let strategy = UpgradeStrategy::default();
    for (fix, text) in [
        (
            Fix::AtATime { app: id(), instances: 2, is_most: false },
            "/a: let it grow by 2 at a time (more may fit)",
        ),
        (
            Fix::Rolling { app: id(), strategy },
            "/a: upgrade it in place, with minimumHealthCapacity 1 and maximumOverCapacity 1",
        ),
        (
            Fix::AnyPort { app: id(), ports: [80, 81, 82].into() },
            "/a: take any port of the host instead of 80, 81 and 82, with hostPort 0, or without requirePorts",
        ),
        (Fix::NoConstraint { app: id(), constraint }, "/a: drop the constraint rack GROUP_BY 3"),
        (
            Fix::More { agent: agent(), resources, is_least: true },
            "free 0.5 cpus, 64 MiB of memory, 1 MiB of disk and 2 GPUs more on agent a1",
        ),
        (
            Fix::Agents { count: 9, like: agent(), is_least: false },
            "add 9 agents like a1 (less may be enough)",
        ),
    ] {
        assert_eq!(fix.to_string(), text);
    }
}
