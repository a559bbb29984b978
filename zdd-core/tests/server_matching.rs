//! Servers and tasks that belong together, whatever their names are made of.
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

use std::net::IpAddr;

use zdd_core::ports::{Name, Server};
use zdd_core::rollout::{Matching, Place, matching};
use zdd_core::units::TaskId;

fn servers(names: &[(&str, &str)]) -> Vec<Server> {
    let server = |(name, addr): &(&str, &str)| {
        let mut server = Server::new(Name::new(*name).unwrap());
        server.addr = addr.parse().ok();
        server
    };
    names.iter().map(server).collect()
}

struct Known {
    id: TaskId,
    host: Option<&'static str>,
    addresses: Vec<IpAddr>,
    ports: Vec<u16>,
}

fn known(id: &str, host: &'static str, addresses: &[&str], ports: &[u16]) -> Known {
    Known {
        id: id.parse().unwrap(),
        host: (!host.is_empty()).then_some(host),
        addresses: addresses.iter().map(|ip| ip.parse().unwrap()).collect(),
        ports: ports.to_vec(),
    }
}

fn places(known: &[Known]) -> Vec<Place<'_>> {
    known
        .iter()
        .map(|it| Place { task: &it.id, host: it.host, addresses: &it.addresses, ports: &it.ports })
        .collect()
}

/// `task=server` of each pair.
fn pairs(matching: &Matching<'_>) -> Vec<String> {
    matching
        .pairs
        .iter()
        .map(|(task, server)| format!("{}={}", task.as_str(), server.name))
        .collect()
}

fn names(servers: &[&Server]) -> Vec<String> {
    servers.iter().map(|server| server.name.to_string()).collect()
}

#[test]
fn names_are_found_whatever_they_are_made_of() {
    for (task, name) in [
        // The host is an address.
        (known("t", "10.0.6.25", &[], &[16916]), "10_0_6_25_16916"),
        // It is a name, and its address is only known to the name server over there.
        (known("t", "agent1.example", &[], &[16916]), "agent1_example_10_0_0_7_16916"),
        // The name server gives no other text for it.
        (known("t", "agent1.example", &[], &[16916]), "agent1_example_16916"),
        // An address for each task, at the port in the container, not the one on the host.
        (
            known("t", "agent1.example", &["172.16.3.4"], &[31_000, 8080]),
            "agent1_example_172_16_3_4_8080",
        ),
        (known("t", "10.0.6.25", &["172.16.3.4"], &[8080]), "10_0_6_25_172_16_3_4_8080"),
        // Hyphens stay.
        (
            known("t", "ip-10-0-0-7.ec2.internal", &[], &[80]),
            "ip-10-0-0-7_ec2_internal_10_0_0_7_80",
        ),
        // No host, an address of its own.
        (known("t", "", &["172.16.3.4"], &[8080]), "172_16_3_4_8080"),
    ] {
        let (tasks, servers) = ([task], servers(&[(name, "")]));
        let places = places(&tasks);
        let found = matching(&places, &servers);
        assert_eq!(pairs(&found), [format!("t={name}")]);
        assert!(found.tasks.is_empty() && found.servers.is_empty() && found.doubtful.is_empty());
    }
}

#[test]
fn names_that_only_look_alike_are_not_taken() {
    for name in [
        "10_0_6_25_1691",
        "10_0_6_25_116916",
        "110_0_6_25_16916",
        "10_0_6_255_16916",
        "10_0_6_25_x_16916",
        "10_0_6_25_300_1_1_1_16916",
        "10_0_6_25",
        "16916",
    ] {
        let tasks = [known("t", "10.0.6.25", &[], &[16916])];
        let (places, servers) = (places(&tasks), servers(&[(name, "")]));
        let found = matching(&places, &servers);
        assert_eq!((found.pairs.len(), found.tasks.len()), (0, 1), "{name}");
        assert_eq!(names(&found.servers), [name]);
    }
}

#[test]
fn three_tasks_with_two_ports_are_not_confused() {
    // Only the ports of this backend are asked for: the first of each task.
    let tasks = [
        known("t1", "10.0.0.1", &[], &[31_001]),
        known("t2", "10.0.0.1", &[], &[31_003]),
        known("t3", "10.0.0.2", &[], &[31_001]),
    ];
    let servers =
        servers(&[("10_0_0_2_31001", ""), ("10_0_0_1_31003", ""), ("10_0_0_1_31001", "")]);
    let places = places(&tasks);
    let found = matching(&places, &servers);
    assert_eq!(pairs(&found), ["t1=10_0_0_1_31001", "t2=10_0_0_1_31003", "t3=10_0_0_2_31001"]);
    // In any order.
    let turned: Vec<_> = places.iter().rev().cloned().collect();
    assert_eq!(matching(&turned, servers.iter().rev()).pairs, found.pairs);
}

#[test]
fn an_address_outweighs_names() {
    let tasks = [
        known("t1", "agent", &["10.0.0.1"], &[31_000]),
        known("t2", "agent", &["10.0.0.2"], &[31_000]),
    ];
    let places = places(&tasks);
    let slots = servers(&[
        ("slot1", "10.0.0.2:31000"),
        ("slot2", "10.0.0.1:31000"),
        ("slot3", "127.0.0.1:1"),
    ]);
    let found = matching(&places, &slots);
    assert_eq!(pairs(&found), ["t1=slot2", "t2=slot1"]);
    assert_eq!(names(&found.servers), ["slot3"]);
    // A known address outweighs any.
    let named = servers(&[("agent_10_0_0_2_31000", ""), ("agent_10_0_0_1_31000", "")]);
    let found = matching(&places, &named);
    assert_eq!(pairs(&found), ["t1=agent_10_0_0_1_31000", "t2=agent_10_0_0_2_31000"]);
}

#[test]
fn what_is_not_certain_is_left_alone() {
    // Two tasks whose agents cannot be told apart.
    let tasks = [known("t1", "agent", &[], &[80]), known("t2", "agent", &[], &[80])];
    let (places_of, two) =
        (places(&tasks), servers(&[("agent_10_0_0_1_80", ""), ("agent_10_0_0_2_80", "")]));
    let found = matching(&places_of, &two);
    assert!(found.pairs.is_empty());
    assert_eq!((found.doubtful.len(), found.tasks.len()), (2, 2));
    // Two servers for one task.
    let tasks = [known("t1", "agent", &[], &[80])];
    let places_of = places(&tasks);
    let found = matching(&places_of, &two);
    assert!(found.pairs.is_empty());
    assert_eq!((found.doubtful.len(), found.tasks.len()), (2, 1));
}
