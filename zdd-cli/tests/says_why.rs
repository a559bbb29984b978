//! Causes at the edges, where processes talk to each other: the first thing that is said is the right one,
//! and the next command stands below it.
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod fake;
mod run;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::thread;

use fake::{Fake, Fault, Knobs, Of, Trouble, of_a_group};
use run::{Told, Zdd};
use serde_json::{Value, json};

fn stage(knobs: Knobs) -> (Fake, Zdd) {
    let fake = Fake::start(knobs);
    let zdd = Zdd::new(&fake);
    zdd.file("shop.json", &of_a_group());
    let mut running = of_a_group();
    running["id"] = "/shop-blue".into();
    running["labels"]["HAPROXY_DEPLOYMENT_COLOUR"] = "blue".into();
    let mut world = fake.world();
    world.apps.clear();
    world.add(running);
    drop(world);
    (fake, zdd)
}

/// A HAProxy that answers each command with what `answer` says, until the test ends.
fn haproxy(path: &Path, answer: fn(&str) -> &'static str) {
    let listener = UnixListener::bind(path).unwrap();
    thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let mut command = vec![0; 8192];
            let n = connection.read(&mut command).unwrap_or(0);
            let command = String::from_utf8_lossy(&command[..n]).into_owned();
            // Whoever has gone wants no answer.
            let _ = connection.write_all(answer(command.trim_end()).as_bytes());
        }
    });
}

const INFO: &str = "Name: HAProxy\nVersion: 2.6.12\nPid: 1\nUptime_sec: 5\n\n";

#[track_caller]
fn first(told: &Told, code: i32, says: &str, next: &str) {
    assert_eq!(told.code, Some(code), "{told:#?}");
    let text = told.err.split_whitespace().collect::<Vec<_>>().join(" ");
    let (before, error) = text.split_once("error: ").unwrap_or_else(|| panic!("{told:#?}"));
    let (error, hint) = error.split_once("hint: ").unwrap_or_else(|| panic!("{told:#?}"));
    assert!(error.contains(says), "{told:#?}");
    assert!(!next.is_empty() && hint.contains(next), "{next:?} {told:#?}");
    // One, and not that of another cause beside it.
    assert!(!hint.contains("hint: "), "{told:#?}");
    assert!(!before.contains("hint: "), "something else was said first: {told:#?}");
}

#[test]
fn no_haproxy_is_where_it_is_said_to_be() {
    let (fake, zdd) = stage(Knobs::default());
    for verb in [&["deploy", "shop.json"][..], &["canary", "start", "shop.json", "--weight", "50"]]
    {
        let told = zdd.run(&[verb, &["--haproxy", "./nowhere.sock"]].concat());
        first(&told, 5, "nowhere.sock", "start HAProxy");
    }
    assert!(fake.world().changes().is_empty());
}

#[test]
fn what_listens_there_is_no_haproxy() {
    let (fake, zdd) = stage(Knobs::default());
    haproxy(&zdd.folder.path().join("odd.sock"), |_| "HTTP/1.1 400 Bad request\r\n\r\n");
    let told = zdd.run(&["deploy", "shop.json", "--haproxy", "./odd.sock"]);
    first(&told, 5, "odd.sock", "`stats socket`");
    assert!(fake.world().changes().is_empty());
}

#[test]
fn a_backend_that_heeds_no_weights() {
    let (fake, zdd) = stage(Knobs::default());
    haproxy(&zdd.folder.path().join("a.sock"), |command| match command {
        "show info" => INFO,
        "help" => "  show info : x\n  set server : y\n\n",
        it if it.starts_with("show info;show stat") => {
            "Name: HAProxy\nVersion: 2.6.12\nPid: 1\nUptime_sec: 5\n\n\
             # pxname,svname,status,scur,uweight,type,algo,\n\
             shop_10080,BACKEND,UP,0,1,1,leastconn,\n\n"
        }
        _ => "\n",
    });
    let start = ["canary", "start", "shop.json", "--weight", "50", "--haproxy", "./a.sock"];
    first(&zdd.run(&start), 5, "`leastconn`", "HAPROXY_0_BALANCE");
    assert!(fake.world().changes().is_empty());
}

#[test]
fn a_marathon_lb_that_lets_nothing_be_set() {
    let (fake, zdd) = stage(Knobs::default());
    // It is the address that says it; nobody has to answer there.
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", nobody.local_addr().unwrap());
    drop(nobody);
    let told = zdd.run(&["canary", "start", "shop.json", "--weight", "50", "-l", &url]);
    first(&told, 5, "nothing can be set there", "--haproxy SOCKET");
    assert!(fake.world().changes().is_empty());
}

#[test]
fn a_marathon_that_is_not_there_or_wants_a_password() {
    let (fake, zdd) = stage(Knobs { password: Some("Basic eDp5"), ..Knobs::default() });
    let told = zdd.run(&["deploy", "shop.json", "--haproxy", "./a.sock"]);
    first(&told, 6, "(401)", "set ZDD_MARATHON_USER and ZDD_MARATHON_PASSWORD");
    drop(fake);
    let (fake, zdd) = stage(Knobs {
        trouble: Some(Trouble::always(Fault::NoLeader, Of::All)),
        ..Knobs::default()
    });
    let args = ["deploy", "shop.json", "--haproxy", "./a.sock", "--retry-for", "300ms"];
    first(&zdd.run(&args), 6, "Could not determine the current leader", "try again in a moment");
    assert!(fake.world().changes().is_empty());
}

/// A rollout on its way, of which the new app fails, and a record of it with this holder.
fn on_its_way(fake: &Fake, holder: Option<&Value>) {
    let record = json!({
        "schema": 1, "group": "shop", "backend": "shop_10080", "phase": "promote",
        "old": "/shop-blue", "new": "/shop-green", "before": 2, "canary": 1, "full": 2, "floor": 2,
        "traffic": "by-instances", "hold": "by-instances", "growth": "by-half",
        "since": "2026-01-02T03:04:05.678Z",
    });
    let mut labels = json!({"ZDD_ROLLOUT": record.to_string()});
    if let Some(holder) = holder {
        labels["ZDD_HOLDER"] = holder.to_string().into();
    }
    let mut green = of_a_group();
    green["id"] = "/shop-green".into();
    green["lastTaskFailure"] = json!({
        "appId": "/shop-green", "host": "a", "message": "Command exited with status 1",
        "state": "TASK_FAILED", "taskId": "shop-green.1", "timestamp": "2026-01-02T03:04:05.678Z",
        "version": "2026-01-02T03:04:05.678Z",
    });
    let mut world = fake.world();
    world.add(green);
    world.add(json!({
        "id": "/zdd-rollouts/shop/g1", "cmd": "exit 1", "instances": 0, "labels": labels,
    }));
}

/// What it said, as it was before it was broken into lines.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_app_of_a_rollout_says_what_its_instances_wait_for() {
    let (fake, zdd) = stage(Knobs::default());
    on_its_way(&fake, None);
    let rollout = "shop behind shop_10080: on its way to the new version";
    let failure = "shop-green.1 TASK_FAILED: Command exited";
    let app = zdd.run(&["status", "/shop-green"]).exits(0).says(rollout).says(failure);
    assert!(app.out.contains("/shop-green: 2 instances of version "), "{app:#?}");
    assert!(!app.out.contains("hint: "), "{app:#?}");
    let json: Value =
        serde_json::from_str(&zdd.run(&["status", "/shop-green", "-o", "json"]).exits(0).out)
            .unwrap();
    assert_eq!((&json["group"], &json["app"]["app"]), (&json!("shop"), &json!("/shop-green")));
    let group = zdd.run(&["status", "shop"]).exits(0).says(rollout);
    assert!(!group.out.contains(failure), "{group:#?}");
}

#[test]
fn how_to_go_on_with_a_rollout_is_what_can_be_done() {
    let (fake, zdd) = stage(Knobs::default());
    on_its_way(&fake, None);
    let told = zdd.run(&["status", "shop"]).exits(0).says("nobody carries it out just now");
    let text = plain(&told.out);
    assert!(text.contains("`zdd resume shop` goes on with it, `zdd abort shop` takes it back"));
    let holder = json!({"who": "ann@build-7, process 1", "since": "2026-01-02T03:04:05.678Z"});
    on_its_way(&fake, Some(&holder));
    let told = zdd.run(&["status", "shop"]).exits(0).says("held by ann@build-7, process 1");
    let text = plain(&told.out);
    assert!(
        text.contains(
            "it is held; if that process is dead, `zdd resume shop --take-over` goes on with it, \
             `zdd abort shop --take-over` takes it back"
        ),
        "{told:#?}"
    );
    assert!(!text.contains("`zdd resume shop`"), "{told:#?}");
}

#[test]
fn a_deployment_group_is_found_without_a_rollout() {
    let (_fake, zdd) = stage(Knobs::default());
    zdd.run(&["status", "shop"]).exits(0).says("/shop-blue: 2 instances of version ");
    let told = zdd.run(&["status", "shops"]).exits(6);
    assert!(plain(&told.err).contains("nor a deployment group of this name"), "{told:#?}");
}
