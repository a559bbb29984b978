//! Tests of pictures of agents.

use zdd_core::app::App;
use zdd_core::fit::{Exchange, Move, Moves, Old, Scene, What};
use zdd_core::placement::{Agent, Amount, Demand, Grouping, Resources, Room};
use zdd_core::units::{AgentId, TaskId};

use super::{AgentChart, Standing};
use crate::chart::tests::assert_well_formed;

fn agent(n: usize) -> AgentId {
    format!("agent-{n}").parse().unwrap()
}

fn task(n: usize) -> TaskId {
    format!("shop.{n}").parse().unwrap()
}

/// `n_agents` with 2 cpus each, of which something else has a half, and one old instance of 1 cpu on
/// each of the first `n_old`.
fn scene(n_agents: usize, n_old: usize) -> Scene {
    let resources = Resources {
        cpus: Amount::whole(2),
        mem: Amount::whole(4096),
        n_ports: 10,
        ..Resources::default()
    };
    let agents = (1..=n_agents).map(|n| Agent::new(agent(n), format!("host-{n}"), resources));
    let mut room = Room::new(agents.collect());
    let demand = |cpus: &str| {
        let app = App::parse(&format!(r#"{{"id": "/shop", "cmd": "a", "cpus": {cpus}}}"#)).unwrap();
        Demand::of(&app, Grouping::default()).unwrap()
    };
    for n in 1..=n_agents {
        room.take(&task(1000 + n), &agent(n), &demand("0.5"));
    }
    let old = (1..=n_old).map(|n| Old {
        task: task(n),
        agent: agent(n),
        counts: false,
        keeps_place: false,
    });
    let old: Vec<Old> = old.collect();
    for old in &old {
        room.take(&old.task, &old.agent, &demand("1"));
    }
    let target = u16::try_from(n_old).unwrap().into();
    let (app, moves) = ("/shop".parse().unwrap(), Moves::all_at_once(target));
    Scene::of(room, Exchange { app, demand: demand("1"), old, present: vec![], moves })
}

fn stopped(n: usize) -> Move {
    Move { step: 0, exchange: 0, what: What::Stopped(task(n)), agent: agent(n) }
}

fn placed(n: usize) -> Move {
    Move { step: 0, exchange: 0, what: What::Placed, agent: agent(n) }
}

#[test]
fn a_stall_on_three_agents() {
    let scene = scene(3, 3);
    let moves = [stopped(1), placed(1)];
    let rejections = scene.room.place(&scene.steps[0][0].demand, &[]).unwrap_err();
    let standing = Standing { text: "1 of 3 placed, 2 wait", rejections: &rejections };
    let chart = AgentChart::of(&scene, &moves, Some(standing), "/shop");
    insta::assert_snapshot!(chart.to_svg());
    assert_well_formed(&chart.to_svg());
}

#[test]
fn what_one_loses_another_has() {
    let scene = scene(2, 1);
    let chart = AgentChart::of(&scene, &[stopped(1), placed(2)], None, "/shop");
    let held: Vec<_> =
        chart.rows[0].held.iter().map(|it| (it.others, it.old, it.new, it.free)).collect();
    assert_eq!(held, [(500, 1000, 0, 500), (500, 0, 0, 1500), (500, 0, 0, 1500)]);
    let held: Vec<_> =
        chart.rows[1].held.iter().map(|it| (it.others, it.old, it.new, it.free)).collect();
    assert_eq!(held, [(500, 0, 0, 1500), (500, 0, 0, 1500), (500, 0, 1000, 500)]);
    assert_eq!(chart.rows[1].came, [0, 0, 1]);
    assert_eq!(chart.rows[0].went, [0, 1, 0]);
    assert!(chart.to_svg().contains(">done<"));
}

#[test]
fn what_is_kept_goes_to_the_next_one() {
    let mut scene = scene(1, 1);
    scene.steps[0][0].old[0].keeps_place = true;
    let chart = AgentChart::of(&scene, &[stopped(1), placed(1)], None, "/shop");
    let held: Vec<_> = chart.rows[0].held.iter().map(|it| (it.old, it.new, it.free)).collect();
    assert_eq!(held, [(1000, 0, 500), (1000, 0, 500), (0, 1000, 500)]);
}

#[test]
fn many_agents_share_rows_and_no_cpu_gets_lost() {
    let scene = scene(200, 60);
    let moves: Vec<Move> = (1..=60).flat_map(|n| [stopped(n), placed(n)]).collect();
    let chart = AgentChart::of(&scene, &moves, None, "/shop");
    assert!(chart.rows.len() <= 24 && chart.columns.len() <= 49);
    assert_eq!(chart.rows.iter().map(|row| row.n_agents).sum::<usize>(), 200);
    for column in 0..chart.columns.len() {
        let all: u64 = chart.rows.iter().map(|row| row.held[column].all()).sum();
        assert_eq!(all, 200 * 2000);
    }
    let came: u32 = chart.rows.iter().flat_map(|row| &row.came).sum();
    assert_eq!(came, 60);
    let last = chart.rows.last().unwrap();
    assert_eq!((&*last.name, last.n_agents), ("140 that nothing happens to", 140));
    assert_eq!(chart.columns.last().unwrap().moves, 120);
    let svg = chart.to_svg();
    assert_well_formed(&svg);
    assert!(svg.len() < 200_000 && chart.height() < 800.0, "{} bytes", svg.len());
}

#[test]
fn without_agents_or_moves_there_is_a_picture_all_the_same() {
    for chart in [
        AgentChart::of(&scene(0, 0), &[], None, "<&>"),
        AgentChart::of(&scene(3, 2), &[], None, ""),
        // Of a task and an agent that are not there nothing changes.
        AgentChart::of(&scene(1, 1), &[stopped(7), placed(7)], None, ""),
    ] {
        assert_well_formed(&chart.to_svg());
    }
}
