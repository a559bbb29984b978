//! `zdd status`, `zdd abort`, and what can go wrong before anything is asked.

mod fake;
mod run;

use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

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
    let told = zdd.run(&["status", "/shop"]).exits(0).says("/shop: 4 instances of version ");
    let told = told.says("deployment deployment-5: step 1 of 1, RestartApplication");
    let told = told.says("✖ 2 of 4 instances serve, 3 of older definitions are left");
    assert_eq!(told.out.matches("  old  shop.").count(), 3, "{told:#?}");
    assert_eq!(told.out.matches("  new  shop.").count(), 2, "{told:#?}");
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
}

#[test]
fn each_wrong_address_is_one_line_with_a_way_on() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let other = Fake::start(Knobs::default());
    for (url, code, text, hint) in [
        (String::new(), 2, "no Marathon given", "give its address with -m URL or in ZDD_MARATHON"),
        ("localhost:8080".into(), 2, "is not the address of a Marathon", "an address is such as"),
        (
            format!("http://{free}"),
            6,
            "no Marathon reachable at http://127.0.0.1",
            "check the address",
        ),
        (format!("{}/elsewhere", other.url()), 6, "", "hint: "),
    ] {
        let zdd = Zdd::at(&url);
        zdd.file("shop.json", &shop("2", 4));
        let told = zdd.run(&["deploy", "shop.json"]).exits(code).says(text).says(hint);
        let errors = told.err.lines().filter(|line| line.starts_with("error:")).count();
        assert_eq!((errors, told.err.lines().count()), (1, 2), "{told:#?}");
    }
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
    let id = nix::unistd::Pid::from_raw(child.id().cast_signed());
    nix::sys::signal::kill(id, nix::sys::signal::Signal::SIGINT).unwrap();
    let told = Zdd::finish(child).exits(0);
    let lines: Vec<serde_json::Value> =
        told.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["settled"], false, "{told:#?}");
    assert_eq!(lines.last().unwrap()["settled"], true, "{told:#?}");
    assert!(lines.len() < 5, "{told:#?}");
}
