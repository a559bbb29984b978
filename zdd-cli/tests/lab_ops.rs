//! What operators do around a rollout, with real processes and a real HAProxy: hooks, one set of verbs for
//! all deployments, and the way back to what ran before.
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod load;
mod stage;
mod up;

use std::fs;

use load::Load;
use serde_json::Value;
use stage::{Mode, Stage};
use up::until;

/// With the template of a definition in its folder.
fn new() -> Stage {
    let stage = Stage::new(Mode::Haproxy, 2);
    stage.file_with("shop", |json| json["container"]["docker"]["image"] = "__IMAGE__".into());
    stage
}

/// What deploys a revision of the template.
fn deploying<'a>(revision: &'a str, version: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let image = "image=mhausenblas/simpleservice:0.4.0";
    let how = ["deploy", "shop.json", "--revision", revision, "--set", image, "--set", version];
    [&how[..], more].concat()
}

/// Kills such a deployment as soon as both versions are there.
fn killed(stage: &Stage, args: &[&str]) {
    let mut child = stage.spawn(args);
    until("it has begun", || stage.apps().len() == 2);
    child.kill().unwrap();
    assert_eq!(child.wait().unwrap().code(), None);
}

/// The apps that serve, with revision and instances.
fn apps(stage: &Stage) -> Vec<String> {
    stage.apps_as(|app| {
        let revision = app["labels"]["ZDD_REVISION"].as_str().unwrap();
        format!("{} {revision} {}", app["id"].as_str().unwrap(), app["instances"])
    })
}

/// A hook that tells each event with its tasks, and then does `what`.
fn hook(stage: &Stage, name: &str, what: &str) -> String {
    let tell = format!("printf '%s %s\\n' \"$ZDD_EVENT\" \"$2\" >> '{}'", stage.path("told"));
    stage.hook(name, &format!("{tell}\n{what}"))
}

/// The events that hooks were called for, with the tasks.
fn told(stage: &Stage) -> Vec<(String, Vec<String>)> {
    let path = stage.path("told");
    let text = fs::read_to_string(&path).unwrap_or_default();
    let _ = fs::remove_file(path);
    let line = |line: &str| {
        let (event, tasks) = line.split_once(' ').unwrap();
        (event.to_owned(), serde_json::from_str(tasks).unwrap())
    };
    text.lines().map(line).collect()
}

#[test]
fn hooks_have_the_last_word_and_are_asked_once() {
    let stage = new();
    let fine = hook(&stage, "fine", "echo all is well");
    let told_only = ["--after-promote-hook", &fine];
    stage.zdd(0, &deploying("v1", "env.SIMPLE_SERVICE_VERSION=v1", &told_only));
    assert_eq!(told(&stage), [("after-promote".to_owned(), vec![])]);

    // One that says no: everything stays as it is.
    let no = hook(&stage, "no", "echo first; echo not on a Friday >&2; exit 3");
    let run = |code, more: &[&str]| {
        stage.zdd(code, &deploying("v2", "env.SIMPLE_SERVICE_VERSION=v2", more))
    };
    let said = run(2, &["--pre-kill-hook", &no]);
    assert!(said.contains("no (before-kill): the hook refuses"), "{said}");
    assert!(said.contains("it said last: not on a Friday"), "{said}");
    assert!(said.contains("`zdd resume shop` goes on from here"), "{said}");
    assert_eq!(apps(&stage), ["/shop-blue v1 2", "/shop-green v2 1"]);
    let all = told(&stage);
    assert_eq!(all.len(), 1, "{all:?}");
    assert_eq!((all[0].0.as_str(), all[0].1.len()), ("before-kill", 1));

    // One that hangs: the same, and it is gone.
    let hangs = hook(&stage, "hangs", "exec sleep 600");
    let said = run(14, &["--before-delete-hook", &hangs, "--hook-timeout", "500ms"]);
    assert!(said.contains("hangs (before-delete): the hook took longer than 0.5 s"), "{said}");
    assert_eq!(apps(&stage), ["/shop-blue v1 1", "/shop-green v2 2"]);
    assert_eq!(told(&stage).len(), 1);

    // What is left is asked about once, and what was done is told when it is done.
    let hooks = ["--pre-kill-hook", &fine, "--before-delete-hook", &fine];
    let broken = hook(&stage, "broken", "echo nobody listens; exit 9");
    let said = run(2, &[&hooks[..], &["--after-promote-hook", &broken]].concat());
    assert!(said.contains("promoted, but "), "{said}");
    assert!(said.contains("it said last: nobody listens"), "{said}");
    let events: Vec<_> =
        told(&stage).into_iter().map(|(event, tasks)| (event, tasks.len())).collect();
    let events: Vec<_> = events.iter().map(|(event, n)| (event.as_str(), *n)).collect();
    assert_eq!(events, [("before-kill", 1), ("before-delete", 1), ("after-promote", 0)]);
    assert_eq!(apps(&stage), ["/shop-green v2 2"]);
    assert_eq!(stage.n_records(), 0);
}

#[test]
fn hooks_have_a_word_on_the_way_on_and_on_the_way_back() {
    let stage = new();
    stage.zdd(0, &deploying("v1", "env.SIMPLE_SERVICE_VERSION=v1", &[]));
    let no = hook(&stage, "no", "exit 3");
    let refuse = ["--pre-kill-hook", &no];
    let told_once = || {
        let all = told(&stage);
        let events: Vec<_> = all.iter().map(|(event, tasks)| (&**event, tasks.len())).collect();
        assert_eq!(events, [("before-kill", 1)]);
    };
    let said = stage.zdd(2, &deploying("v2", "env.SIMPLE_SERVICE_VERSION=v2", &refuse));
    assert!(said.contains("`zdd resume shop` goes on from here, `zdd abort shop`"), "{said}");
    told_once();

    let said = stage.zdd(2, &[&["resume", "shop"], &refuse[..]].concat());
    assert!(said.contains("`zdd resume shop` goes on from here, `zdd abort shop`"), "{said}");
    told_once();

    // It cannot be turned round any more, and that is no way out.
    let said = stage.zdd(2, &[&["abort", "shop"], &refuse[..]].concat());
    assert!(said.contains("`zdd resume shop` goes on from here"), "{said}");
    assert!(!said.contains("zdd abort"), "{said}");
    told_once();
    assert_eq!(apps(&stage), ["/shop-blue v1 2", "/shop-green v2 1"]);

    // And what the hint says can be done.
    let fine = hook(&stage, "fine", "");
    stage.zdd(15, &["resume", "shop", "--before-delete-hook", &fine]);
    let all = told(&stage);
    assert_eq!(all.iter().map(|(event, _)| &**event).collect::<Vec<_>>(), ["before-delete"]);
    assert_eq!(apps(&stage), ["/shop-blue v1 2"]);
}

#[test]
fn abort_resume_and_status_know_rollouts() {
    let stage = new();
    stage.zdd(0, &deploying("v1", "env.SIMPLE_SERVICE_VERSION=v1", &[]));
    let load = Load::start(stage.port);
    let v2 = deploying("v2", "env.SIMPLE_SERVICE_VERSION=v2", &[]);

    // Killed, and taken back.
    killed(&stage, &v2);
    let said = stage.zdd(0, &["status"]);
    assert!(said.contains("on its way to the new version"), "{said}");
    assert!(said.contains("held by ") && said.contains(", process "), "{said}");
    for name in ["shop", "/shop", "/shop-green"] {
        let said = stage.zdd(0, &["status", name, "-o", "json"]);
        let report: Value = serde_json::from_str(&said).unwrap();
        assert_eq!(report["group"], "shop");
        assert_eq!(report["new"]["revision"], "v2");
    }
    let said = stage.zdd(12, &["abort", "shop"]);
    assert!(said.contains("--take-over"), "{said}");
    let said = stage.zdd(3, &["abort", "shop", "--cancel"]);
    assert!(said.contains("--cancel belongs to rolling upgrades"), "{said}");
    stage.zdd(0, &["abort", "shop", "--dry-run"]);
    assert_eq!(apps(&stage).len(), 2);
    stage.zdd(15, &["abort", "/shop-green", "--take-over"]);
    assert_eq!(apps(&stage), ["/shop-blue v1 2"]);

    // Killed, and gone on with, by what is in Marathon alone.
    killed(&stage, &v2);
    fs::rename(stage.folder.path().join("shop.json"), stage.folder.path().join("away")).unwrap();
    let said = stage.zdd(0, &["resume", "--take-over"]);
    assert!(said.contains("/shop-green serves with 2 instances; /shop-blue is gone"), "{said}");
    assert_eq!(apps(&stage), ["/shop-green v2 2"]);
    fs::rename(stage.folder.path().join("away"), stage.folder.path().join("shop.json")).unwrap();

    // Whoever aborts can be killed, too: the way back is gone on with.
    killed(&stage, &deploying("v3", "env.SIMPLE_SERVICE_VERSION=v3", &[]));
    let mut child = stage.command(&["abort", "shop", "--take-over"]).spawn().unwrap();
    until("it is on its way back", || {
        apps(&stage).len() == 1
            || stage.zdd(0, &["status", "-o", "json"]).contains("\"phase\": \"rollback\"")
    });
    child.kill().unwrap();
    child.wait().unwrap();
    if stage.n_records() > 0 {
        stage.zdd(15, &["resume", "shop", "--take-over"]);
    }
    assert_eq!(apps(&stage), ["/shop-green v2 2"]);
    assert_eq!(stage.n_records(), 0);
    let counted = load.finish();
    assert!(counted.failures.is_empty(), "{counted:?}");

    // Nothing is left to go on with.
    let said = stage.zdd(6, &["abort", "shop"]);
    assert!(said.contains("no deployment of /shop goes on, and no rollout"), "{said}");
    stage.zdd(6, &["resume", "Shop_A"]);
    assert!(stage.zdd(0, &["status"]).contains("No deployment goes on"));
}

#[test]
fn what_ran_before_is_a_word_away() {
    let stage = new();
    let said = stage.zdd(3, &["history", "shop"]);
    assert!(said.contains("no history of shop"), "{said}");
    assert!(stage.zdd(3, &["rollback"]).contains("no history"));
    let said = stage.zdd(3, &["deploy", "shop.json"]);
    assert!(said.contains("/container/docker/image: `__IMAGE__` is a place-holder"), "{said}");
    assert_eq!(stage.all_apps().len(), 0);
    stage.zdd(0, &deploying("v1", "env.SIMPLE_SERVICE_VERSION=v1", &[]));
    assert!(stage.zdd(3, &["rollback"]).contains("nothing before v1"));
    let more = ["--set", "instances=1"];
    stage.zdd(0, &deploying("v2", "env.SIMPLE_SERVICE_VERSION=v2", &more));

    let history = |code| -> Value {
        serde_json::from_str(&stage.zdd(code, &["history", "-o", "json"])).unwrap()
    };
    let names = |history: &Value| -> Vec<String> {
        let revisions = history[0]["revisions"].as_array().unwrap().iter();
        revisions
            .map(|it| format!("{} {} {}", it["revision"], it["instances"], it["runs"]))
            .collect()
    };
    assert_eq!(names(&history(0)), ["\"v2\" 1 true", "\"v1\" 2 false"]);
    assert_eq!(history(0)[0]["revisions"][0]["image"], "mhausenblas/simpleservice:0.4.0");
    let said = stage.zdd(0, &["history", "shop"]);
    assert!(said.lines().any(|line| line.contains("runs") && line.contains("v2")), "{said}");

    let said = stage.zdd(2, &["rollback", "--to", "v9"]);
    assert!(
        said.contains("shop has no revision v9") && said.contains("known are v2, v1"),
        "{said}"
    );
    assert!(stage.zdd(3, &["rollback", "--to", "v2"]).contains("v2 runs already"));
    stage.zdd(0, &["rollback", "--to", "v1", "--dry-run"]);
    assert_eq!(apps(&stage), ["/shop-green v2 1"]);

    let load = Load::start(stage.port);
    stage.zdd(0, &["rollback", "--to", "v1"]);
    assert_eq!(apps(&stage), ["/shop-blue v1 2"]);
    // And back again: what ran before that.
    stage.zdd(0, &["rollback", "shop"]);
    assert_eq!(apps(&stage), ["/shop-green v2 1"]);
    let counted = load.finish();
    assert!(counted.failures.is_empty(), "{counted:?}");
    assert!(counted.of("v1") > 0 && counted.of("v2") > 0, "{counted:?}");
    let all = ["\"v2\" 1 true", "\"v1\" 2 false", "\"v2\" 1 false", "\"v1\" 2 false"];
    assert_eq!(names(&history(0)), all);
    // A revision is nothing that serves.
    let servers = stage.lab.servers();
    assert!(servers.iter().all(|it| it.starts_with("shop_")), "{servers:?}");
}
