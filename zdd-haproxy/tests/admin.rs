//! Several HAProxy processes seen and set, through everything that can happen to them.
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod support;

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use support::fake::answering;
use support::{Haproxy, LONG};
use tempfile::TempDir;
use tokio::net::UnixListener;
use zdd_haproxy::admin::{
    AdminError, AdminSocket, Balancer, Change, Difference, Look, Notice, Seen, Setting,
};
use zdd_haproxy::socket::{Address, Name, Patience, Refusal, SetState, Socket, SocketError};
use zdd_haproxy::stats::Word;

const APP: &str = "\
backend app
  balance roundrobin
  server s1 127.0.0.1:1 weight 10
  server s2 127.0.0.1:2 weight 10
  server s3 127.0.0.1:3 weight 10 disabled
";

fn balancer(path: &Path) -> Balancer {
    // Other tests and builds run beside this one.
    let patience = Patience { connect: LONG, answer: LONG };
    Balancer::new(Socket::new(Address::Unix(path.to_owned())).with_patience(patience))
}

fn change(server: &str, setting: Setting) -> Change {
    Change { backend: Name::new("app").unwrap(), server: Name::new(server).unwrap(), setting }
}

fn weight(server: &str, weight: u16) -> Change {
    change(server, Setting::Weight(weight))
}

fn state(server: &str, state: SetState) -> Change {
    change(server, Setting::State(state))
}

fn found(seen: &Seen) -> Vec<(&str, Option<u64>, Option<SetState>)> {
    seen.view.servers.iter().map(|it| (&*it.name, it.weight, it.admin)).collect()
}

/// What a look noticed, in short.
fn noticed(seen: &Seen) -> Vec<String> {
    let in_short = |notice: &Notice| match notice {
        Notice::Reloaded { from, to } => {
            assert_ne!(from, to);
            "reloaded".into()
        }
        Notice::Reasserted(difference) => format!("reasserted {difference}"),
        Notice::NotReasserted { error, .. } => format!("not reasserted: {error}"),
        Notice::ChangedByOther(difference) => format!("changed {difference}"),
        Notice::Gone { server, .. } => format!("gone {server}"),
        other => panic!("{other:?}"),
    };
    seen.notices.iter().map(in_short).collect()
}

const NOTHING: [&str; 0] = [];

#[tokio::test]
async fn what_is_set_is_read_back() {
    let haproxy = Haproxy::start(APP);
    let balancer = balancer(&haproxy.socket());
    let changes = [
        weight("s1", 80),
        weight("s2", 1),
        weight("s2", 20),
        state("s2", SetState::Drain),
        state("s3", SetState::Ready),
    ];
    let seen = balancer.set(&changes).await.unwrap();
    let expected = [
        ("s1", Some(80), Some(SetState::Ready)),
        ("s2", Some(20), Some(SetState::Drain)),
        ("s3", Some(10), Some(SetState::Ready)),
    ];
    assert_eq!(found(&seen), expected);
    let seen = balancer.look().await.unwrap();
    assert_eq!(found(&seen), expected);
    assert_eq!(noticed(&seen), NOTHING);
    let seen = balancer.set(&[state("s2", SetState::Ready), state("s1", SetState::Maint)]).await;
    assert_eq!(found(&seen.unwrap())[0].2, Some(SetState::Maint));
}

#[tokio::test]
async fn what_a_reload_forgets_is_set_again() {
    for master in [false, true] {
        let mut haproxy = if master { Haproxy::start_master(APP) } else { Haproxy::start(APP) };
        let balancer = balancer(&haproxy.socket());
        let changes =
            [weight("s1", 80), state("s2", SetState::Drain), state("s3", SetState::Ready)];
        let set = balancer.set(&changes).await.unwrap();
        haproxy.reload();
        assert_eq!(haproxy.ask("get weight app/s1").trim(), "10 (initial 10)");
        let seen = balancer.look().await.unwrap();
        assert_eq!(
            noticed(&seen),
            [
                "reloaded",
                "reasserted app/s1 weight 80 (weight 10)",
                "reasserted app/s2 drain (ready)",
                "reasserted app/s3 ready (maint)",
            ]
        );
        assert_eq!(found(&seen), found(&set));
        assert_eq!(haproxy.ask("get weight app/s1").trim(), "80 (initial 10)");
        // Said once.
        assert_eq!(noticed(&balancer.look().await.unwrap()), NOTHING);
    }
}

#[tokio::test]
async fn killed_it_is_named_and_started_again_it_is_set_again() {
    let mut haproxy = Haproxy::start(APP);
    let short = Duration::from_millis(100);
    let socket = Socket::new(Address::Unix(haproxy.socket()));
    let patience = Patience { connect: short, answer: LONG };
    let balancer = Balancer::new(socket.with_patience(patience));
    balancer.set(&[weight("s1", 7)]).await.unwrap();
    haproxy.kill();
    let error = balancer.look().await.unwrap_err();
    assert!(matches!(error, AdminError::Socket(SocketError::NotReached { .. })), "{error}");
    let error = balancer.set(&[weight("s2", 3)]).await.unwrap_err();
    assert!(matches!(error, AdminError::Socket(SocketError::NotReached { .. })), "{error}");
    haproxy.restart();
    let seen = balancer.look().await.unwrap();
    assert_eq!(noticed(&seen), ["reloaded", "reasserted app/s1 weight 7 (weight 10)"]);
    // What failed was not remembered as set.
    assert_eq!(found(&seen)[1].1, Some(10));
}

#[tokio::test]
async fn what_somebody_else_changes_is_reported_and_left() {
    let haproxy = Haproxy::start(APP);
    let balancer = balancer(&haproxy.socket());
    balancer.set(&[weight("s1", 80), state("s2", SetState::Drain)]).await.unwrap();
    haproxy.ask("set server app/s1 weight 5;set server app/s2 state ready");
    // Nothing of ours.
    haproxy.ask("set server app/s3 weight 99");
    for _ in 0..2 {
        let seen = balancer.look().await.unwrap();
        assert_eq!(
            noticed(&seen),
            ["changed app/s1 weight 80 (weight 5)", "changed app/s2 drain (ready)"]
        );
        assert_eq!(haproxy.ask("get weight app/s1").trim(), "5 (initial 10)");
    }
    // Mended by setting it again, or given up.
    balancer.set(&[weight("s1", 80)]).await.unwrap();
    balancer.forget(&Name::new("app").unwrap(), &Name::new("s2").unwrap());
    assert_eq!(noticed(&balancer.look().await.unwrap()), NOTHING);
}

#[tokio::test]
async fn a_server_that_a_reload_took_away_is_named() {
    let mut haproxy = Haproxy::start(APP);
    let balancer = balancer(&haproxy.socket());
    balancer.set(&[weight("s1", 80), weight("s2", 20)]).await.unwrap();
    haproxy.configure("", &APP.replace("  server s2 127.0.0.1:2 weight 10\n", ""));
    haproxy.reload();
    let seen = balancer.look().await.unwrap();
    assert_eq!(noticed(&seen), ["reloaded", "gone s2", "reasserted app/s1 weight 80 (weight 10)"]);
    assert_eq!(noticed(&balancer.look().await.unwrap()), NOTHING);
    // And what cannot be set any more hides nothing.
    haproxy.configure("", &APP.replace("roundrobin", "static-rr"));
    haproxy.reload();
    for _ in 0..2 {
        let seen = balancer.look().await.unwrap();
        let noticed = noticed(&seen);
        assert_eq!(noticed[0], "reloaded");
        assert!(noticed[1].starts_with("not reasserted: ") && noticed[1].contains("static"));
        assert_eq!(seen.view.servers.len(), 3);
    }
}

#[tokio::test]
async fn what_comes_back_under_the_name_of_a_server_that_was_gone_is_new() {
    let without = APP.replace("  server s2 127.0.0.1:2 weight 10\n", "");
    // Whichever call it is that does not find it any more.
    for is_seen_by_a_look in [true, false] {
        let mut haproxy = Haproxy::start(APP);
        let balancer = balancer(&haproxy.socket());
        let drained = ["s1", "s2"].map(|server| state(server, SetState::Drain));
        balancer.set(&drained).await.unwrap();
        balancer.set(&[weight("s2", 20)]).await.unwrap();
        // As long as it is there, it is the same one.
        haproxy.reload();
        let seen = balancer.look().await.unwrap();
        assert_eq!(
            noticed(&seen),
            [
                "reloaded",
                "reasserted app/s2 weight 20 (weight 10)",
                "reasserted app/s1 drain (ready)",
                "reasserted app/s2 drain (ready)",
            ]
        );

        haproxy.configure("", &without);
        haproxy.reload();
        if is_seen_by_a_look {
            let seen = balancer.look().await.unwrap();
            let expected = ["reloaded", "gone s2", "reasserted app/s1 drain (ready)"];
            assert_eq!(noticed(&seen), expected);
        } else {
            let seen = balancer.set(&[weight("s3", 5)]).await.unwrap();
            assert_eq!(noticed(&seen), ["gone s2"]);
        }

        haproxy.configure("", APP);
        haproxy.reload();
        let seen = balancer.look().await.unwrap();
        let noticed = noticed(&seen);
        assert!(noticed.contains(&"reasserted app/s1 drain (ready)".into()), "{noticed:?}");
        assert!(!noticed.iter().any(|it| it.contains("s2")), "{noticed:?}");
        assert_eq!(found(&seen)[1], ("s2", Some(10), Some(SetState::Ready)));
    }
}

#[tokio::test]
async fn a_server_that_is_missing_in_a_cut_answer_is_not_gone() {
    const WHOLE: &str = "# pxname,svname,status,scur,uweight,type,\napp,s1,UP,0,10,2,\n\n";
    const HEADINGS: &str = "# pxname,svname,status,scur,uweight,type,\n";
    const SET: &str = "set server app/s1 weight 80";
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("s");
    let world = Arc::new(Mutex::new((1, WHOLE.to_owned())));
    let its = Arc::clone(&world);
    let fake = answering(UnixListener::bind(&path).unwrap(), move |command| {
        let (pid, stat) = &mut *its.lock().unwrap();
        if command == SET {
            *stat = stat.replace(",10,", ",80,");
        }
        told(command, *pid, stat)
    });
    let balancer = balancer(&path);
    balancer.set(&[weight("s1", 80)]).await.unwrap();
    // The answers of another process, which end too early.
    for cut in ["", HEADINGS, "# pxname,svname,status,scur,uweight,type,\napp,s"] {
        *world.lock().unwrap() = (2, cut.to_owned());
        let error = balancer.look().await.unwrap_err();
        assert!(matches!(error, AdminError::Socket(_)), "{error}");
    }
    *world.lock().unwrap() = (2, WHOLE.to_owned());
    let seen = balancer.look().await.unwrap();
    assert_eq!(noticed(&seen), ["reloaded", "reasserted app/s1 weight 80 (weight 10)"]);
    fake.abort();
}

#[tokio::test]
async fn a_refusal_and_a_server_that_is_not_there_are_errors() {
    let haproxy = Haproxy::start(APP);
    let balancer = balancer(&haproxy.socket());
    let error = balancer.set(&[weight("s1", 3), weight("s9", 1)]).await.unwrap_err();
    let AdminError::Socket(SocketError::Refused { refusal, command, .. }) = error else {
        panic!("{error}");
    };
    assert_eq!((refusal, &*command), (Refusal::NoSuchServer, "set server app/s9 weight 1"));
    let error = balancer.set(&[weight("s1", 257)]).await.unwrap_err();
    let is_weight = |error: &AdminError| {
        matches!(error, AdminError::Socket(SocketError::Refused { refusal: Refusal::Weight, .. }))
    };
    assert!(is_weight(&error), "{error}");
    assert_eq!(noticed(&balancer.look().await.unwrap()), NOTHING);
}

#[tokio::test]
async fn several_are_set_alike_and_the_one_that_lags_is_named() {
    let first = Haproxy::start(APP);
    let mut second = Haproxy::start(APP);
    let addresses = [&first, &second].map(|it| Address::Unix(it.socket()));
    let both = AdminSocket::new(addresses)
        .with_patience(Patience { connect: Duration::from_millis(500), answer: LONG });
    let looks = both.set(&[weight("s1", 80), state("s2", SetState::Drain)]).await;
    assert_eq!(looks.len(), 2);
    for look in &looks {
        assert_eq!(found(look.seen.as_ref().unwrap())[0].1, Some(80));
    }
    assert_eq!(Look::disagreements(&looks), []);

    second.ask("set server app/s1 weight 20");
    let looks = both.look().await;
    let said: Vec<_> = Look::disagreements(&looks).iter().map(ToString::to_string).collect();
    let [a, b] = [&looks[0].balancer, &looks[1].balancer];
    assert_eq!(said, [format!("app/s1: weight 80 at {a}, 20 at {b}")]);
    assert_eq!(*b, second.socket().display().to_string());

    second.kill();
    let looks = both.look().await;
    assert!(looks[0].seen.is_ok());
    let error = looks[1].seen.as_ref().unwrap_err();
    assert!(error.to_string().contains(&second.socket().display().to_string()), "{error}");
}

#[tokio::test]
async fn one_that_is_new_behind_the_name_gets_what_was_set() {
    let first = Haproxy::start(APP);
    let late = Haproxy::start_master(APP);
    let directory = TempDir::new().unwrap();
    // The second address leads nowhere at first.
    let path = directory.path().join("s");
    let addresses = [Address::Unix(first.socket()), Address::Unix(path.clone())];
    let both = AdminSocket::new(addresses)
        .with_patience(Patience { connect: Duration::from_millis(100), answer: LONG });
    let looks = both.set(&[weight("s1", 80)]).await;
    assert!(looks[0].seen.is_ok() && looks[1].seen.is_err());
    std::os::unix::fs::symlink(late.socket(), &path).unwrap();
    // It was known by then, with nothing set: that it differs is said, not mended in silence.
    let looks = both.look().await;
    assert_eq!(Look::disagreements(&looks).len(), 1);
    both.set(&[weight("s1", 80)]).await;
    assert_eq!(late.ask("get weight app/s1").trim(), "80 (initial 10)");
}

#[tokio::test]
async fn a_name_is_as_many_balancers_as_it_has_addresses() {
    let port = support::free_port();
    let global = |ip: &str| format!("  stats socket ipv4@{ip}:{port} level admin");
    let _first = Haproxy::start_with(&global("127.0.0.1"), APP);
    let admin = AdminSocket::new([format!("localhost:{port}").parse().unwrap()])
        .with_patience(Patience { connect: Duration::from_millis(100), answer: LONG });
    let looks = admin.look().await;
    let v4 = format!("127.0.0.1:{port}");
    let look = looks.iter().find(|look| look.balancer == v4).unwrap();
    assert!(look.seen.is_ok());
    let nowhere = AdminSocket::new(["no-such-name.invalid:1".parse().unwrap()]);
    let looks = nowhere.look().await;
    assert!(matches!(&looks[0].seen, Err(AdminError::NoAddress { .. })));
}

#[tokio::test]
async fn the_master_of_one_that_is_reached_by_its_name_is_found() {
    let port = support::free_port();
    let haproxy = Haproxy::start_master_with(
        &format!("  stats socket ipv4@127.0.0.1:{port} level admin"),
        APP,
    );
    let address: Address = format!("ipv4@127.0.0.1:{port}").parse().unwrap();
    let admin = AdminSocket::new([address.clone()])
        .with_master(address, Address::Unix(haproxy.path("master.sock")))
        .with_patience(Patience { connect: LONG, answer: LONG });
    let seen = admin.look().await.remove(0).seen.unwrap();
    assert_eq!(seen.old_workers, Some(Vec::new()));
}

/// What a HAProxy answers that takes every change, and never makes it.
fn deaf(command: &str) -> Vec<u8> {
    const STAT: &str = "# pxname,svname,status,scur,uweight,type,\napp,s1,UP,0,10,2,\n\n";
    told(command, 1, STAT)
}

/// The answers of process `pid`, an old version, with these statistics.
fn told(command: &str, pid: u32, stat: &str) -> Vec<u8> {
    let info = format!("Name: HAProxy\nVersion: 9.9\nPid: {pid}\nUptime_sec: 5\n\n");
    match command {
        "show info" => info.into(),
        "help" => "  show info : x\n\n".into(),
        "show info;show stat" => (info + stat).into(),
        _ => "\n".into(),
    }
}

#[tokio::test]
async fn a_change_that_is_taken_and_not_made_is_caught() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("s");
    let fake = answering(UnixListener::bind(&path).unwrap(), deaf);
    let balancer = balancer(&path);
    assert_eq!(found(&balancer.set(&[weight("s1", 10)]).await.unwrap())[0].1, Some(10));
    let error = balancer.set(&[weight("s1", 80), weight("s2", 5)]).await.unwrap_err();
    let AdminError::NotKept { differences, .. } = &error else { panic!("{error}") };
    let found: Vec<_> = differences.iter().map(|it: &Difference| it.found).collect();
    assert_eq!(found, [Some(Setting::Weight(10)), None]);
    assert!(error.to_string().ends_with("app/s1 weight 80 (weight 10), app/s2 weight 5 (unknown)"));
    assert!(error.hint().is_some());
    fake.abort();
}

#[tokio::test]
async fn one_that_hangs_does_not_hold_up_the_look_at_others_for_long() {
    let good = Haproxy::start(APP);
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("s");
    let _hung = UnixListener::bind(&path).unwrap();
    let addresses = [Address::Unix(path), Address::Unix(good.socket())];
    let short = Duration::from_secs(2);
    let both =
        AdminSocket::new(addresses).with_patience(Patience { connect: short, answer: short });
    let looks = tokio::time::timeout(LONG, both.look()).await.unwrap();
    let error = looks[0].seen.as_ref().unwrap_err();
    assert!(matches!(error, AdminError::Socket(SocketError::Silent { .. })), "{error}");
    assert!(looks[1].seen.is_ok());
}

#[tokio::test]
async fn an_old_worker_is_seen_for_as_long_as_it_has_connections() {
    let server = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (port, at) = (support::free_port(), server.local_addr().unwrap().port());
    let mut haproxy = Haproxy::start_master(&format!(
        "listen app\n  mode tcp\n  bind 127.0.0.1:{port}\n  server s1 127.0.0.1:{at}\n"
    ));
    let address = Address::Unix(haproxy.socket());
    let master = Address::Unix(haproxy.path("master.sock"));
    let admin = AdminSocket::new([address.clone()])
        .with_master(address, master)
        .with_patience(Patience { connect: LONG, answer: LONG });
    let looks = async || admin.look().await.remove(0).seen.unwrap();
    let seen = looks().await;
    assert_eq!(seen.old_workers, Some(Vec::new()));

    let client = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let (held, _) = server.accept().await.unwrap();
    let before = looks().await;
    assert_eq!(before.view.server("app", "s1").unwrap().scur, 1);
    haproxy.reload();
    let after = looks().await;
    // The new worker knows nothing of the connection; the old one lives on for it.
    assert_eq!(after.view.server("app", "s1").unwrap().scur, 0);
    assert_eq!(after.old_workers, Some(vec![before.info.worker.pid]));
    drop((client, held));
    let gone = async {
        while looks().await.old_workers != Some(Vec::new()) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(LONG, gone).await.unwrap();
}

#[tokio::test]
async fn a_haproxy_that_hangs_is_named_in_time_and_goes_on_as_before() {
    let haproxy = Haproxy::start(APP);
    let short = Duration::from_millis(300);
    let socket = Socket::new(Address::Unix(haproxy.socket()));
    let hasty = Balancer::new(socket.with_patience(Patience { connect: short, answer: short }));
    haproxy.freeze();
    let error = tokio::time::timeout(LONG, hasty.look()).await.unwrap().unwrap_err();
    assert!(matches!(error, AdminError::Socket(SocketError::Silent { .. })), "{error}");
    let changes = [weight("s1", 80)];
    let error = tokio::time::timeout(LONG, hasty.set(&changes)).await.unwrap().unwrap_err();
    assert!(matches!(error, AdminError::Socket(SocketError::Silent { .. })), "{error}");
    haproxy.thaw();
    let patient = balancer(&haproxy.socket());
    patient.set(&[weight("s1", 80)]).await.unwrap();
    assert_eq!(noticed(&patient.look().await.unwrap()), NOTHING);
}

#[tokio::test]
async fn a_drained_server_whose_check_fails_is_down_and_still_drained() {
    let haproxy = Haproxy::start(
        "backend app\n  server s1 127.0.0.1:1 check inter 20ms fall 1\n  server s2 127.0.0.1:1\n",
    );
    let balancer = balancer(&haproxy.socket());
    balancer.set(&[state("s1", SetState::Drain)]).await.unwrap();
    let down = async {
        loop {
            let seen = balancer.look().await.unwrap();
            assert_eq!(noticed(&seen), NOTHING);
            let server = seen.view.server("app", "s1").unwrap().clone();
            if server.status.word == Word::Down {
                return server;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let server = tokio::time::timeout(LONG, down).await.unwrap();
    assert_eq!(server.admin, Some(SetState::Drain));
    let check = server.check.unwrap();
    assert_eq!((&*check.code, check.is_passed), ("L4CON", false));
}
