//! `zdd status`, `zdd abort`, and who may ask.

mod child;
mod fake;
mod run;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use child::interrupt;
use fake::{Fake, Knobs, shop};
use run::Zdd;

/// A fake with a deployment that stands still.
fn stuck() -> (Fake, Zdd) {
    let fake = Fake::start(Knobs { stuck_after: Some(3), ..Knobs::default() });
    fake.world().deploy("/shop", shop("2", 4), false);
    fake.wait("standing still", |world| world.deployments.iter().any(|it| it.moves == 3));
    let zdd = Zdd::new(&fake);
    (fake, zdd)
}

#[test]
fn what_goes_on_is_listed() {
    let (fake, zdd) = stuck();
    let told = zdd.run(&["status"]).exits(0);
    let told = told.says("deployment deployment-5: step 1 of 1").says("RestartApplication /shop");
    told.says("holds /shop");
    let told = zdd.run(&["status", "-o", "json"]).exits(0);
    let json: serde_json::Value = serde_json::from_str(&told.out).unwrap();
    assert_eq!(json["deployments"][0]["apps"][0], "/shop");
    let told = zdd.run(&["status", "/shop"]).exits(0);
    let told = told.says("/shop: step 1 of 1, RestartApplication  deployment deployment-5");
    let told = told.says("◌ 2 of 4 instances serve, 3 of older definitions are left");
    assert_eq!(told.out.matches("    ✔ shop.").count(), 5, "{told:#?}");
    let told = told.says(", 2 instances").says(", 3 instances");
    let told = told.says("3 old instances have not ended yet");
    assert_eq!(told.err, "");
    let told = zdd.run(&["status", "/shop", "-o", "json"]).exits(0);
    let json: serde_json::Value = serde_json::from_str(&told.out).unwrap();
    assert_eq!((&json["current"], &json["old"]), (&2.into(), &3.into()));
    assert_eq!(json["settled"], false);
    zdd.run(&["status", "/nothing"]).exits(6).says("there is neither an app nor a group");
    assert_eq!(fake.world().changes(), [""; 0]);
}

#[test]
fn an_aborted_deployment_is_taken_back_to_the_end() {
    let (fake, zdd) = stuck();
    zdd.run(&["abort", "/shop", "--dry-run"]).exits(0).says("would take it back");
    assert_eq!(fake.world().changes(), [""; 0]);
    let child = zdd.spawn(&["abort", "/shop"]);
    fake.wait("the revert", |world| !world.changes().is_empty());
    fake.world().knobs.stuck_after = None;
    Zdd::finish(child).exits(0).says("taken back: 4 of 4 instances serve");
    assert_eq!(fake.world().changes(), ["DELETE /v2/deployments/deployment-5"]);
    assert_eq!(fake.world().apps["/shop"].json["env"]["V"], "1");
    zdd.run(&["abort", "/shop"]).exits(6).says("error: no deployment of /shop goes on");
    zdd.run(&["abort"]).exits(2);
}

#[test]
fn a_cancelled_deployment_stays_where_it_is() {
    let (fake, zdd) = stuck();
    let before = fake.world().variables();
    zdd.run(&["abort", "--cancel", "--deployment", "deployment-5"]).exits(0).says("stopped");
    assert_eq!(fake.world().variables(), before);
    zdd.run(&["resume", "/shop"]).exits(6).says("are left");
    zdd.run(&["resume"]).exits(6).says("error: no deployment of any app goes on");
    let told = zdd.run(&["resume", "--deployment", "deployment-5"]).exits(6);
    let told = told.says("error: deployment deployment-5 does not go on: it has ended, or there");
    told.says("hint: `zdd status` lists those that do");
    zdd.run(&["resume", "/nope"]).exits(6).says("error: /nope: there is neither an app nor a");
}

#[test]
fn a_password_is_asked_for_and_never_shown() {
    let fake =
        Fake::start(Knobs { password: Some("Basic YWxpY2U6aHVudGVyMg=="), ..Knobs::default() });
    let zdd = Zdd::new(&fake);
    zdd.run(&["status"]).exits(6).says("not authorised").says("hint: ");
    let path = zdd.folder.path().join("credentials");
    fs::write(&path, "alice:hunter2\n").unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    let told = zdd.run(&["status", "--credentials", "credentials"]).exits(0);
    let told = told.says("warning: the credential file credentials is open to others (mode 0644)");
    assert!(!format!("{told:?}").contains("hunter2"));

    let address = fake.url().replace("://", "://alice:hunter2@");
    for args in [["-m", &address], ["--password", "hunter2"], ["--token", "hunter2"]] {
        let told = zdd.run(&["status", args[0], args[1]]).exits(2);
        let told = told.says("can be read by every user of this machine").says("hint: put ");
        assert!(!format!("{told:?}").contains("hunter2"), "{told:?}");
    }
    let named = Zdd::at(&address).run(&["status"]).exits(0);
    assert!(!format!("{named:?}").contains("hunter2"));
    let mut command = zdd.command(&["status"]);
    command.env("ZDD_MARATHON_USER", "alice").env("ZDD_MARATHON_PASSWORD", "hunter2");
    Zdd::finish(command.spawn().unwrap()).exits(0);
    let mut command = zdd.command(&["status"]);
    command.env("ZDD_MARATHON_USER", "alice");
    Zdd::finish(command.spawn().unwrap()).exits(3).says("hint: set both, or neither");
}

#[test]
fn watching_shows_what_changes_and_nothing_twice() {
    let (fake, zdd) = stuck();
    let child = zdd.spawn(&["status", "/shop", "--watch", "-o", "json"]);
    fake.wait("three looks", |world| {
        world.requests.iter().filter(|it| it.ends_with("/v2/queue")).count() == 3
    });
    fake.world().knobs.stuck_after = None;
    fake.wait("the end", |world| world.deployments.is_empty());
    let looks = fake.world().requests.len();
    fake.wait("another look", |world| world.requests.len() > looks + 3);
    interrupt(&child);
    let told = Zdd::finish(child).exits(0);
    let lines: Vec<serde_json::Value> =
        told.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["settled"], false, "{told:#?}");
    assert_eq!(lines.last().unwrap()["settled"], true, "{told:#?}");
    assert!(lines.len() < 5, "{told:#?}");
}
