//! Tests of what is said, on small clusters.

use zdd_core::app::App;
use zdd_core::fit::{Effort, Exchange, Move, Moves, Old, Scene, What, fit};
use zdd_core::placement::{Agent, Amount, Demand, Grouping, Resources, Room};
use zdd_core::units::{AgentId, InstanceCount, TaskId};
use zdd_core::upgrade::Upgrade;

use super::Answer;
use super::json::FitReport;
use crate::text::Page;

const PAGE: Page = Page { width: 80 };

fn agent(n: usize) -> AgentId {
    format!("agent-{n}").parse().unwrap()
}

fn task(n: usize) -> TaskId {
    format!("shop.{n}").parse().unwrap()
}

/// The answer about `app` and one old instance on each of the agents `old`, on agents with these cpus.
fn asked(cpus: &[&str], app: &str, old: &[usize]) -> Answer {
    let resources = |cpus: &str| Resources {
        cpus: cpus.parse().unwrap(),
        mem: Amount::whole(1024),
        n_ports: 10,
        ..Resources::default()
    };
    let agents = cpus.iter().enumerate();
    let agents = agents
        .map(|(n, cpus)| Agent::new(agent(n + 1), format!("host-{}", n + 1), resources(cpus)));
    let mut room = Room::new(agents.collect());
    let app = App::parse(app).unwrap();
    let demand = Demand::of(&app, Grouping::default()).unwrap();
    let old: Vec<Old> = old
        .iter()
        .enumerate()
        .map(|(n, at)| Old { task: task(n), agent: agent(*at), counts: false, keeps_place: false })
        .collect();
    for old in &old {
        room.take(&old.task, &old.agent, &demand);
    }
    let moves = if old.is_empty() {
        Moves::all_at_once(app.instances())
    } else {
        let count = InstanceCount::saturating_from(old.len() as u64);
        Moves::rolling(&Upgrade {
            old: count,
            ..Upgrade::new(app.instances(), app.upgrade_strategy())
        })
    };
    let exchange = Exchange { app: app.id().clone(), demand, old, present: vec![], moves };
    let scene = Scene::of(room, exchange);
    let fit = fit(&scene, Effort::default());
    Answer {
        about: app.id().to_string(),
        scene,
        fit,
        fixes: vec![],
        assumed: vec![],
        is_beside: false,
    }
}

fn told(answer: &Answer) -> String {
    let mut out = Vec::new();
    answer.write(PAGE, &mut out).unwrap();
    anstream::adapter::strip_str(&String::from_utf8(out).unwrap()).to_string()
}

const FOUR: &str = r#"{"id": "/shop", "cmd": "a", "instances": 4, "cpus": 1}"#;

#[test]
fn what_fits_says_so() {
    let answer = asked(&["4", "4"], FOUR, &[1, 1, 2, 2]);
    assert!(answer.fits());
    insta::assert_snapshot!(told(&answer));
}

#[test]
fn a_full_cluster_stalls_with_its_numbers() {
    let answer = asked(&["2.4", "2"], FOUR, &[1, 1, 2, 2]);
    assert!(!answer.fits());
    insta::assert_snapshot!(told(&answer));
    let report = serde_json::to_string_pretty(&FitReport::of(&answer)).unwrap();
    insta::assert_snapshot!(report);
}

#[test]
fn one_that_may_stall_shows_the_order() {
    // One of two old ones goes for one new one: there is room only if it is the bigger one.
    let app = r#"{"id": "/shop", "cmd": "a", "cpus": 1}"#;
    let mut answer = asked(&["1", "0.9"], app, &[1, 2]);
    let exchange = &mut answer.scene.steps[0][0];
    let small = App::parse(r#"{"id": "/shop", "cmd": "a", "cpus": 0.5}"#).unwrap();
    let small = Demand::of(&small, Grouping::default()).unwrap();
    answer.scene.room.take(&exchange.old[1].task, &exchange.old[1].agent, &small);
    answer.fit = fit(&answer.scene, Effort::default());
    assert!(!answer.fits());
    insta::assert_snapshot!(told(&answer));
    let svg = answer.chart().to_svg();
    assert!(svg.contains("✖ 0 of 1 placed, 1 waits"), "{svg}");
}

#[test]
fn long_orders_are_cut_in_the_middle() {
    let answer = asked(&["9", "9"], FOUR, &[1, 1, 2, 2]);
    let part = |n: usize, what: What| Move { step: 0, exchange: 0, what, agent: agent(1 + n % 2) };
    let moves: Vec<Move> =
        (0..10).flat_map(|n| [part(n, What::Stopped(task(n))), part(n, What::Placed)]).collect();
    assert_eq!(
        super::order::told(&answer.scene, &moves),
        "stopped on host-1; placed on host-1; stopped on host-2; placed on host-2; … 13 more …; \
         placed on host-1; stopped on host-2; placed on host-2"
    );
    let alike: Vec<Move> = (0..10).map(|n| part(n, What::Placed)).collect();
    assert_eq!(
        super::order::told(&answer.scene, &alike),
        "placed on host-1, host-2, host-1, host-2 and 6 more"
    );
}

#[test]
fn several_reasons_come_with_the_most_frequent_first() {
    let app = r#"{"id": "/shop", "cmd": "a", "instances": 5, "cpus": 1,
        "constraints": [["hostname", "UNIQUE"]]}"#;
    let answer = asked(&["0.4", "0.3", "2", "2", "0.2"], app, &[]);
    insta::assert_snapshot!(told(&answer));
}

#[test]
fn without_agents_there_is_no_reason_but_that() {
    let answer = asked(&[], FOUR, &[]);
    assert!(told(&answer).contains("there is no agent"), "{}", told(&answer));
}
