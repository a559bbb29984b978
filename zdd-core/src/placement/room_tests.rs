use alloc::format;
use alloc::string::ToString;
use alloc::vec;

use proptest::prelude::*;

use super::*;
use crate::app::App;
use crate::placement::{Amount, Grouping};

fn room(n_agents: usize, cpus: u32) -> Room {
    let resources = Resources {
        cpus: Amount::whole(cpus),
        mem: Amount::whole(1024),
        n_ports: 4,
        ..Resources::default()
    };
    let agent = |n| Agent::new(format!("a{n}").parse().unwrap(), format!("host{n}"), resources);
    Room::new((1..=n_agents).map(agent).collect())
}

fn demand(fields: &str) -> Demand {
    let app = App::parse(&format!(r#"{{"id": "/a", "cmd": "a", {fields}}}"#)).unwrap();
    Demand::of(&app, Grouping::default()).unwrap()
}

fn task(n: usize) -> TaskId {
    format!("t{n}").parse().unwrap()
}

#[test]
fn instances_spread_over_the_least_used() {
    let mut room = room(3, 4);
    let mut order = vec![];
    for n in 0..6 {
        let agent = room.place(&demand(r#""cpus": 0.1"#), &[]).unwrap();
        order.push(agent.to_string());
        room.take(&task(n), &agent, &demand(r#""cpus": 0.1"#));
    }
    assert_eq!(order, ["a1", "a2", "a3", "a1", "a2", "a3"]);
    // What is freed is used next.
    assert!(room.free(&task(1)) && !room.free(&task(1)));
    assert_eq!(room.place(&demand(r#""cpus": 0.1"#), &[]).unwrap().as_str(), "a2");
}

#[test]
fn a_port_by_number_is_given_once_on_each_agent() {
    let mut room = room(2, 4);
    let fixed = demand(r#""portDefinitions": [{"port": 8080}], "requirePorts": true"#);
    for n in 0..2 {
        let agent = room.place(&fixed, &[]).unwrap();
        room.take(&task(n), &agent, &fixed);
    }
    let rejections = room.place(&fixed, &[]).unwrap_err();
    assert_eq!(rejections.agents.len(), 2);
    assert!(rejections.agents.iter().all(|(_, why)| *why == [Rejection::PortInUse(8080)]));
    // A port that a task happened to get is as good as taken.
    room.free(&task(0));
    let any = demand(r#""portDefinitions": [{"port": 0}]"#);
    let agent = room.place(&any, &[]).unwrap();
    room.take(&task(0), &agent, &any);
    room.takes_ports(&task(0), &[8080]);
    assert!(room.place(&fixed, &[]).is_err());
    room.free(&task(0));
    assert_eq!(room.place(&fixed, &[]), Ok(agent));
}

#[test]
fn two_tasks_with_one_port_do_not_free_it_for_each_other() {
    let mut room = room(1, 4);
    let fixed = demand(r#""portDefinitions": [{"port": 8080}], "requirePorts": true"#);
    let agent = room.place(&fixed, &[]).unwrap();
    room.take(&task(0), &agent, &fixed);
    room.take(&task(1), &agent, &fixed);
    room.free(&task(1));
    assert!(room.place(&fixed, &[]).is_err());
}

#[test]
fn each_shortage_has_its_reason() {
    let room = room(1, 4);
    for (fields, why) in [
        (r#""cpus": 4.5"#, "4 of 4.5 cpus free"),
        (r#""mem": 2048"#, "1024 of 2048 MiB of memory free"),
        (r#""disk": 1"#, "0 of 1 MiB of disk free"),
        (r#""gpus": 1"#, "0 of 1 GPUs free"),
        (r#""ports": [0, 0, 0, 0, 0]"#, "4 of 5 ports free"),
        (
            r#""acceptedResourceRoles": ["prod"]"#,
            "nothing is reserved for the roles that the app takes",
        ),
        (r#""constraints": [["rack", "IS", "r1"]]"#, "does not suit rack IS r1"),
        (
            r#""constraints": [["hostname", "UNLIKE", "host."]]"#,
            "does not suit hostname UNLIKE host.",
        ),
    ] {
        let rejections = room.place(&demand(fields), &[]).unwrap_err();
        let texts: Vec<_> = rejections.agents[0].1.iter().map(ToString::to_string).collect();
        assert_eq!(texts, [why]);
        let declined = rejections.summary().into_iter().filter(|one| one.declined == 1);
        let words: Vec<_> = declined.map(|one| one.reason).collect();
        assert_eq!(words, [rejections.agents[0].1[0].word()]);
    }
}

#[test]
fn without_agents_there_is_nothing_to_say() {
    assert_eq!(room(0, 1).place(&demand(r#""cpus": 1"#), &[]), Err(Rejections::default()));
}

proptest! {
    /// Nothing is given twice, and whatever is taken comes back.
    #[test]
    fn an_agent_never_gives_more_than_it_has(
        steps in prop::collection::vec((0_usize..12, 1_u32..3000, any::<bool>()), 1..60),
    ) {
        let mut room = room(3, 4);
        let whole: Vec<_> = room.agents().iter().map(|agent| agent.resources).collect();
        let mut n_placed = 0;
        for (n, thousandths, is_end) in steps {
            if is_end {
                room.free(&task(n));
                continue;
            }
            room.free(&task(n));
            let demand = demand(&format!(r#""cpus": {}"#, f64::from(thousandths) / 1000.0));
            match room.place(&demand, &[]) {
                Ok(agent) => {
                    let free = room.free_of(&agent).unwrap();
                    prop_assert!(free.cpus >= demand.resources.cpus);
                    prop_assert!(free.n_ports >= 1);
                    room.take(&task(n), &agent, &demand);
                    n_placed += 1;
                }
                Err(rejections) => prop_assert_eq!(rejections.agents.len(), 3),
            }
        }
        for n in 0..12 {
            room.free(&task(n));
        }
        let free: Vec<_> = room.agents().iter().map(|agent| room.free_of(&agent.id)).collect();
        prop_assert_eq!(free, whole.iter().map(|all| Some(*all)).collect::<Vec<_>>());
        prop_assume!(n_placed > 0);
    }
}
