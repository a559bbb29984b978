//! Canaries in steps that are watched, with a real HAProxy and services that fail or are slow; and
//! blue/green in waves.
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod load;
mod stage;
mod up;

use std::fs;
use std::process::Child;

use load::Load;
use serde_json::{Value, json};
use stage::{Mode, Stage, said};
use up::until;

/// With 0.9 running.
fn new() -> Stage {
    let stage = Stage::new(Mode::Haproxy, 3);
    zdd(&stage, 0, &["deploy", &file(&stage, "0.9", &json!({}))]);
    stage
}

fn file(stage: &Stage, version: &str, env: &Value) -> String {
    stage.file_with(version, |json| {
        json["upgradeStrategy"] =
            json!({"minimumHealthCapacity": 1.0, "maximumOverCapacity": 0.34});
        for (name, value) in env.as_object().unwrap() {
            match name.as_str() {
                "maximumOverCapacity" => json["upgradeStrategy"][name] = value.clone(),
                name => json["env"][name] = value.clone(),
            }
        }
    })
}

/// Runs it to its end; answers with what it said.
#[track_caller]
fn zdd(stage: &Stage, code: i32, args: &[&str]) -> String {
    ended(stage.spawn(args), code)
}

#[track_caller]
fn ended(child: Child, code: i32) -> String {
    // As it was before it was broken into lines.
    said(code, &child.wait_with_output().unwrap(), &[]).replace("\n  ", " ")
}

#[test]
fn steps_lead_to_the_promotion_and_lose_nothing() {
    let stage = new();
    let load = Load::start(stage.port);
    let file = file(&stage, "1.0", &json!({}));
    let log = stage.path("steps.log");
    let args = ["canary", "start", &file, "--steps", "20:1s,50x2:1s", "--min-requests", "5"];
    let said = zdd(&stage, 0, &[&args[..], &["--record", &log]].concat());
    let counted = load.finish();
    assert!(counted.failures.is_empty(), "{counted:?}\n{said}");
    assert!(counted.of("0.9") > 0 && counted.of("1.0") > 0, "{counted:?}");
    assert_eq!(stage.apps(), ["/shop-green 3"]);
    zdd(&stage, 0, &["verify", &log]);
    for line in [
        "20 % with 1 instance for 1 s, 50 % with 2 instances for 1 s, then promoted",
        "step 1 of 2: 20 % reached, kept for 1 s",
        "step 2 of 2: 50 % to the new version, with 2 instances",
        "promoted: /shop-green has 3 instances and all of the traffic",
    ] {
        assert!(said.contains(line), "{line}\n{said}");
    }
    assert_eq!(zdd(&stage, 0, &["canary", "status"]).trim(), "no canary goes on");
}

#[test]
fn one_that_fails_is_taken_back_by_itself() {
    let stage = new();
    let load = Load::start(stage.port);
    let file = file(&stage, "1.0", &json!({"SIMPLE_SERVICE_FAILURE_RATE": "0.5"}));
    let args = ["canary", "start", &file, "--weight", "20", "--pause", "10m"];
    let said = zdd(&stage, 15, &args);
    drop(load);
    assert_eq!(stage.apps(), ["/shop-blue 3"]);
    assert!(said.contains("new version: ") && said.contains("requests failed"), "{said}");
    assert!(said.contains("rolled back: /shop-blue has 3 instances and all"), "{said}");
    assert_eq!(zdd(&stage, 0, &["canary", "status"]).trim(), "no canary goes on");

    // Or it stops there, and is looked at.
    let load = Load::start(stage.port);
    let said = zdd(&stage, 11, &[&args[..], &["--on-failure", "stop"]].concat());
    drop(load);
    assert_eq!(stage.apps(), ["/shop-blue 3", "/shop-green 1"]);
    assert!(said.contains("`zdd abort shop` takes it back"), "{said}");
    zdd(&stage, 15, &["abort", "shop"]);
}

#[test]
fn one_that_is_slow_or_that_the_operators_own_check_refuses_is_taken_back() {
    let stage = new();
    let load = Load::start(stage.port);
    // So slow that a machine on which the old version took half as long would not get anything else done.
    let slow = file(&stage, "1.0", &json!({"SIMPLE_SERVICE_SLOW_MS": "1000"}));
    let start = ["canary", "start", &slow, "--weight", "30", "--pause", "10m"];
    let said = zdd(&stage, 15, &[&start[..], &["--max-slowdown", "100"]].concat());
    assert!(said.contains("the new version answers in "), "{said}");
    assert_eq!(stage.apps(), ["/shop-blue 3"]);

    let marks = stage.path("asked");
    let script = format!(
        "echo \"$ZDD_EVENT\" >> {marks}\n[ $(wc -l < {marks}) -lt 3 ] || {{ echo too dear; exit 1; }}"
    );
    let hook = stage.hook("check", &script);
    let said =
        zdd(&stage, 15, &[&start[..], &["--check-hook", &hook, "--check-every", "100ms"]].concat());
    drop(load);
    assert!(said.contains("(check): ") && said.contains("it said: too dear"), "{said}");
    assert_eq!(fs::read_to_string(marks).unwrap(), "check\ncheck\ncheck\n");
    assert_eq!(stage.apps(), ["/shop-blue 3"]);
}

#[test]
fn an_approval_is_waited_for_and_given_by_somebody_else() {
    let stage = new();
    let said = zdd(&stage, 3, &["canary", "approve"]);
    assert!(said.contains("no canary goes on"), "{said}");
    let load = Load::start(stage.port);
    let file = file(&stage, "1.0", &json!({}));
    let waits = stage.spawn(&["canary", "start", &file, "--steps", "20:approve,50x2:1s"]);
    until("it waits", || {
        let is_there = stage.apps().contains(&"/shop-green 1".into());
        is_there && {
            let said = zdd(&stage, 0, &["status", "shop"]);
            eprintln!("{said}");
            said.contains("somebody to say that it may go on")
        }
    });
    let said = zdd(&stage, 0, &["canary", "approve", "shop"]);
    assert!(said.contains("step 2 of 2: 50 % reached"), "{said}");
    let said = ended(waits, 0);
    assert!(said.contains("approved: somebody else goes on with shop"), "{said}");
    let counted = load.finish();
    assert!(counted.failures.is_empty(), "{counted:?}");
    assert_eq!(stage.apps(), ["/shop-green 3"]);
}

#[test]
fn waves_keep_to_the_upgrade_strategy() {
    let stage = new();
    let none = file(&stage, "1.0", &json!({"maximumOverCapacity": 0.0}));
    let said = zdd(&stage, 10, &["deploy", &none, "--waves"]);
    assert!(said.contains("no room for a wave: 3 instances have to serve"), "{said}");
    assert_eq!(stage.apps(), ["/shop-blue 3"]);
    let load = Load::start(stage.port);
    let said = zdd(&stage, 0, &["deploy", &file(&stage, "1.1", &json!({})), "--waves"]);
    let counted = load.finish();
    assert!(counted.failures.is_empty(), "{counted:?}");
    assert_eq!(stage.apps(), ["/shop-green 3"]);
    // One at a time: there is room for one more than three.
    let scaled = said.matches("scale /shop-green to").count();
    assert_eq!(scaled, 2, "{said}");
    assert_eq!(said.matches("stop 1 instance of /shop-blue").count(), 2, "{said}");
}
