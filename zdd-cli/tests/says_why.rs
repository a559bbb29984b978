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

use fake::{Fake, Fault, Knobs, Of, Trouble};
use run::{Told, Zdd};
use serde_json::{Value, json};

/// A new version of the app that runs.
fn definition() -> Value {
    json!({
        "id": "/shop", "cmd": "./shop", "instances": 2, "ports": [10_080],
        "healthChecks": [{"protocol": "HTTP", "path": "/"}],
        "labels": {
            "HAPROXY_DEPLOYMENT_GROUP": "shop", "HAPROXY_DEPLOYMENT_ALT_PORT": "10081",
        },
    })
}

fn stage(knobs: Knobs) -> (Fake, Zdd) {
    let fake = Fake::start(knobs);
    let zdd = Zdd::new(&fake);
    zdd.file("shop.json", &definition());
    let mut running = definition();
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
