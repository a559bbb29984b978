//! Facts about Marathon's deployments, one scenario for each: `tests/vectors/replace_scenarios.json`.
//!
//! Each kind of scenario has a module. A kind that nobody handles, and a field that its module does
//! not know, fails the test.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod deployments;
mod plans;
mod reverts;
mod scaling;
mod starts;

use std::collections::BTreeMap;

use serde_json::Value;

/// A kind of scenarios: its name, how many there are, and what asserts one.
type Kind = (&'static str, usize, fn(&Value));

/// Scenarios of each kind, and who asserts them. `replace` is in the tests of the rolling engine.
const KINDS: [Kind; 10] = [
    ("deployment", 2, deployments::deployment),
    ("kill_order", 6, scaling::kill_order),
    ("layers", 1, plans::layers),
    ("plan", 8, plans::plan),
    ("plan_validation", 1, plans::plan_validation),
    ("readiness", 4, starts::readiness),
    ("replace", 9, of_the_rolling_engine),
    ("revert", 7, reverts::revert),
    ("scaling_proposition", 6, scaling::proposition),
    ("start", 6, starts::start),
];

fn of_the_rolling_engine(_: &Value) {}

#[test]
fn every_scenario_comes_out_as_in_marathon() {
    let file: Value =
        serde_json::from_str(include_str!("../vectors/replace_scenarios.json")).unwrap();
    let mut n_of_kind: BTreeMap<&str, usize> = BTreeMap::new();
    for scenario in file["scenarios"].as_array().unwrap() {
        let kind = scenario["kind"].as_str().unwrap();
        let handler = KINDS.iter().find(|(known, ..)| *known == kind);
        let (known, _, assert) = handler.unwrap_or_else(|| panic!("nobody handles `{kind}`"));
        *n_of_kind.entry(known).or_default() += 1;
        eprintln!("{}", scenario["id"]);
        assert(scenario);
    }
    let expected: BTreeMap<&str, usize> = KINDS.iter().map(|(kind, n, _)| (*kind, *n)).collect();
    assert_eq!(n_of_kind, expected);
}

/// The members of an object, each of which its caller has to know.
fn members(object: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let members = object.as_object().unwrap();
    assert!(!members.is_empty());
    members.iter().map(|(key, value)| (key.as_str(), value))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

fn texts(value: &Value) -> Vec<&str> {
    list(value).iter().map(|text| text.as_str().unwrap()).collect()
}

fn number(value: &Value) -> u32 {
    value.as_u64().unwrap().try_into().unwrap()
}
