//! What is deployed.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use zdd_core::app::App;
use zdd_core::capacity::Reading;
use zdd_core::testing;
use zdd_core::units::GroupId;

/// A definition that runs, another one for the same app, and the Marathon that replaces it.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) old: App,
    pub(crate) new: App,
    pub(crate) reading: Reading,
}

/// The first `n` of always the same cases.
pub(crate) fn first(n: usize) -> Vec<Case> {
    let mut runner = TestRunner::deterministic();
    let cases = cases();
    (0..n).map(|n| named(&cases.new_tree(&mut runner).unwrap().current(), n)).collect()
}

fn cases() -> impl Strategy<Value = Case> {
    let counts = (prop_oneof![3 => Just(None), 1 => (0..=10_u16).prop_map(Some)], 1..=10_u16);
    let reading = prop_oneof![2 => Just(Reading::Classic), 1 => Just(Reading::HealthAware)];
    (testing::apps(), counts, any::<bool>(), reading).prop_map(
        |(app, (old, new), checked, reading)| {
            let limited = |count: u16| if app.is_single_instance() { count.min(1) } else { count };
            let (old, new) = (limited(old.unwrap_or(new)), limited(new));
            Case {
                old: cheap(&app, old, "1", checked),
                new: cheap(&app, new, "2", checked),
                reading,
            }
        },
    )
}

/// The same app with tasks that cost next to nothing, and a health check that passes as soon as it is
/// made, or none.
fn cheap(app: &App, instances: u16, version: &str, checked: bool) -> App {
    let mut json = app.as_json().clone();
    for key in ["healthChecks", "readinessChecks", "taskKillGracePeriodSeconds"] {
        json.remove(key);
    }
    let check = json!({"protocol": "COMMAND", "command": {"value": "true"}, "delaySeconds": 0});
    json.extend(checked.then(|| ("healthChecks".to_owned(), json!([check]))));
    let fixed = json!({"cmd": "exec sleep 1000", "instances": instances, "cpus": 0.01, "mem": 1,
        "env": {"VERSION": version}});
    let Value::Object(fixed) = fixed else { unreachable!() };
    json.extend(fixed);
    App::from_value(&json.into(), &GroupId::root()).unwrap()
}

/// Names no two of which are alike, so that cases do not meet.
fn named(case: &Case, n: usize) -> Case {
    let name = |app: &App| {
        let mut json = app.as_json().clone();
        json.insert("id".into(), json!(format!("/case-{n}{}", app.id())));
        App::from_value(&json.into(), &GroupId::root()).unwrap()
    };
    Case { old: name(&case.old), new: name(&case.new), reading: case.reading }
}
