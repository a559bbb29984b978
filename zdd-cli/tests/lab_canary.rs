//! The tutorial's canary section, with real processes and a real HAProxy: three instances of 0.9, one of
//! 1.0, and shares as clients see them.
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod load;
mod stage;
mod up;

use std::fs;

use load::Load;
use serde_json::Value;
use stage::{Mode, Stage, example};

/// What a command said.
#[derive(Debug)]
struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

fn new() -> Stage {
    Stage::new(Mode::Haproxy, 2)
}

/// The tutorial's blueprint, behind a port that is free, with these weights.
fn blueprint(stage: &Stage, old: u64, new: u64) -> String {
    let text = fs::read_to_string(example("canary/simpleservice-blueprint.yaml")).unwrap();
    for has in ["10099:", "weight: 80%", "weight: 20%"] {
        assert_eq!(text.matches(has).count(), 1, "{has}");
    }
    let text = text
        .replace("10099:", &format!("{}:", stage.port))
        .replace("weight: 80%", &format!("weight: {old}%"))
        .replace("weight: 20%", &format!("weight: {new}%"));
    let path = stage.path(&format!("blueprint-{new}.yaml"));
    fs::write(&path, text).unwrap();
    path
}

fn zdd(stage: &Stage, args: &[&str]) -> Said {
    let output = stage.command(args).output().unwrap();
    Said {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The same, which has to go well.
#[track_caller]
fn done(stage: &Stage, args: &[&str]) -> Said {
    let said = zdd(stage, args);
    assert_eq!(said.code, Some(0), "{args:?}: {}{}", said.out, said.err);
    said
}

#[track_caller]
fn start(stage: &Stage, file: &str, more: &[&str]) -> Said {
    zdd(stage, &[&["canary", "start", file], more].concat())
}

fn status(stage: &Stage) -> Value {
    serde_json::from_str(&done(stage, &["canary", "status", "-o", "json"]).out).unwrap()
}

#[test]
fn the_tutorials_canary_has_its_share_and_is_promoted() {
    let stage = new();
    let said = start(&stage, &blueprint(&stage, 80, 20), &[]);
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    let load = Load::start(stage.port);
    for (old, new) in [(80, 20), (99, 1), (95, 5), (67, 33), (50, 50), (1, 99)] {
        let said = start(&stage, &blueprint(&stage, old, new), &[]);
        assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
        let status = status(&stage);
        let [it] = status.as_array().unwrap().as_slice() else { panic!("{status}") };
        assert_eq!((&it["phase"], &it["next"]), (&"canary".into(), &Value::Null), "{it}");
        let sum = |side: &str| -> u64 {
            let [weights] = it[side]["weights"].as_array().unwrap().as_slice() else {
                panic!("{it}")
            };
            weights.as_array().unwrap().iter().map(|weight| weight.as_u64().unwrap()).sum()
        };
        // What HAProxy has is what was planned, to the last unit.
        assert_eq!(sum("new") * old, sum("old") * new, "{it}");
        let url = format!("http://127.0.0.1:{}/endpoint0", stage.port);
        let expect = format!("0.9={old},1.0={new}");
        done(&stage, &["split", &url, "-n", "20000", "--expect", &expect]);
    }
    let said = done(&stage, &["canary", "promote"]);
    assert_eq!(
        said.out,
        "promoted: /simpleservice/simpleservice-green has 3 instances and all of the traffic\n"
    );
    let counted = load.finish();
    assert!(counted.failures.is_empty(), "{counted:?}");
    assert_eq!(stage.apps(), ["/simpleservice/simpleservice-green 3"]);
    assert_eq!(status(&stage), serde_json::json!([]));
}

#[test]
fn a_canary_is_taken_back_and_nobody_notices() {
    let stage = new();
    done(&stage, &["canary", "start", &stage.file("1"), "--weight", "20"]);
    assert_eq!(stage.apps(), ["/shop-blue 2"]);
    let load = Load::start(stage.port);
    let file = stage.file("2");
    let said = start(&stage, &file, &["--weight", "20"]);
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    assert!(said.out.contains("20 % for the new version"), "{}", said.out);

    // Another version has to wait; the same one may get another share.
    let said = start(&stage, &stage.file("3"), &["--weight", "20"]);
    assert_eq!(said.code, Some(3), "{said:?}");
    assert!(said.err.contains("shop is a canary of another version, /shop-green"), "{}", said.err);
    let said = start(&stage, &file, &["--weight", "50"]);
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    assert!(said.out.contains("50 % for the new version"), "{}", said.out);

    done(&stage, &["canary", "rollback", "shop"]);
    let counted = load.finish();
    assert!(counted.failures.is_empty(), "{counted:?}");
    assert!(counted.of("2") > 0);
    assert_eq!(stage.apps(), ["/shop-blue 2"]);
    let said = zdd(&stage, &["canary", "rollback"]);
    assert_eq!((said.code, said.err.lines().next()), (Some(3), Some("error: no canary goes on")));
}

#[test]
fn whoever_died_can_be_replaced_knowingly() {
    let stage = new();
    done(&stage, &["canary", "start", &stage.file("1"), "--weight", "20"]);
    // It never gets healthy, so that it is waited for until somebody ends it.
    let file = stage.file("2");
    let text = fs::read_to_string(&file).unwrap().replace("/health", "/nowhere");
    fs::write(&file, text).unwrap();
    let words = ["canary", "start", &file, "--weight", "20"];
    let mut child = stage.spawn(&words);
    up::until("the canary is there", || stage.apps().len() > 1);
    child.kill().unwrap();
    child.wait().unwrap();

    let said = zdd(&stage, &["canary", "rollback"]);
    assert_eq!(said.code, Some(12), "{said:?}");
    let [error, hint] = said.err.lines().collect::<Vec<_>>()[..] else { panic!("{}", said.err) };
    assert!(error.starts_with("error: shop is held by ") && error.ends_with(" ago"), "{error}");
    assert!(error.contains(&format!("process {}", child.id())), "{error}");
    assert!(hint.contains("--take-over"), "{hint}");
    done(&stage, &["canary", "rollback", "--take-over"]);
    assert_eq!(stage.apps(), ["/shop-blue 2"]);
}

#[test]
fn what_cannot_be_is_refused_before_anything_is_done() {
    let stage = new();
    done(&stage, &["canary", "start", &stage.file("1"), "--weight", "20"]);
    let file = stage.file("2");
    for (args, code, error, hint) in [
        (
            &["--weight", "0.01"][..],
            10,
            "0.01 % for the new version cannot be reached with 2 instances of the old and 1 of the \
             new: 0.195 % is nearest",
            "have 40 old and 1 new, or take the nearest with --nearest",
        ),
        (
            &["--weight", "100"],
            10,
            "with 100 % for the new version, 1 would serve where 2 have to",
            "give it 2 instances: --instances 2",
        ),
        (&[], 2, "no share given", "say what the new version gets, as in --weight 20"),
    ] {
        let said = start(&stage, &file, args);
        assert_eq!(said.code, Some(code), "{said:?}");
        assert_eq!(said.err, format!("error: {error}\nhint: {hint}\n"));
    }
    assert_eq!(stage.apps(), ["/shop-blue 2"]);
    assert_eq!(status(&stage), serde_json::json!([]));
}
