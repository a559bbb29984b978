//! The sections of the zero-downtime lab for DC/OS, on an embedded Marathon with real processes.
//!
//! The definitions are the lab's own, with seconds for its minutes.
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod fake;
mod lab;
mod run;

use std::fs;

use lab::{TestLab, until};
use run::Zdd;
use serde_json::{Value, json};
use snapbox::cmd::cargo_bin;
use zdd_core::guarantee::Guarantee;
use zdd_core::verify::Outcome;
use zdd_marathon::local::ImageMap;

const BASE: &str = include_str!("../../examples/default/base.json");
const BASE_HEALTH: &str = include_str!("../../examples/default/base-health.json");
const BASE_READY: &str = include_str!("../../examples/default/base-ready.json");
const BASE_MIN_OVER: &str = include_str!("../../examples/default/base-min-over.json");

/// A definition of the lab whose instances answer and are checked soon.
fn soon(definition: &str) -> Value {
    let mut app: Value = serde_json::from_str(definition).unwrap();
    app["env"]["HEALTH_MIN"] = "10".into();
    app["env"]["HEALTH_MAX"] = "60".into();
    for checks in ["healthChecks", "readinessChecks"] {
        let checks = app.get_mut(checks).and_then(Value::as_array_mut);
        for check in checks.into_iter().flatten() {
            check["intervalSeconds"] = 2.into();
            check["timeoutSeconds"] = 1.into();
        }
    }
    app
}

/// The same of the next version.
fn next(old: &Value) -> Value {
    let mut new = old.clone();
    assert_eq!(old["env"]["SIMPLE_SERVICE_VERSION"], "0.9");
    new["env"]["SIMPLE_SERVICE_VERSION"] = "1.0".into();
    new
}

#[test]
fn base_runs_eight_while_it_upgrades_four() {
    let mut lab = TestLab::start();
    let (_, first) = lab.deploy(&soon(BASE));
    assert_eq!((first.report.old, first.report.new), (0, 4));

    let (told, upgrade) = lab.deploy(&next(&soon(BASE)));
    told.says(r#"env.SIMPLE_SERVICE_VERSION: "0.9" -> "1.0""#).says("4 of 4 instances serve");
    let report = &upgrade.report;
    assert_eq!((report.old, report.new, &report.outcome), (4, 4, &Outcome::Success));
    assert_eq!(report.verdict.highest_running.count, 8);
    assert_eq!(report.verdict.lowest_healthy.count, 4);
    assert_eq!(report.verdict.holds(Guarantee::Bounds), Some(true));
}

#[test]
fn base_health_touches_no_old_one_before_a_new_one_is_healthy() {
    let mut lab = TestLab::start();
    lab.deploy(&soon(BASE_HEALTH));
    let (_, upgrade) = lab.deploy(&next(&soon(BASE_HEALTH)));
    let report = &upgrade.report;
    assert_eq!((report.old, report.new, &report.outcome), (4, 4, &Outcome::Success));
    assert_eq!(report.verdict.highest_running.count, 8);
    assert_eq!(report.verdict.lowest_healthy.count, 4);
    assert_eq!(report.verdict.holds(Guarantee::Bounds), Some(true));
    assert_eq!((report.verdict.failed, report.verdict.turned_unhealthy), (0, 0));
}

/// The first three instances of the new version answer too late. They are killed for it and replaced,
/// until four answer in time.
#[test]
fn instances_that_are_too_slow_are_replaced_until_four_are_healthy() {
    let folder = tempfile::tempdir().unwrap();
    let marks = folder.path().display();
    let service = cargo_bin!("zdd").display();
    let mut images = ImageMap::new();
    images
        .add(&format!(
            "mhausenblas/simpleservice:*=if test \"$SIMPLE_SERVICE_VERSION\" = 1.0; then \
             for n in 1 2 3; do if mkdir '{marks}'/$n; then \
             export HEALTH_MIN=5000 HEALTH_MAX=5000; break; fi; done; fi; exec '{service}' lab service"
        ))
        .unwrap();
    let mut lab = TestLab::with_images(images);
    let mut app = soon(BASE_HEALTH);
    app["healthChecks"][0]["gracePeriodSeconds"] = 0.into();
    app["healthChecks"][0]["maxConsecutiveFailures"] = 1.into();
    lab.deploy(&app);
    let (_, upgrade) = lab.deploy(&next(&app));
    let report = &upgrade.report;
    assert_eq!((report.new, &report.outcome), (4, &Outcome::Success));
    assert_eq!(report.verdict.holds(Guarantee::Bounds), Some(true));
    for n in 1..=3 {
        assert!(folder.path().join(n.to_string()).exists(), "slow one {n} was never started");
    }
    let log = fs::read_to_string(&upgrade.file).unwrap();
    let killed = log.lines().filter(|line| line.contains("unhealthy_instance_kill_event"));
    assert_eq!(killed.count(), 3, "each slow one is killed, once");
    let told = lab.zdd.run(&["status", "/zdd/base-health"]).exits(0);
    told.says("4 of 4 instances serve");
}

#[test]
fn base_ready_waits_for_readiness() {
    let mut lab = TestLab::start();
    let old = soon(BASE_READY);
    lab.deploy(&old);
    let (_, upgrade) = lab.deploy(&next(&old));
    let report = &upgrade.report;
    assert_eq!((report.old, report.new, &report.outcome), (4, 4, &Outcome::Success));
    assert_eq!(report.verdict.highest_running.count, 8);
    assert_eq!(report.verdict.lowest_healthy.count, 4);

    // Never ready: it stands still, and says for what.
    let mut never = next(&old);
    never["env"]["X"] = "1".into();
    never["readinessChecks"][0]["path"] = "/nowhere".into();
    lab.zdd.file("never.json", &never);
    let args = ["deploy", "never.json", "--timeout", "5s", "--on-failure", "revert"];
    let deploying = lab.zdd.spawn(&args);
    until("status says that it is not ready", || {
        lab.zdd.run(&["status", "/zdd/base-ready"]).exits(0).out.contains("ready (readinessCheck)")
    });
    Zdd::finish(deploying).exits(15).says("taken back: 4 of 4 instances serve");
}

#[test]
fn base_min_over_stops_three_at_once_and_never_runs_more_than_five() {
    let mut lab = TestLab::start();
    let old = soon(BASE_MIN_OVER);
    lab.deploy(&old);
    let (told, upgrade) = lab.deploy(&next(&old));
    told.says("✔ bounds: held");
    let report = &upgrade.report;
    assert_eq!((report.old, report.new, &report.outcome), (4, 4, &Outcome::Success));
    let log = fs::read_to_string(&upgrade.file).unwrap();
    let before_any_new_is_healthy = log.split("instance_health_changed_event").next().unwrap();
    assert_eq!(before_any_new_is_healthy.matches("TASK_KILLED").count(), 3);
    assert_eq!(report.verdict.highest_running.count, 5);
    assert_eq!(report.verdict.lowest_healthy.count, 1);
    assert_eq!(report.verdict.holds(Guarantee::Bounds), Some(true));
    assert_eq!(report.verdict.holds(Guarantee::SideBySide), Some(false));
    let log = upgrade.file.to_str().unwrap();
    lab.zdd.run(&["verify", log]).exits(0).says("✔ bounds: held");
    lab.zdd.run(&["verify", log, "--guarantee", "side-by-side"]).exits(11);
}

#[test]
fn scale_to_five_starts_one_and_touches_none() {
    let mut lab = TestLab::start();
    lab.deploy(&soon(BASE));
    let mut five = soon(BASE);
    five["instances"] = json!(5);
    let (told, scaled) = lab.deploy(&five);
    told.says("4 -> 5");
    let report = &scaled.report;
    assert_eq!((report.new, &report.outcome), (5, &Outcome::Success));
    assert_eq!((report.verdict.lowest_healthy.count, report.verdict.highest_running.count), (4, 5));
    let log = fs::read_to_string(&scaled.file).unwrap();
    assert!(log.contains("TASK_RUNNING") && !log.contains("TASK_KILL"), "{log}");
}

/// Planted: something that is not what it is taken for must fail these tests.
#[test]
fn a_process_that_is_left_would_be_found() {
    let sandboxes = tempfile::tempdir().unwrap();
    let mut left = std::process::Command::new("sleep")
        .arg("1000")
        .env("MESOS_SANDBOX", sandboxes.path().join("task"))
        .spawn()
        .unwrap();
    until("it is found", || lab::processes_of(sandboxes.path()).len() == 1);
    left.kill().unwrap();
    left.wait().unwrap();
    assert_eq!(lab::processes_of(sandboxes.path()), [""; 0]);
}
