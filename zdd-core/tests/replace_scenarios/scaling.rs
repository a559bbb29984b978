//! Kinds `scaling_proposition` and `kill_order`.

use std::collections::BTreeSet;

use serde_json::Value;
use zdd_core::app::KillSelection;
use zdd_core::scaling::{Candidate, Condition, Goal, ScalingProposition};
use zdd_core::units::{InstanceCount, InstanceId, Timestamp};

use crate::{list, members, number, texts};

pub(crate) fn condition(text: &Value) -> Condition {
    let wanted = text.as_str().unwrap().replace('_', "");
    Condition::ALL
        .into_iter()
        .find(|known| format!("{known:?}").eq_ignore_ascii_case(&wanted))
        .unwrap_or_else(|| panic!("unknown condition {wanted}"))
}

pub(crate) fn goal(text: &Value) -> Goal {
    match text.as_str().unwrap() {
        "running" => Goal::Running,
        "stopped" => Goal::Stopped,
        "decommissioned" => Goal::Decommissioned,
        other => panic!("unknown goal {other}"),
    }
}

fn selection(given: &Value) -> KillSelection {
    match given["kill_selection"].as_str().unwrap() {
        "YOUNGEST_FIRST" => KillSelection::YoungestFirst,
        "OLDEST_FIRST" => KillSelection::OldestFirst,
        other => panic!("unknown kill selection {other}"),
    }
}

fn ids(value: &Value) -> Vec<InstanceId> {
    texts(value).into_iter().map(|id| id.parse().unwrap()).collect()
}

fn instance(given: &Value) -> Candidate {
    let id = given["id"].as_str().unwrap().parse().unwrap();
    let mut instance = Candidate::new(id, condition(&given["condition"]));
    instance.goal = goal(&given["goal"]);
    let hours = given["active_since_h"].as_i64().unwrap();
    instance.started_at = Some(Timestamp::from_millis(hours * 3_600_000));
    instance
}

pub(crate) fn proposition(scenario: &Value) {
    let given = &scenario["given"];
    let instances: Vec<Candidate> = list(&given["instances"]).iter().map(instance).collect();
    let sentenced: BTreeSet<InstanceId> = ids(&given["sentenced"]).into_iter().collect();
    let found = ScalingProposition::new(
        &instances,
        &sentenced,
        InstanceCount::try_from(u64::from(number(&given["scale_to"]))).unwrap(),
        selection(given),
        |_, _| ids(&given["constraint_picks"]),
    );
    for (key, expect) in list(&scenario["expect"]).iter().flat_map(members) {
        match key {
            "to_kill" => assert_eq!(found.to_kill, ids(expect)),
            "to_start" => assert_eq!(found.to_start.get(), number(expect)),
            _ => panic!("unknown expectation {key}"),
        }
    }
}

pub(crate) fn kill_order(scenario: &Value) {
    let given = &scenario["given"];
    let side = |name: &str| {
        let mut side = Candidate::new(name.parse().unwrap(), condition(&given[name]["condition"]));
        let moment = match given[name]["age_rank"].as_str() {
            Some("younger") => Some(Timestamp::from_millis(1000)),
            Some("older") => Some(Timestamp::EPOCH),
            None => None,
            Some(other) => panic!("unknown age {other}"),
        };
        (side.staged_at, side.since, side.started_at) = (moment, moment, moment);
        side
    };
    let (a, b) = (side("a"), side("b"));
    let is_before = |a, b| zdd_core::scaling::kill_order(selection(given), a, b).is_lt();
    for (key, expect) in list(&scenario["expect"]).iter().flat_map(members) {
        let found = match key {
            "a_before_b" => is_before(&a, &b),
            "b_before_a" => is_before(&b, &a),
            _ => panic!("unknown expectation {key}"),
        };
        assert_eq!(Some(found), expect.as_bool());
    }
}
