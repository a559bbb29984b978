//! Trouble with real processes while `zdd deploy --record` goes on: tasks that crash, health checks
//! that fail for a while, tasks that do not heed SIGTERM. Then the run ends, or stands still for a reason
//! that `zdd status` names, and `zdd verify` lists each departure from the plan.
//!
//! Three seeds by default; more, one after another from 0 on:
//!
//! ```sh
//! ZDD_CHAOS_SEEDS=50 cargo test -p zdd-cli --test lab_chaos
//! ```
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

#[path = "../fake/mod.rs"]
mod fake;
#[path = "../lab/mod.rs"]
mod lab;
#[path = "../run/mod.rs"]
mod run;

mod departures;
mod dice;
mod trouble;

use std::process::Child;
use std::sync::atomic::{AtomicU64, Ordering};

use departures::Departures;
use dice::Dice;
use lab::{TestLab, until};
use run::{Told, Zdd};
use serde_json::{Value, json};
use trouble::{Done, Trouble};

/// So many labs at the same time: most of the time they wait.
const AT_ONCE: usize = 3;

fn seeds() -> u64 {
    std::env::var("ZDD_CHAOS_SEEDS").map_or(3, |seeds| seeds.parse().expect("a number of seeds"))
}

/// Tasks that are healthy after two seconds, long enough to make trouble meanwhile, and of which three
/// in four, by the last digit of their instance, do not heed SIGTERM, and are
/// killed a second later. Whoever puts a file `sick` into the sandbox of one makes its check fail.
fn shop(version: &str, (minimum, maximum): (f64, f64)) -> Value {
    json!({
        "id": "/shop", "instances": 4, "cpus": 0.01, "mem": 1,
        "cmd": "case $MESOS_TASK_ID in *[0-9ab]._app.*) trap '' TERM;; esac; exec sleep 1000",
        "env": {"VERSION": version},
        "taskKillGracePeriodSeconds": 1,
        "healthChecks": [{
            "protocol": "COMMAND", "command": {"value": "test ! -e sick"}, "delaySeconds": 2,
            "gracePeriodSeconds": 0, "intervalSeconds": 1, "maxConsecutiveFailures": 3,
        }],
        "upgradeStrategy": {"minimumHealthCapacity": minimum, "maximumOverCapacity": maximum},
    })
}

/// What the tests together have seen.
#[derive(Debug, Default)]
struct Totals {
    crashes: AtomicU64,
    flaps: AtomicU64,
    slow_kills: AtomicU64,
}

#[test]
fn a_run_in_trouble_ends_or_says_why_not_and_each_departure_is_listed() {
    let (totals, next) = (Totals::default(), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds() {
                        break;
                    }
                    play(seed, &totals);
                }
            });
        }
    });
    // Chaos in which nothing happens would show nothing.
    for count in [&totals.crashes, &totals.flaps, &totals.slow_kills] {
        assert!(count.load(Ordering::Relaxed) > 0, "{totals:?}");
    }
}

fn play(seed: u64, totals: &Totals) {
    let dice = Dice::new(seed);
    let strategies = [(1.0, 0.25), (1.0, 1.0), (0.5, 0.25), (0.75, 0.5), (0.25, 0.25), (0.5, 0.0)];
    let strategy = strategies[usize::try_from(seed).unwrap() % strategies.len()];
    let mut lab = TestLab::start();
    lab.deploy(&shop("1", strategy));

    let (deploying, log) = deploy(&lab, &shop("2", strategy), "60s");
    let trouble = Trouble { lab: &lab, log: &log, dice: &dice };
    let (told, done) = trouble.during(deploying);
    let what = format!("seed {seed}, {strategy:?}: {done:#?}\n{told:#?}");
    match told.code {
        Some(0 | 11) => {
            until("all is well in the end", || standing(&lab)["settled"] == true);
        }
        Some(14) => says_why_it_stands_still(&lab, ""),
        _ => panic!("{what}"),
    }

    let departures = Departures::of(&trouble::recorded(&log));
    let verified = verify(&lab);
    departures.are_those_of(&verified, &what);
    // What was done after the end is no matter of the deployment.
    for done in done.iter().filter(|done| departures.span(done.at())) {
        let (is_listed, count) = match done {
            Done::Crash { task, .. } => (departures.has_crash(task), &totals.crashes),
            Done::Flap { instance, .. } => (departures.has_flap(instance), &totals.flaps),
        };
        assert!(is_listed, "{done:?} is not among {departures:#?}\n{what}");
        count.fetch_add(1, Ordering::Relaxed);
    }
    totals.slow_kills.fetch_add(departures.slow_kills, Ordering::Relaxed);
    let is_broken = verified["guarantees"][1]["holds"] == false;
    assert_eq!(told.code == Some(0), !is_broken, "{what}\n{verified:#}");
}

/// Deploys in the background, with a recording.
fn deploy(lab: &TestLab, app: &Value, timeout: &str) -> (Child, std::path::PathBuf) {
    lab.zdd.file("next.json", app);
    let args = ["deploy", "next.json", "--record", "log", "--guarantee", "bounds"];
    let rest = ["--timeout", timeout, "--on-failure", "leave"];
    let args: Vec<_> = args.into_iter().chain(rest).collect();
    (lab.zdd.spawn(&args), lab.zdd.folder.path().join("log"))
}

fn standing(lab: &TestLab) -> Value {
    let told = lab.zdd.run(&["status", "/shop", "-o", "json"]).exits(0);
    serde_json::from_str(&told.out).unwrap()
}

/// What `zdd verify` says of the recording of [`deploy`].
fn verify(lab: &TestLab) -> Value {
    let told = lab.zdd.run(&["verify", "log", "-o", "json"]);
    assert!(matches!(told.code, Some(0 | 11)), "{told:#?}");
    serde_json::from_str(&told.out).unwrap()
}

/// A deployment goes on, and `zdd status` says what it waits for, with these words among others.
fn says_why_it_stands_still(lab: &TestLab, reason: &str) {
    assert_ne!(standing(lab)["deployments"], json!([]));
    until(reason, || {
        let waiting = standing(lab)["waiting"].as_array().unwrap().clone();
        let mut texts = waiting.iter().filter(|one| one["code"] != "unknown");
        texts.any(|one| one["text"].as_str().unwrap().contains(reason))
    });
}

/// Goes through an upgrade that cannot get anywhere: says why, is judged, and is taken back.
fn stands_still(spoil: impl FnOnce(&mut Value), reason: &str, departure: &str) {
    let mut lab = TestLab::start();
    let strategy = (1.0, 0.5);
    lab.deploy(&shop("1", strategy));
    let mut next = shop("2", strategy);
    spoil(&mut next);
    let (deploying, log) = deploy(&lab, &next, "6s");
    let told: Told = Zdd::finish(deploying).exits(14);
    told.says("goes on without zdd");
    says_why_it_stands_still(&lab, reason);
    let verified = verify(&lab);
    Departures::of(&trouble::recorded(&log)).are_those_of(&verified, reason);
    assert_ne!(verified[departure], 0, "{verified:#}");
    assert_eq!(verified["outcome"], "unfinished", "{verified:#}");
    // All old ones still serve.
    assert_eq!(verified["lowest_healthy"]["count"], 4, "{verified:#}");
    lab.zdd.run(&["abort", "/shop"]).exits(0).says("taken back: 4 of 4 instances serve");
    assert_eq!(standing(&lab)["settled"], true);
}

#[test]
fn instances_that_are_never_healthy_hold_it_up() {
    let spoil = |next: &mut Value| next["healthChecks"][0]["command"]["value"] = "exit 5".into();
    stands_still(spoil, "the command exited with status 5", "new_stopped");
}

#[test]
fn instances_that_crash_at_once_hold_it_up() {
    let spoil = |next: &mut Value| {
        next["cmd"] = "exit 3".into();
        // Or the check could pass before it ends.
        next["healthChecks"][0]["delaySeconds"] = 600.into();
    };
    stands_still(spoil, "exited with status 3", "failed_tasks");
}
