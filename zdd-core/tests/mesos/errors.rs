//! What is wrong, and where.

use proptest::prelude::*;
use serde_json::{Value, json};
use zdd_core::mesos::{Cluster, ClusterError};

use crate::{SLAVES, STATE, summary};

fn refused(text: &str) -> ClusterError {
    Cluster::read(text.as_bytes()).unwrap_err()
}

fn agents(members: &str) -> String {
    format!(
        r#"{{"slaves": [{{"id": "S0", "hostname": "h", "resources": {{}}}},
{{"id": "S1", "hostname": "h", {members}}}]}}"#
    )
}

#[test]
fn each_mistake_has_its_place() {
    let cases = [
        (String::new(), "1:1: the file is empty"),
        ("{\"slaves\": [".into(), "1:12: the text ends inside a list"),
        ("[]".into(), "1:1: no list `slaves`: not what a Mesos master answers to /slaves, /state or /state-summary"),
        (r#"{"apps": []}"#.into(), "1:1: no list `slaves`: not what a Mesos master answers to /slaves, /state or /state-summary"),
        (agents(r#""resources": 1"#), "2:44: invalid type: integer `1`, expected an object of resources"),
        (r#"{"slaves": [{"id": "S0"}]}"#.into(), "1:24: missing field `hostname`"),
        (agents(r#""resources": {"mem": -1.5}"#), "2:52: /slaves/1/resources/mem: `-1.5` is not an amount: a number that is not below 0"),
        (agents(r#""resources": {"gpus": 0.5}"#), "2:53: /slaves/1/resources/gpus: 0.5 is not a whole number of GPUs"),
        (agents(r#""resources": {"ports": "[1-10, 5-20]"}"#), "2:54: /slaves/1/resources/ports: port 5 is in two ranges"),
        (agents(r#""resources": {"ports": "[1-70000]"}"#), "2:54: /slaves/1/resources/ports: 1-70000 is no range of ports: they go from 0 to 65535"),
        (agents(r#""resources": {"ports": "all"}"#), "2:54: /slaves/1/resources/ports: `all` is not of the form `[31000-32000, 8080-8080]`"),
        (agents(r#""resources": {}, "used_resources": {"cpus": -1}"#), "2:75: /slaves/1/used_resources/cpus: `-1.0` is not an amount: a number that is not below 0"),
        (
            agents(r#""resources": {}, "reserved_resources": {"a/b": {"disk": -2}}"#),
            "2:87: /slaves/1/reserved_resources/a~1b/disk: `-2.0` is not an amount: a number that is not below 0",
        ),
        (
            agents(r#""resources": {}, "unreserved_resources": {"ports": "[1-9]"}, "reserved_resources": {"r": {"ports": "[9-9]"}}"#),
            "2:130: /slaves/1/reserved_resources/r/ports: port 9 is of two roles",
        ),
        (
            agents(r#""resources": {}, "used_resources_full": [{"name": "cpus", "scalar": {"value": -1}}]"#),
            "2:109: /slaves/1/used_resources_full/0/scalar/value: `-1.0` is not an amount: a number that is not below 0",
        ),
        (
            agents(r#""resources": {}, "used_resources_full": [{"name": "ports", "ranges": {"range": [{"begin": 3, "end": 2}]}}]"#),
            "2:100: /slaves/1/used_resources_full/0/ranges: the range 3-2 ends before it begins",
        ),
        (
            r#"{"slaves": [{"id": "S0", "hostname": "h", "resources": {}}, {"id": "S0", "hostname": "i", "resources": {}}]}"#.into(),
            "1:68: /slaves/1/id: agent `S0` is given twice, first at /slaves/0",
        ),
        (r#"{"slaves": [{"id": "", "hostname": "h", "resources": {}}]}"#.into(), "1:20: /slaves/0/id: an id may not be empty"),
        (
            r#"{"slaves": [], "frameworks": [{"tasks": [{"id": "t", "slave_id": "S0", "state": "TASK_RUNNING", "resources": {"cpus": -1}}]}]}"#.into(),
            "1:119: /frameworks/0/tasks/0/resources/cpus: `-1.0` is not an amount: a number that is not below 0",
        ),
    ];
    let (texts, expected): (Vec<_>, Vec<_>) = cases.into_iter().unzip();
    let found: Vec<_> = texts.iter().map(|text| refused(text).to_string()).collect();
    assert_eq!(found, expected);
    let error = Cluster::read(b"{\"slaves\": [\"\xff\"]}").unwrap_err();
    assert_eq!(error.to_string(), "1:14: byte 0xff is not UTF-8 text");
}

#[test]
fn hints_lead_on() {
    let hint = |text| refused(text).hint();
    assert_eq!(hint("{").as_deref(), Some("look whether the file was saved to its end"));
    let state = "save what http://MASTER:5050/state answers, of a master of Mesos";
    assert_eq!(hint("{}").as_deref(), Some(state));
    assert_eq!(hint(&agents(r#""resources": {"cpus": -1}"#)), None);
}

#[test]
fn no_error_repeats_much_or_bothers_a_terminal() {
    let long = "\\u001b[31m".repeat(10_000);
    for text in [
        agents(&format!(r#""resources": "{long}""#)),
        agents(&format!(r#""resources": {{"ports": "{long}"}}"#)),
        agents(&format!(
            r#""resources": {{}}, "reserved_resources": {{"{long}": {{"cpus": -1}}}}"#
        )),
    ] {
        let error = refused(&text).to_string();
        assert!(error.len() < 1_000 && !error.contains('\u{1b}'), "{error}");
    }
}

#[test]
fn what_is_cut_off_is_never_taken_for_less() {
    for text in [SLAVES, STATE] {
        let text = text.trim_end();
        let n_whole = (0..text.len()).filter(|end| Cluster::read(&text.as_bytes()[..*end]).is_ok());
        assert_eq!(n_whole.count(), 0);
    }
}

/// Puts `value` somewhere into a document: where the path of choices leads.
fn plant(document: &mut Value, path: &[prop::sample::Index], value: Value) {
    let mut at = document;
    for choice in path {
        let n = match &*at {
            Value::Array(list) => list.len(),
            Value::Object(object) => object.len(),
            _ => 0,
        };
        if n == 0 {
            break;
        }
        at = match at {
            Value::Array(list) => &mut list[choice.index(n)],
            Value::Object(object) => object.values_mut().nth(choice.index(n)).unwrap(),
            _ => return,
        };
    }
    *at = value;
}

fn odd() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(json!(-1)),
        Just(json!(1e300)),
        Just(json!(0.1)),
        Just(json!([])),
        Just(json!({})),
        Just(json!("[5-4]")),
        Just(json!("[0-65535]")),
        Just(json!("TASK_RUNNING")),
        "\\PC{0,12}".prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
    ]
}

proptest! {
    /// Real documents with something odd in them are read or refused, and either way whole: what is
    /// read makes a room, in which no agent has more than the answer says.
    #[test]
    fn odd_documents_do_no_harm(
        which in 0_usize..3,
        plants in prop::collection::vec(
            (prop::collection::vec(any::<prop::sample::Index>(), 1..8), odd()), 1..4,
        ),
    ) {
        let text = [SLAVES.to_string(), STATE.to_string(), summary()][which].clone();
        let mut document: Value = serde_json::from_str(&text).unwrap();
        for (path, value) in plants {
            plant(&mut document, &path, value);
        }
        match Cluster::read(document.to_string().as_bytes()) {
            Ok(cluster) => {
                let mut room = cluster.room();
                let ids: Vec<_> =
                    cluster.tasks.iter().flatten().map(|task| task.id.clone()).collect();
                for id in &ids {
                    room.free(id);
                }
                for agent in room.agents() {
                    let (free, all) = (room.free_of(&agent.id).unwrap(), agent.total());
                    prop_assert_eq!(free.least(all), free);
                }
                let _ = (cluster.notes(), cluster.room_without_offers());
            }
            Err(error) => prop_assert!(error.place.is_some(), "{}", error),
        }
    }

    #[test]
    fn garbage_does_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Cluster::read(&bytes).is_err());
    }
}
