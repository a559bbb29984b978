//! `--plan`: what is done is what was planned from what ran, or nothing is.
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod fake;
mod run;
mod stage;
mod up;

use std::fs;

use fake::{Fake, Knobs, shop};
use run::Zdd;
use serde_json::{Value, json};
use stage::{Mode, Stage, said};
use up::until;

/// Runs it to its end; answers with what it printed, and with what else it said.
#[track_caller]
fn zdd(stage: &Stage, code: i32, args: &[&str]) -> (String, String) {
    let output = stage.command(args).output().unwrap();
    said(code, &output, args);
    let [out, err] = [output.stdout, output.stderr].map(|it| String::from_utf8(it).unwrap());
    (out, err)
}

fn write(stage: &Stage, name: &str, text: &str) -> String {
    let path = stage.path(name);
    fs::write(&path, text).unwrap();
    path
}

/// The plan of a file, from what runs.
fn planned(stage: &Stage, file: &str, more: &[&str]) -> Value {
    let url = stage.lab.export("ZDD_MARATHON");
    let args = [&["plan", file, "-m", url, "-o", "json"], more].concat();
    serde_json::from_str(&zdd(stage, 0, &args).0).unwrap()
}

/// What runs, records and all.
fn running(stage: &Stage) -> Vec<String> {
    let tell = |app: &Value| format!("{} {} {}", app["id"], app["instances"], app["version"]);
    let mut apps: Vec<_> = stage.all_apps().iter().map(tell).collect();
    apps.sort();
    apps
}

#[test]
fn a_plan_that_does_not_hold_any_more_is_refused_and_nothing_is_touched() {
    let stage = Stage::new(Mode::Haproxy, 2);
    let (one, two, three) = (stage.file("1"), stage.file("2"), stage.file("3"));
    zdd(&stage, 0, &["deploy", &one]);
    let plan = planned(&stage, &two, &[]);
    assert_eq!((&plan["known"], &plan["parts"][0]["reached"]), (&json!("live"), &json!(true)));
    let old = write(&stage, "old-plan.json", &plan.to_string());

    // What is shown before is the same, and so is its digest.
    let dry = zdd(&stage, 0, &["deploy", &two, "--dry-run", "-o", "json"]).0;
    let dry: Value = serde_json::from_str(dry.lines().nth(1).unwrap()).unwrap();
    assert_eq!((&dry["digest"], &dry["parts"]), (&plan["digest"], &plan["parts"]));
    let canary = planned(&stage, &two, &["--weight", "50"]);
    let args = ["canary", "start", &two, "--weight", "50", "--dry-run", "-o", "json"];
    let dry = zdd(&stage, 0, &args).0;
    assert!(dry.contains(canary["digest"].as_str().unwrap()), "{dry}");
    assert_ne!(canary["digest"], plan["digest"]);

    // Somebody scales what runs.
    let blue = "/v2/apps/shop-blue";
    stage.lab.call("PUT", blue, &json!({"instances": 3}));
    until("three are healthy", || {
        stage.lab.call("GET", blue, &Value::Null)["app"]["tasksHealthy"] == 3
    });
    let before = running(&stage);
    let refused = |said: &str, args: &[&str]| {
        let (_, err) = zdd(&stage, 13, args);
        assert!(err.contains(said), "{err}");
        assert_eq!(running(&stage), before);
    };
    refused("instances of /shop-blue: 2 in the plan, 3 now", &["deploy", &two, "--plan", &old]);
    let args = ["canary", "start", &two, "--weight", "50", "--plan", &old];
    refused("instances of /shop-blue: 2 in the plan, 3 now", &args);

    // Something else is asked for.
    let plan = planned(&stage, &two, &[]);
    let new = write(&stage, "plan.json", &plan.to_string());
    refused("the definition", &["deploy", &three, "--plan", &new]);
    let args = ["deploy", &two, "--plan", &new, "--linear-increase", "1"];
    refused("`growth`", &args);
    refused("the drain timeout", &["deploy", &two, "--plan", &new, "--drain-timeout", "1m"]);
    let (guess, _) = zdd(&stage, 0, &["plan", &two, "--from", &one, "-o", "json"]);
    let guess = write(&stage, "guess.json", &guess);
    refused("without a look at what runs", &["deploy", &two, "--plan", &guess]);
    let edited = plan.to_string().replace("\"full\":2", "\"full\":1");
    let edited = write(&stage, "edited.json", &edited);
    let (_, err) = zdd(&stage, 2, &["deploy", &two, "--plan", &edited]);
    assert!(err.contains("was changed since it was made"), "{err}");
    assert_eq!(running(&stage), before);

    zdd(&stage, 0, &["deploy", &two, "--plan", &new]);
    let apps = running(&stage);
    assert!(apps.len() == 1 || apps.iter().any(|app| app.contains("shop-green\" 2")), "{apps:?}");
    assert!(!apps.iter().any(|app| app.contains("shop-blue")), "{apps:?}");
}

#[test]
fn a_plan_of_a_rolling_upgrade_is_bound_to_the_version_that_was_seen() {
    let fake = Fake::start(Knobs::default());
    let zdd = Zdd::new(&fake);
    zdd.file("2.json", &shop("2", 4));
    zdd.file("3.json", &shop("3", 4));
    let told = zdd.run(&["deploy", "2.json", "--dry-run", "-o", "json"]).exits(0);
    let dry: Value = serde_json::from_str(told.out.lines().next().unwrap()).unwrap();
    let plan = zdd.file("plan.json", &dry);
    let plan = plan.to_str().unwrap();
    let url = fake.url();
    let told = zdd.run(&["plan", "2.json", "-m", &url, "-o", "json"]).exits(0);
    let planned: Value = serde_json::from_str(&told.out).unwrap();
    assert_eq!(planned["digest"], dry["digest"]);
    zdd.run(&["deploy", "3.json", "--plan", plan]).exits(13).says("the definition");
    zdd.run(&["deploy", "2.json", "--plan", plan]).exits(0);
    zdd.run(&["deploy", "2.json", "--plan", plan, "--restart"]).exits(13).says("version of /shop");
}
