//! Kinds `start` and `readiness`.

use serde_json::{Value, json};
use zdd_core::scaling::{
    Checks, Condition, Goal, Progress, StartEvent, StartInstances, StartOrders,
};
use zdd_core::units::{InstanceCount, InstanceId};

use crate::scaling::{condition, goal};
use crate::{list, members, number};

/// The expectations whose moment is `after`.
fn expected_after<'a>(scenario: &'a Value, after: &Value) -> impl Iterator<Item = &'a Value> {
    let expect = list(&scenario["expect"]).iter();
    expect.filter(move |expect| expect["after"] == *after)
}

/// Calls `assert` for each expectation once `event` has been called for the events before it.
fn walk<S>(
    scenario: &Value,
    state: &mut S,
    event: impl Fn(&mut S, &Value),
    assert: impl Fn(&S, &Value),
) {
    let mut n_asserted = 0;
    let mut assert_after = |state: &S, after: &Value| {
        for expect in expected_after(scenario, after) {
            assert(state, expect);
            n_asserted += 1;
        }
    };
    assert_after(state, &json!("start"));
    for (n, given) in list(&scenario["events"]).iter().enumerate() {
        event(state, given);
        assert_after(state, &json!(n));
    }
    assert_after(state, &json!("end"));
    assert_eq!(n_asserted, list(&scenario["expect"]).len());
    assert!(n_asserted > 0);
}

struct Started {
    engine: StartInstances,
    launch_batches: Vec<u32>,
}

impl Started {
    fn carry_out(&mut self, orders: StartOrders) {
        if !orders.launch.is_zero() {
            self.launch_batches.push(orders.launch.get());
        }
    }
}

pub(crate) fn start(scenario: &Value) {
    let given = &scenario["given"];
    let scale_to = InstanceCount::try_from(u64::from(number(&given["scale_to"]))).unwrap();
    let checks =
        Checks { health: given["app"]["health_checks"].as_bool().unwrap(), readiness: false };
    let tracked = list(&given["instances"]).iter();
    let tracked = tracked.map(|instance| condition(&instance["condition"]));
    let (engine, orders) = StartInstances::start(scale_to, checks, tracked);
    let mut started = Started { engine, launch_batches: Vec::new() };
    started.carry_out(orders);
    let event = |started: &mut Started, given: &Value| {
        let id: InstanceId = given["id"].as_str().unwrap().parse().unwrap();
        let id = &id;
        let event = match given["event"].as_str().unwrap() {
            "new_running" => {
                StartEvent::Changed { id, condition: Condition::Running, goal: Goal::Running }
            }
            "new_terminal" => StartEvent::Changed {
                id,
                condition: condition(&given["condition"]),
                goal: goal(&given["goal"]),
            },
            "new_healthy" => StartEvent::Health { id, is_healthy: true },
            other => panic!("unknown event {other}"),
        };
        let orders = started.engine.on(event);
        started.carry_out(orders);
    };
    walk(scenario, &mut started, event, |started, expect| {
        for (key, expect) in members(expect) {
            match key {
                "after" => {}
                "launch_batches" => assert_eq!(json!(started.launch_batches), *expect),
                "finished" => assert_eq!(json!(started.engine.is_finished()), *expect),
                _ => panic!("unknown expectation {key}"),
            }
        }
    });
}

pub(crate) fn readiness(scenario: &Value) {
    let given = &scenario["given"];
    let checks = Checks {
        health: given["app"]["health_checks"].as_bool().unwrap(),
        readiness: given["app"]["readiness_checks"].as_bool().unwrap(),
    };
    let target = number(&given["target_count"]);
    let answer = given["readiness_result_when_checked"].as_bool();
    let mut progress = Progress::new(checks);
    let event = |progress: &mut Progress, given: &Value| {
        let id: InstanceId = given["id"].as_str().unwrap().parse().unwrap();
        let mut reached = vec![];
        match given["event"].as_str().unwrap() {
            "running" => {
                reached.push(progress.running(&id));
                if checks.readiness {
                    reached.push(progress.ready(&id, answer.unwrap()));
                }
            }
            "healthy" => reached.push(progress.health(&id, true)),
            other => panic!("unknown event {other}"),
        }
        // In all of these scenarios the instance counts with the event that completes it.
        let counts = reached.iter().any(|reached| reached.is_both());
        assert_eq!(counts, progress.both(target));
    };
    walk(scenario, &mut progress, event, |progress, expect| {
        for (key, expect) in members(expect) {
            match key {
                "after" => {}
                "target_reached" => assert_eq!(json!(progress.both(target)), *expect),
                "healthy" => assert_eq!(json!(progress.healthy_len()), *expect),
                "ready" => assert_eq!(json!(progress.ready_len()), *expect),
                _ => panic!("unknown expectation {key}"),
            }
        }
    });
}
