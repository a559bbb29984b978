//! Blue/green with real processes and a real HAProxy, under load: forwards and back, by the admin socket
//! and beside a marathon-lb.
//!
//! `ZDD_SWAPS=200` deploys and takes back that often in a row, in each mode.
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod load;
mod stage;
mod up;

use load::Load;
use serde_json::json;
use stage::{Mode, Stage, said};
use up::until;

/// How often.
fn swaps() -> usize {
    std::env::var("ZDD_SWAPS").map_or(1, |text| text.parse().unwrap())
}

fn there_and_back(mode: Mode) {
    let stage = Stage::new(mode, 3);
    stage.zdd(0, &["deploy", &stage.file("v0")]);
    assert_eq!(stage.apps(), ["/shop-blue 3"]);
    let load = Load::start(stage.port);
    for round in 1..=swaps() {
        // Taken back in the middle: everything is as it was.
        let bad = format!("bad{round}");
        let grows = |apps: &[String]| apps.iter().any(|app| app.ends_with(" 2"));
        stage.interrupted(&["deploy", &stage.file(&bad)], grows);
        stage.zdd(0, &["canary", "rollback", "shop"]);
        let apps = stage.apps();
        assert_eq!(apps.len(), 1, "{apps:?}");
        assert!(apps[0].ends_with(" 3"), "{apps:?}");
        // Interrupted, and gone on with by the same command.
        let good = format!("v{round}");
        let before = apps[0].clone();
        stage.interrupted(&["deploy", &stage.file(&good)], grows);
        stage.zdd(0, &["deploy", &stage.file(&good)]);
        let apps = stage.apps();
        assert_eq!(apps.len(), 1, "{apps:?}");
        assert!(apps[0].ends_with(" 3") && apps[0] != before, "{apps:?}");
    }
    let counted = load.finish();
    assert!(counted.failures.is_empty(), "{counted:?}");
    assert!(counted.of("v1") > 0 && counted.of("bad1") > 0, "{counted:?}");
    // Nothing is left that says a rollout goes on.
    assert_eq!(stage.zdd(0, &["canary", "status"]).trim(), "no canary goes on");
}

#[test]
fn there_and_back_by_the_admin_socket() {
    there_and_back(Mode::Haproxy);
}

#[test]
fn there_and_back_beside_marathon_lb() {
    there_and_back(Mode::MarathonLb);
}

/// How the process ends whose deployment is changed in the middle.
#[derive(Clone, Copy, PartialEq)]
enum Fate {
    /// It sees the change.
    Sees,
    /// It is killed before that.
    Dies,
}

/// Deploys, and pushes another definition of an app in the middle.
fn changed_in_the_middle(name: &str, fate: Fate) -> Stage {
    let stage = Stage::new(Mode::Haproxy, 3);
    stage.zdd(0, &["deploy", &stage.file("v0")]);
    let mut deploys = stage.spawn(&["deploy", &stage.file("v1")]);
    until("it is on its way", || stage.apps().iter().any(|app| app == "/shop-green 2"));
    if fate == Fate::Dies {
        deploys.kill().unwrap();
    }
    let change = json!({"env": {"SIMPLE_SERVICE_VERSION": "theirs"}});
    stage.lab.call("PUT", &format!("/v2/apps{name}?force=true"), &change);
    let ended = deploys.wait_with_output().unwrap();
    let said = match fate {
        Fate::Sees => said(13, &ended, &["deploy"]),
        Fate::Dies => stage.zdd(13, &["resume", "shop", "--take-over"]),
    };
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains(&format!("somebody else changed {name}")), "{said}");
    assert!(said.contains("`zdd resume shop` goes on with it"), "{said}");
    stage
}

#[test]
fn it_ends_when_somebody_changes_the_new_app_in_the_middle() {
    // Whoever knows of it goes on with it.
    for fate in [Fate::Sees, Fate::Dies] {
        let stage = changed_in_the_middle("/shop-green", fate);
        stage.zdd(0, &["resume", "shop"]);
        assert_eq!((stage.apps(), versions(&stage)), (vec!["/shop-green 3".into()], theirs()));
    }
}

#[test]
fn it_ends_when_somebody_changes_the_old_app_in_the_middle() {
    // Either way: by then marathon-lb takes the old one for the new one.
    for fate in [Fate::Sees, Fate::Dies] {
        let stage = changed_in_the_middle("/shop-blue", fate);
        stage.zdd(0, &["resume", "shop"]);
        assert_eq!((stage.apps(), versions(&stage)), (vec!["/shop-green 3".into()], ours()));
        let stage = changed_in_the_middle("/shop-blue", fate);
        stage.zdd(15, &["abort", "shop"]);
        assert_eq!((stage.apps(), versions(&stage)), (vec!["/shop-blue 3".into()], theirs()));
    }
}

fn versions(stage: &Stage) -> Vec<String> {
    stage.apps_as(|app| app["env"]["SIMPLE_SERVICE_VERSION"].as_str().unwrap().into())
}

fn theirs() -> Vec<String> {
    vec!["theirs".into()]
}

fn ours() -> Vec<String> {
    vec!["v1".into()]
}

#[test]
fn what_belongs_to_rolling_upgrades_is_refused() {
    let stage = Stage::new(Mode::MarathonLb, 3);
    let said = stage.zdd(3, &["deploy", &stage.file("v1"), "--restart"]);
    assert!(said.contains("--restart belongs to rolling upgrades"), "{said}");
    // Weights cannot be set where marathon-lb alone may.
    stage.zdd(0, &["deploy", &stage.file("v1")]);
    let said = stage.zdd(5, &["canary", "start", &stage.file("v2"), "--weight", "20"]);
    assert!(said.contains("--haproxy SOCKET"), "{said}");
    assert_eq!(stage.zdd(0, &["canary", "status"]).trim(), "no canary goes on");
}
