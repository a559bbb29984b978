use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;

use proptest::prelude::*;

use super::*;
use crate::app::App;
use crate::placement::{Amount, GpuScheduling, Grouping, Rejection, Rejections, Reserved};

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

/// An agent with 2 cpus for all and 2 for `prod`, each with ports of its own.
fn shared() -> Agent {
    let half = Resources {
        cpus: Amount::whole(2),
        mem: Amount::whole(512),
        n_ports: 2,
        ..Resources::default()
    };
    let mut agent = Agent::new("a1".parse().unwrap(), "host1", half);
    agent.ports = Some(PortRanges::from(31_000..=31_001));
    let ports = Some(PortRanges::from(80..=81));
    agent.reserved.insert("prod".into(), Reserved { resources: half, ports });
    agent
}

fn why(room: &Room, demand: &Demand) -> Vec<String> {
    let rejections = room.place(demand, &[]).unwrap_err();
    rejections.agents[0].1.iter().map(ToString::to_string).collect()
}

#[test]
fn what_is_reserved_is_for_its_role() {
    let mut room = Room::new(vec![shared()]);
    let [all, prod, both] = [r#""*""#, r#""prod""#, r#""*", "prod""#].map(|roles| {
        demand(&format!(r#""cpus": 1.5, "acceptedResourceRoles": [{roles}], "ports": [0]"#))
    });
    let a1 = room.agents()[0].id.clone();
    for (one, other) in [(&all, &prod), (&prod, &all)] {
        assert_eq!(room.place(one, &[]), Ok(a1.clone()));
        room.take(&task(1), &a1, one);
        assert_eq!(why(&room, one), ["0.5 of 1.5 cpus free"]);
        assert_eq!(room.place(other, &[]), Ok(a1.clone()));
        assert_eq!(room.place(&both, &[]), Ok(a1.clone()), "of both together");
        room.take(&task(2), &a1, other);
        assert_eq!(why(&room, &both), ["1 of 1.5 cpus free"]);
        assert!(room.free(&task(1)) && room.free(&task(2)));
    }
    // It takes what is reserved first, and the rest of what is not.
    room.take(&task(1), &a1, &demand(r#""cpus": 2.5, "acceptedResourceRoles": ["*", "prod"]"#));
    assert_eq!(room.free_for(&a1, &all).unwrap().cpus, Amount::thousandths(1500));
    assert_eq!(room.free_for(&a1, &prod).unwrap().cpus, Amount::ZERO);
    room.free(&task(1));
    assert_eq!(room.used_of(&a1), Some(Held::default()));
    assert_eq!(
        why(&room, &demand(r#""acceptedResourceRoles": ["test"]"#)),
        ["nothing is reserved for the roles that the app takes"]
    );
    // A Marathon with a role takes what is its own.
    let big = demand(r#""cpus": 3"#);
    assert_eq!(why(&room, &big), ["2 of 3 cpus free"]);
    assert_eq!(room.place(&big.with_role("prod"), &[]), Ok(a1));
}

#[test]
fn a_port_by_number_is_one_of_the_agents() {
    let mut room = Room::new(vec![shared()]);
    let a1 = room.agents()[0].id.clone();
    let fixed = |port, role| {
        demand(&format!(
            r#""cpus": 0, "ports": [{port}], "requirePorts": true, "acceptedResourceRoles": [{role}]"#
        ))
    };
    assert_eq!(why(&room, &fixed(80, r#""*""#)), ["port 80 is not one that the app may take"]);
    assert_eq!(why(&room, &fixed(31_002, r#""*""#))[0].split(' ').nth(1), Some("31002"));
    assert_eq!(room.place(&fixed(80, r#""*", "prod""#), &[]), Ok(a1.clone()));
    room.take(&task(1), &a1, &fixed(80, r#""*", "prod""#));
    assert_eq!(room.used_of(&a1).unwrap().reserved["prod"].n_ports, 1, "the port is of the role");
    assert_eq!(why(&room, &fixed(80, r#""prod""#)), ["port 80 is in use"]);
    assert_eq!(room.place(&fixed(81, r#""prod""#), &[]), Ok(a1.clone()));
    let two = demand(r#""cpus": 0, "ports": [0, 0], "acceptedResourceRoles": ["prod"]"#);
    assert_eq!(why(&room, &two), ["1 of 2 ports free"]);
    room.free(&task(1));
    assert_eq!(room.place(&two, &[]), Ok(a1));
}

#[test]
fn who_is_not_active_gets_nothing() {
    let mut agent = shared();
    agent.is_active = false;
    let room = Room::new(vec![agent]);
    assert_eq!(why(&room, &demand(r#""cpus": 100"#)), ["not active"]);
    let rejections = room.place(&demand(r#""cpus": 1"#), &[]).unwrap_err();
    assert!(rejections.summary().iter().all(|one| one.processed == 0), "nothing was offered");
}

#[test]
fn gpus_are_kept_for_those_that_need_some() {
    let mut agent = shared();
    agent.resources.gpus = 1;
    let mut room = Room::new(vec![agent]);
    let (plain, gpu) = (demand(r#""cpus": 1"#), demand(r#""cpus": 1, "gpus": 1"#));
    let restricted = plain.clone().with_gpus(GpuScheduling::Restricted);
    assert!(room.place(&plain, &[]).is_ok());
    let rejections = room.place(&restricted, &[]).unwrap_err();
    assert_eq!(rejections.agents[0].1, [Rejection::ScarceGpus]);
    assert_eq!(rejections.summary()[9].declined, 1);
    // Once all are in use, there are none to be kept.
    let a1 = room.place(&gpu.with_gpus(GpuScheduling::Restricted), &[]).unwrap();
    room.take(&task(1), &a1, &demand(r#""cpus": 1, "gpus": 1"#));
    assert!(room.place(&restricted, &[]).is_ok());
}

#[test]
fn what_is_held_stays_until_it_is_freed_and_what_is_occupied_for_good() {
    let mut room = Room::new(vec![shared()]);
    let a1 = room.agents()[0].id.clone();
    let cpu = Resources { cpus: Amount::whole(1), n_ports: 1, ..Resources::default() };
    let mut held = Held::new(cpu, PortRanges::from(31_000..=31_000));
    held.reserved.insert("prod".into(), cpu);
    held.ports = held.ports.plus(&PortRanges::from(80..=80));
    room.hold(&task(1), &a1, &held);
    assert_eq!(room.held_by(&task(1)), Some((&a1, held.clone())));
    assert_eq!(room.free_of(&a1).unwrap().cpus, Amount::whole(2));
    room.occupy(&a1, &Held::new(cpu, PortRanges::from(31_001..=31_001)));
    assert_eq!(room.free_of(&a1).unwrap().cpus, Amount::whole(1));
    assert!(room.free(&task(1)) && room.held_by(&task(1)).is_none());
    let used = room.used_of(&a1).unwrap();
    assert_eq!((used.total(), used.ports), (cpu, PortRanges::from(31_001..=31_001)));
    // Of a role that the agent has nothing for, it is taken of what all may take.
    held.reserved = [("test".into(), cpu)].into();
    room.hold(&task(2), &a1, &held);
    assert_eq!(room.free_of(&a1).unwrap().cpus, Amount::whole(2), "1 too much is in use of 2");
    room.hold(&task(3), &"a9".parse().unwrap(), &held);
    assert!(room.held_by(&task(3)).is_none());
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
