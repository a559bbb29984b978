//! The sections of the zero-downtime lab for DC/OS, on an embedded Marathon with real processes.
//!
//! The definitions are the lab's own. Faster than there: `/health` answers after 10 to 60 ms instead of
//! 1 to 5 s, and checks come every 2 s instead of every 60 s (health) and 30 s (readiness). The
//! time-out of health checks is the lab's, so that a busy machine fails none; that of readiness checks
//! has to be below the interval, and to fail one costs time only.
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod fake;
mod lab;
mod run;

use lab::{TestLab, processes_in, until};
use run::Zdd;
use serde_json::Value;
use snapbox::cmd::cargo_bin;
use zdd_core::guarantee::Guarantee;
use zdd_core::verify::Outcome;
use zdd_marathon::local::ImageMap;

const BASE: &str = include_str!("../../examples/default/base.json");
const BASE_HEALTH: &str = include_str!("../../examples/default/base-health.json");
const BASE_READY: &str = include_str!("../../examples/default/base-ready.json");
const BASE_MIN_OVER: &str = include_str!("../../examples/default/base-min-over.json");

/// A definition with these texts in the place of others, each of which has to be there.
fn with(definition: &str, texts: &[(&str, &str)]) -> Value {
    let changed = texts.iter().fold(definition.to_owned(), |text, (old, new)| {
        assert_eq!(text.matches(old).count(), 1, "{old} in {text}");
        text.replace(old, new)
    });
    serde_json::from_str(&changed).unwrap()
}

const SOON: [(&str, &str); 2] = [(r#""1000""#, r#""10""#), (r#""5000""#, r#""60""#)];
const HEALTH: (&str, &str) = (r#""intervalSeconds": 60"#, r#""intervalSeconds": 2"#);
const READY: [(&str, &str); 2] = [
    (r#""intervalSeconds": 30"#, r#""intervalSeconds": 2"#),
    (r#""timeoutSeconds": 10"#, r#""timeoutSeconds": 1"#),
];

/// A definition of the lab that is as fast as said above.
fn soon(definition: &str) -> Value {
    let checks = READY.into_iter().chain([HEALTH]).filter(|(old, _)| definition.contains(old));
    with(definition, &SOON.into_iter().chain(checks).collect::<Vec<_>>())
}

/// The same of the next version.
fn next(old: &Value) -> Value {
    let mut new = old.clone();
    assert_eq!(old["env"]["SIMPLE_SERVICE_VERSION"], "0.9");
    new["env"]["SIMPLE_SERVICE_VERSION"] = "1.0".into();
    new
}

/// How many processes of the service there are.
fn services(lab: &TestLab) -> usize {
    let processes = lab.processes();
    assert!(processes.iter().all(|one| one.command.contains("lab service")), "{processes:?}");
    processes.len()
}

/// How many old instances were told to stop before the first new one was healthy: Marathon says again
/// of each that it runs.
fn stopped_before_any_new_is_healthy(log: &str) -> usize {
    let events = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let events = events.skip_while(|event| event["eventType"] != "deployment_info");
    let mut new = Value::Null;
    let mut stopped = 0;
    for event in events {
        match event["eventType"].as_str() {
            Some("deployment_info") => new = event["plan"]["version"].clone(),
            Some("instance_changed_event") if event["runSpecVersion"] != new => {
                stopped += usize::from(event["condition"] == "Running");
            }
            Some("instance_health_changed_event") => return stopped,
            _ => {}
        }
    }
    panic!("no new one was healthy");
}

#[test]
fn base_runs_eight_while_it_upgrades_four() {
    let mut lab = TestLab::start();
    let first = lab.deploy(&soon(BASE)).report;
    assert_eq!((first.old, first.new, first.outcome), (0, 4, Outcome::Success));
    assert_eq!(services(&lab), 4);

    let upgrade = lab.upgrade(&next(&soon(BASE)));
    let verdict = &upgrade.report.verdict;
    assert_eq!((verdict.highest_running.count, verdict.lowest_healthy.count), (8, 4));
    upgrade.told.says(r#"env.SIMPLE_SERVICE_VERSION: "0.9" -> "1.0""#);
    assert_eq!(services(&lab), 4);
}

#[test]
fn base_health_touches_no_old_one_before_a_new_one_is_healthy() {
    let mut lab = TestLab::start();
    let mut old = soon(BASE_HEALTH);
    // Long enough to see all that runs before any new one is asked for its health.
    old["healthChecks"][0]["intervalSeconds"] = 5.into();
    lab.deploy(&old);
    let sandboxes = lab.lab().sandboxes().to_path_buf();
    let upgrade = std::thread::scope(|scope| {
        let upgrading = scope.spawn(|| lab.upgrade(&next(&old)));
        until("all eight run", || processes_in(&sandboxes).len() == 8);
        upgrading.join().unwrap()
    });
    let verdict = &upgrade.report.verdict;
    assert_eq!((verdict.highest_running.count, verdict.lowest_healthy.count), (8, 4));
    assert_eq!((verdict.failed, verdict.turned_unhealthy), (0, 0));
    assert_eq!(stopped_before_any_new_is_healthy(&upgrade.log()), 0);
    assert_eq!(services(&lab), 4);
}

/// The first three instances of the new version answer after a minute. They are killed for it and
/// replaced, until four answer in time.
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
             export HEALTH_MIN=60000 HEALTH_MAX=60000; break; fi; done; fi; \
             exec '{service}' lab service"
        ))
        .unwrap();
    let mut lab = TestLab::with_images(images);
    // The first answer counts that takes too long, and one from before it listens does not.
    let impatient = [
        (r#""timeoutSeconds": 20"#, r#""timeoutSeconds": 3"#),
        (r#""gracePeriodSeconds": 300"#, r#""gracePeriodSeconds": 4"#),
        (r#""maxConsecutiveFailures": 3"#, r#""maxConsecutiveFailures": 1"#),
    ];
    let texts: Vec<_> = SOON.into_iter().chain([HEALTH]).chain(impatient).collect();
    let app = with(BASE_HEALTH, &texts);
    lab.deploy(&app);
    let upgrade = lab.upgrade(&next(&app));
    let verdict = &upgrade.report.verdict;
    assert_eq!((verdict.highest_running.count, verdict.lowest_healthy.count), (8, 4));
    for n in 1..=3 {
        assert!(folder.path().join(n.to_string()).exists(), "slow one {n} was never started");
    }
    let log = upgrade.log();
    let killed = log.lines().filter(|line| line.contains("unhealthy_instance_kill_event"));
    assert_eq!(killed.count(), 3, "each slow one is killed, once");
    assert_eq!(verdict.new_stopped, 3, "and the verifier says so");
    let told = lab.zdd.run(&["status", "/zdd/base-health"]).exits(0);
    told.says("4 of 4 instances serve");
    assert_eq!(services(&lab), 4);
}

#[test]
fn base_ready_waits_for_readiness() {
    let mut lab = TestLab::start();
    let old = soon(BASE_READY);
    lab.deploy(&old);
    let upgrade = lab.upgrade(&next(&old));
    let verdict = &upgrade.report.verdict;
    assert_eq!((verdict.highest_running.count, verdict.lowest_healthy.count), (8, 4));

    // Never ready: it stands still with all eight, and says for what.
    let mut never = next(&old);
    never["env"]["X"] = "1".into();
    never["readinessChecks"][0]["path"] = "/nowhere".into();
    lab.zdd.file("never.json", &never);
    let args = ["deploy", "never.json", "--timeout", "5s", "--on-failure", "revert"];
    let deploying = lab.zdd.spawn(&args);
    until("status says that it is not ready", || {
        lab.zdd.run(&["status", "/zdd/base-ready"]).exits(0).out.contains("ready (readinessCheck)")
    });
    until("all eight run", || services(&lab) == 8);
    Zdd::finish(deploying).exits(15).says("taken back: 4 of 4 instances serve");
    assert_eq!(services(&lab), 4);
}

#[test]
fn base_min_over_stops_three_at_once_and_never_runs_more_than_five() {
    let mut lab = TestLab::start();
    let old = soon(BASE_MIN_OVER);
    lab.deploy(&old);
    let upgrade = lab.upgrade(&next(&old));
    let report = &upgrade.report;
    assert_eq!(stopped_before_any_new_is_healthy(&upgrade.log()), 3);
    assert_eq!(report.verdict.highest_running.count, 5);
    assert_eq!(report.verdict.lowest_healthy.count, 1);
    assert_eq!(report.verdict.holds(Guarantee::SideBySide), Some(false));
    let log = upgrade.file.to_str().unwrap();
    lab.zdd.run(&["verify", log, "--guarantee", "side-by-side"]).exits(11);
    assert_eq!(services(&lab), 4);
}

#[test]
fn scale_to_five_starts_one_and_touches_none() {
    let mut lab = TestLab::start();
    let four = soon(BASE);
    lab.deploy(&four);
    let before = lab.processes();
    let mut five = four;
    assert_eq!(five["instances"], 4);
    five["instances"] = 5.into();
    let scaled = lab.deploy(&five);
    let report = &scaled.report;
    assert_eq!((report.new, report.outcome), (5, Outcome::Success));
    assert_eq!((report.verdict.lowest_healthy.count, report.verdict.highest_running.count), (4, 5));
    let log = scaled.log();
    assert!(log.contains("TASK_RUNNING") && !log.contains("TASK_KILL"), "{log}");
    lab.verify(&scaled).exits(0).says("✔ completes: held");
    scaled.told.says("4 -> 5");
    assert_eq!(services(&lab), 5);
    assert!(before.iter().all(|one| lab.processes().contains(one)), "the four are the same");
}

/// Planted: a process that is left must be found.
#[test]
fn a_process_that_is_left_would_be_found() {
    let sandboxes = tempfile::tempdir().unwrap();
    let mut left = std::process::Command::new("sleep")
        .arg("1000")
        .env("MESOS_SANDBOX", sandboxes.path().join("task"))
        .spawn()
        .unwrap();
    until("it is found", || processes_in(sandboxes.path()).len() == 1);
    left.kill().unwrap();
    left.wait().unwrap();
    assert_eq!(processes_in(sandboxes.path()), []);
}
