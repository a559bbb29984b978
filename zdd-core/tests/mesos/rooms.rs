//! What is free, and what is freed.

use zdd_core::app::App;
use zdd_core::mesos::{Answer, Cluster, Note};
use zdd_core::placement::{Amount, Demand, Grouping, PortRanges, Resources};
use zdd_core::units::{AgentId, AppId, TaskId};

use crate::{SLAVES, STATE, summary};

const CART: &str = "shop_cart.instance-0b5d2a6c-1c0f-4f1e-8a56-b7de2a4f0001._app.1";
const LB: &str = "lb.instance-0b5d2a6c-1c0f-4f1e-8a56-b7de2a4f0002._app.1";
const DB: &str = "db.instance-5ed13e24-90b8-11e6-8d5b-aa1bbc1bc8ad._app.2";

fn agent(last: u8) -> AgentId {
    format!("8c1c8f0e-7c4c-4d6e-9a52-6f0b2a5a3f11-S{last}").parse().unwrap()
}

fn task(id: &str) -> TaskId {
    id.parse().unwrap()
}

fn read(text: &str) -> Cluster {
    Cluster::read(text.as_bytes()).unwrap()
}

fn demand(roles: &str) -> Demand {
    let json = format!(r#"{{"id": "/a", "cmd": "a", "acceptedResourceRoles": [{roles}]}}"#);
    Demand::of(&App::parse(&json).unwrap(), Grouping::default()).unwrap()
}

/// Cpus, memory, disk and ports.
fn shown(resources: Resources) -> String {
    let Resources { cpus, mem, disk, n_ports, .. } = resources;
    format!("{cpus} {mem} {disk} {n_ports}")
}

fn texts(cluster: &Cluster) -> Vec<String> {
    cluster.notes().iter().map(ToString::to_string).collect()
}

#[test]
fn answers_are_told_apart_by_what_is_in_them() {
    assert_eq!(read(SLAVES).answer, Answer::Slaves);
    assert_eq!(read(STATE).answer, Answer::State);
    assert_eq!(read(&summary()).answer, Answer::StateSummary);
    let idle = r#"{"slaves": [], "frameworks": [], "completed_frameworks": []}"#;
    assert_eq!(read(idle).answer, Answer::State);
    assert_eq!(read(r#"{"slaves": [], "frameworks": []}"#).answer, Answer::StateSummary);
    assert!(read(&summary()).tasks.is_none(), "no tasks are named, which is not that none run");
    assert_eq!(read(idle).tasks, Some(vec![]));
}

#[test]
fn agents_are_as_the_master_says() {
    let cluster = read(&format!("\u{feff}{SLAVES}"));
    let agents: Vec<_> = cluster.nodes.iter().map(|node| &node.agent).collect();
    assert_eq!(agents.len(), 3);
    let value = |field| agents[0].value_of(field).map(String::from);
    for (field, expected) in [
        ("hostname", "10.0.1.11"),
        ("@region", "eu-1"),
        ("@zone", "eu-1a"),
        ("rack", "r1"),
        ("level", "2"),
        ("disks", "{hdd, ssd}"),
        ("span", "[1-10, 20-30]"),
    ] {
        assert_eq!(value(field).as_deref(), Some(expected));
    }
    assert_eq!(agents[2].value_of("@zone"), None);
    assert_eq!(shown(agents[0].resources), "5.5 10240 50176 1001");
    assert_eq!(shown(agents[0].reserved["public"].resources), "2.5 5120 1024 2");
    assert_eq!(agents[0].ports, Some(PortRanges::from(31_000..=32_000)));
    assert_eq!(agents[1].resources.gpus, 2);
    let active: Vec<_> = agents.iter().map(|agent| agent.is_active).collect();
    assert_eq!(active, [true, true, false]);
}

#[test]
fn draining_is_not_active_either() {
    let text = SLAVES.replacen(r#""deactivated": false"#, r#""deactivated": true"#, 1);
    assert!(!read(&text).nodes[0].agent.is_active);
}

#[test]
fn slaves_say_what_is_in_use_by_role() {
    let room = read(SLAVES).room();
    let free = |roles| shown(room.free_for(&agent(0), &demand(roles)).unwrap());
    assert_eq!(free(r#""*""#), "4 7680 50176 999");
    // What an instance with volumes keeps is for no other one.
    assert_eq!(free(r#""public""#), "1 3072 0 1");
    assert_eq!(free(r#""*", "public""#), "5 10752 50176 1000");
    assert_eq!(free(r#""other""#), "0 0 0 0");
    let used = room.used_of(&agent(0)).unwrap();
    assert_eq!(used.ports.to_string(), "[443-443, 31005-31006]");
    assert_eq!(shown(room.free_of(&agent(1)).unwrap()), "8 15360 51200 1001");
    let rejections = room.place(&demand(r#""other""#), &[]).unwrap_err();
    let why: Vec<_> = rejections.agents.iter().map(|(_, why)| why[0].to_string()).collect();
    let role = "nothing is reserved for the roles that the app takes";
    assert_eq!(why, [role, role, "not active"]);
}

#[test]
fn what_is_kept_for_an_instance_is_not_free_while_it_is_down() {
    let mut slaves: serde_json::Value = serde_json::from_str(SLAVES).unwrap();
    let used = slaves["slaves"][0]["used_resources_full"].as_array_mut().unwrap();
    let before = used.len();
    used.retain(|full| full["reservations"].is_null() && full["disk"].is_null());
    assert_eq!(before - used.len(), 3, "what the instance uses while it runs");
    let room = read(&slaves.to_string()).room();
    let free = room.free_for(&agent(0), &demand(r#""public""#)).unwrap();
    assert_eq!(shown(free), "1 3072 0 1");
}

#[test]
fn each_task_is_freed_by_itself() {
    let cluster = read(SLAVES).with_tasks_of(read(STATE));
    let mut room = cluster.room();
    let before = |roles| read(SLAVES).room().free_for(&agent(0), &demand(roles));
    let (all, public) = (demand(r#""*""#), demand(r#""public""#));
    assert_eq!(room.free_for(&agent(0), &all), before(r#""*""#));
    assert_eq!(room.free_for(&agent(0), &public), before(r#""public""#));

    let (of, held) = room.held_by(&task(LB)).unwrap();
    assert_eq!((of, shown(held.reserved["public"])), (&agent(0), "1 1024 0 1".into()));
    assert_eq!(held.ports.to_string(), "[443-443]");
    assert!(room.free(&task(LB)));
    assert_eq!(shown(room.free_for(&agent(0), &public).unwrap()), "2 4096 0 2");

    assert!(room.free(&task(CART)));
    assert_eq!(shown(room.free_for(&agent(0), &all).unwrap()), "5 9728 50176 1000");
    let (_, held) = room.held_by(&task(DB)).unwrap();
    assert_eq!(shown(held.reserved["public"]), "0.5 1024 1024 0");
    assert!(room.free(&task(DB)) && room.free(&task("job:1:0")));
    // What is left are executors, who have no task's id.
    let used = room.used_of(&agent(0)).unwrap();
    assert_eq!(
        (shown(used.unreserved), shown(used.total())),
        ("0.25 256 0 0".into(), "0.25 256 0 0".into())
    );
    assert_eq!(used.ports, PortRanges::NONE);
    assert!(!room.free(&task("old.5ed13e24-90b8-11e6-8d5b-aa1bbc1bc8ad")), "it had ended");
}

#[test]
fn where_roles_are_not_said_what_all_may_take_is_in_use() {
    let cluster = read(STATE);
    assert!(!cluster.nodes[0].use_is_by_role);
    let room = cluster.room();
    let free = |roles| shown(room.free_for(&agent(0), &demand(roles)).unwrap());
    // 3 of 5.5 cpus, whoever has them; but port 443 can only be of one role.
    assert_eq!(free(r#""*""#), "2.5 5632 49152 999");
    assert_eq!(free(r#""public""#), "2.5 5120 1024 1");
    let full = STATE.replace(r#""cpus": 3.0"#, r#""cpus": 7.5"#);
    let room = read(&full).room();
    let free = |roles| room.free_for(&agent(0), &demand(roles)).unwrap().cpus.to_string();
    assert_eq!((free(r#""*""#), free(r#""public""#)), ("0".into(), "0.5".into()));
}

#[test]
fn what_is_offered_is_free_unless_one_wants_to_be_sure() {
    let cluster = read(SLAVES);
    let free = cluster.room_without_offers().free_of(&agent(1)).unwrap();
    assert_eq!(shown(free), "0 0 51200 1001", "the details name no disk and no ports");
    let plain = SLAVES.replace("offered_resources_full", "passed_over");
    let free = read(&plain).room_without_offers().free_of(&agent(1)).unwrap();
    assert_eq!(shown(free), "0 0 0 0");
    assert_eq!(shown(cluster.room().free_of(&agent(1)).unwrap()), "8 15360 51200 1001");
}

#[test]
fn what_is_allocated_by_role_is_read_where_there_is_nothing_better() {
    let mut summary: serde_json::Value = serde_json::from_str(&summary()).unwrap();
    let slave = summary["slaves"][0].as_object_mut().unwrap();
    slave.insert(
        "unreserved_resources_allocated".into(),
        serde_json::json!({ "cpus": 1.5, "ports": "[31005-31006]" }),
    );
    slave.insert(
        "reserved_resources_allocated".into(),
        serde_json::json!({ "public": { "cpus": 2.0, "ports": "[443-443]" } }),
    );
    let cluster = read(&summary.to_string());
    assert!(cluster.nodes[0].use_is_by_role);
    let room = cluster.room();
    let free = |roles| shown(room.free_for(&agent(0), &demand(roles)).unwrap());
    assert_eq!(free(r#""*""#), "4 10240 50176 999");
    assert_eq!(free(r#""public""#), "0.5 5120 1024 1");
}

#[test]
fn apps_find_their_tasks() {
    let cluster = read(STATE);
    let ids = |app: &str, framework| -> Vec<String> {
        let app: AppId = app.parse().unwrap();
        cluster.tasks_of(&app, framework).map(|task| task.id.to_string()).collect()
    };
    assert_eq!(ids("/shop/cart", None), [CART]);
    assert_eq!(ids("/shop/cart", Some("8c1c8f0e-7c4c-4d6e-9a52-6f0b2a5a3f11-0000")), [CART]);
    assert!(ids("/shop/cart", Some("8c1c8f0e-7c4c-4d6e-9a52-6f0b2a5a3f11-0001")).is_empty());
    assert_eq!(ids("/db", None), [DB]);
    assert!(ids("/old", None).is_empty(), "it had ended");
    assert_eq!(cluster.tasks.as_ref().unwrap().len(), 4);
    assert_eq!(cluster.frameworks[1].name, "jobs");
}

#[test]
fn tasks_of_one_id_do_not_free_each_others_room() {
    let twice = STATE.replace("job:1:0", LB);
    let mut room = read(&twice).room();
    let before = room.free_of(&agent(0)).unwrap();
    assert_eq!(before, read(STATE).room().free_of(&agent(0)).unwrap());
    assert!(room.free(&task(LB)) && !room.free(&task(LB)));
    let cpus = room.free_of(&agent(0)).unwrap().cpus.minus(before.cpus);
    assert_eq!(cpus, Amount::whole(1));
}

#[test]
fn a_task_that_is_newer_than_the_sums_has_what_it_has() {
    let newer = STATE.replace(
        r#""used_resources": {"disk": 1024.0, "mem": 4608.0, "gpus": 0.0, "cpus": 3.0, "ports": "[443-443, 31005-31006]"}"#,
        r#""used_resources": {"cpus": 0.0}"#,
    );
    assert_ne!(newer, STATE);
    let room = read(&newer).room();
    let used = room.used_of(&agent(0)).unwrap();
    assert_eq!((shown(used.total()), used.ports.count()), ("2.75 4352 1024 3".into(), 3));
}

#[test]
fn notes_say_what_is_open() {
    assert_eq!(
        texts(&read(SLAVES)),
        [
            "1 agent is not active and gets nothing new",
            "parts of 1 agent are offered to some framework at this moment, and taken to be free",
            "/slaves names no tasks: nothing that runs can be told from the rest",
        ]
    );
    assert_eq!(texts(&read(SLAVES).with_tasks_of(read(STATE))).len(), 2);
    assert_eq!(
        texts(&read(STATE)),
        ["the answer does not say whether reservations of 1 agent are in use: what runs there is \
         taken to use what all may take"]
    );
    let elsewhere = STATE.replacen(r#"11-S0", "state""#, r#"11-S7", "state""#, 2);
    assert_eq!(read(&elsewhere).notes()[1], Note::Elsewhere(2));
    assert_eq!(texts(&read(&elsewhere))[1], "2 tasks run on agents that are not listed");
    assert_eq!(read(&summary()).notes()[1], Note::NoTasks(Answer::StateSummary));
    assert!(
        read(r#"{"slaves": [], "frameworks": [], "completed_frameworks": []}"#).notes().is_empty()
    );
}
