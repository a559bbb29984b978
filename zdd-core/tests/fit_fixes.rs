//! Whatever is named as a fix is one: done to definitions and clusters by hand, the plan fits.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use zdd_core::app::App;
use zdd_core::capacity::UpgradeStrategy;
use zdd_core::fit::{Effort, Fix, Question, Rules, Running, Site, Verdict, fit, fixes};
use zdd_core::placement::{Agent, Amount, Demand, Grouping, Resources, Room};
use zdd_core::units::GroupId;

/// An upgrade of an app on a small cluster.
#[derive(Clone, Debug)]
struct Case {
    version: &'static str,
    /// Cpus and zone of each agent.
    agents: Vec<(u32, bool)>,
    /// On which agent each of the old instances runs.
    old: Vec<usize>,
    instances: u32,
    cpus: u32,
    min: u32,
    over: u32,
    constraint: Option<Value>,
    has_port: bool,
}

fn cases() -> impl Strategy<Value = Case> {
    let constraints = prop::option::of(prop::sample::select(vec![
        json!(["hostname", "UNIQUE"]),
        json!(["@zone", "GROUP_BY", "2"]),
        json!(["@zone", "MAX_PER", "2"]),
        json!(["@zone", "CLUSTER"]),
        json!(["@zone", "CLUSTER", "left"]),
    ]));
    let versions = prop::sample::select(vec!["1.0", "1.5", "1.10", "1.11"]);
    let agents = prop::collection::vec((0..4_u32, any::<bool>()), 1..4);
    (
        versions,
        agents,
        constraints,
        1..4_u32,
        1..3_u32,
        0..5_u32,
        0..5_u32,
        prop::bool::weighted(0.2),
    )
        .prop_flat_map(
            |(version, agents, constraint, instances, cpus, min, over, has_port)| {
                let old = prop::collection::vec(0..agents.len(), 0..4);
                old.prop_map(move |old| Case {
                    version,
                    agents: agents.clone(),
                    old,
                    instances,
                    cpus,
                    min,
                    over,
                    constraint: constraint.clone(),
                    has_port,
                })
            },
        )
}

impl Case {
    fn json(&self, cmd: &str) -> Value {
        json!({
            "id": "/a", "cmd": cmd, "instances": self.instances, "cpus": self.cpus, "mem": 1,
            "requirePorts": true, "portDefinitions": [{"port": if self.has_port { 8080 } else { 0 }}],
            "constraints": self.constraint.iter().collect::<Vec<_>>(),
            "upgradeStrategy": {"minimumHealthCapacity": f64::from(self.min) / 4.0,
                                "maximumOverCapacity": f64::from(self.over) / 4.0},
        })
    }

    fn new_app(&self) -> App {
        read(&self.json("2"))
    }

    fn agents(&self) -> Vec<Agent> {
        let agent = |(n, (cpus, is_left)): (usize, &(u32, bool))| {
            let resources = Resources {
                cpus: Amount::whole(*cpus),
                mem: Amount::whole(99),
                n_ports: 20,
                ..Resources::default()
            };
            let name = format!("a{n}");
            let mut agent = Agent::new(name.parse().unwrap(), name, resources);
            agent.zone = Some(if *is_left { "left" } else { "right" }.into());
            agent
        };
        self.agents.iter().enumerate().map(agent).collect()
    }

    /// What runs before, on these agents. Old instances take 1 cpu each; those for which the agents of
    /// the case have none do not run.
    fn site(&self, agents: Vec<Agent>) -> Site {
        let rules = Rules::of(self.version.parse().unwrap());
        let mut site = Site::empty(Room::new(agents), rules);
        let mut json = self.json("1");
        json["cpus"] = json!(1);
        let demand = Demand::of(&read(&json), Grouping::default()).unwrap();
        for (n, at) in self.old.iter().enumerate() {
            let before = self.old[..n].iter().filter(|other| *other == at).count();
            if before < self.agents[*at].0 as usize {
                let (task, agent) =
                    (format!("a.{n}").parse().unwrap(), format!("a{at}").parse().unwrap());
                site.room.take(&task, &agent, &demand);
                let app = "/a".parse().unwrap();
                site.running.push(Running { task, app, agent: Some(agent), version: None });
            }
        }
        site
    }

    fn verdict(&self, site: &Site, new: &App) -> Verdict {
        let old = read(&self.json("1"));
        fit(&Question::of_upgrade(site, Some(&old), new).unwrap().scene, Effort::default()).verdict
    }
}

fn read(json: &Value) -> App {
    App::from_value(json, &GroupId::root()).unwrap()
}

/// Another strategy for the app that the fix is about.
fn amended(case: &Case, fix: &Fix) -> App {
    let mut json = case.json("2");
    match fix {
        Fix::Strategy { changes, .. } => {
            let [(_, change)] = changes.as_slice() else { panic!("one app") };
            let new = case.new_app();
            return new.clone().with_upgrade_strategy(change.applied_to(new.upgrade_strategy()));
        }
        Fix::AnyPort { ports, .. } => {
            assert_eq!(ports, &[8080]);
            json["portDefinitions"] = json!([{"port": 0}]);
        }
        Fix::NoConstraint { .. } => json["constraints"] = json!([]),
        _ => {}
    }
    read(&json)
}

fn agents_with(case: &Case, fix: &Fix) -> Vec<Agent> {
    let mut agents = case.agents();
    match fix {
        Fix::More { agent, resources, .. } => {
            let grown = agents.iter_mut().find(|one| one.id == *agent).unwrap();
            grown.resources = grown.resources.plus(*resources);
        }
        Fix::Agents { count, like, .. } => {
            let like = agents.iter().find(|one| one.id == *like).unwrap().clone();
            agents.extend((0..*count).map(|n| {
                let mut agent = like.clone();
                (agent.hostname, agent.id) = (format!("b{n}"), format!("b{n}").parse().unwrap());
                agent
            }));
        }
        _ => {}
    }
    agents
}

/// How many fixes there were of which kind.
#[derive(Clone, Copy, Default, Debug)]
struct Seen {
    strategies: u32,
    ports: u32,
    constraints: u32,
    resources: u32,
    agents: u32,
    none: u32,
}

impl Seen {
    fn note(&mut self, fix: &Fix) {
        match fix {
            Fix::Strategy { .. } => self.strategies += 1,
            Fix::AnyPort { .. } => self.ports += 1,
            Fix::NoConstraint { .. } => self.constraints += 1,
            Fix::More { .. } => self.resources += 1,
            Fix::Agents { .. } => self.agents += 1,
            other => panic!("{other:?} is not for an upgrade"),
        }
    }
}

#[test]
fn a_fix_that_is_carried_out_is_one() {
    let (mut runner, mut seen) = (TestRunner::deterministic(), Seen::default());
    for _ in 0..1500 {
        check(&cases().new_tree(&mut runner).unwrap().current(), &mut seen);
    }
    let Seen { strategies, ports, constraints, resources, agents, none } = seen;
    // All kinds come up, and most of the time something helps.
    let fewest = [strategies, ports, constraints, resources, agents].into_iter().min();
    assert!(fewest > Some(20) && none < resources, "{seen:?}");
}

fn check(case: &Case, seen: &mut Seen) {
    let site = case.site(case.agents());
    let old = read(&case.json("1"));
    let question = Question::of_upgrade(&site, Some(&old), &case.new_app()).unwrap();
    let found = fit(&question.scene, Effort::default());
    if found.verdict == Verdict::Fits {
        return;
    }
    let fixes = fixes(&question, &found, Effort::default());
    seen.none += u32::from(fixes.is_empty());
    for fix in &fixes {
        seen.note(fix);
        let site = case.site(agents_with(case, fix));
        assert_eq!(case.verdict(&site, &amended(case, fix)), Verdict::Fits, "{fix} {case:?}");
        assert_least(case, fix);
    }
}

/// One instance more to stay healthy, or one agent less, does not fit.
fn assert_least(case: &Case, fix: &Fix) {
    let verdict = match fix {
        Fix::Strategy { is_least: true, .. } => {
            let (new, changed) = (case.new_app(), amended(case, fix));
            let n = new.instances();
            let floor = |app: &App| app.upgrade_strategy().bounds(n).floor.get();
            if floor(&changed) + 1 >= floor(&new) {
                return;
            }
            let floor = f64::from(floor(&changed) + 1) / f64::from(n.get());
            let min = floor.try_into().unwrap();
            let strategy =
                UpgradeStrategy { minimum_health_capacity: min, ..changed.upgrade_strategy() };
            case.verdict(&case.site(case.agents()), &new.with_upgrade_strategy(strategy))
        }
        Fix::Agents { count, like, is_least: true } if *count > 1 => {
            let fewer = Fix::Agents { count: count - 1, like: like.clone(), is_least: true };
            case.verdict(&case.site(agents_with(case, &fewer)), &case.new_app())
        }
        _ => return,
    };
    assert_ne!(verdict, Verdict::Fits, "{fix} is more than is needed: {case:?}");
}
