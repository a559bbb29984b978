//! The admin socket of a real HAProxy, and of things that are none.
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod support;

use std::num::NonZeroU16;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use support::{Haproxy, LONG, free_port};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::task::JoinHandle;
use zdd_haproxy::socket::{
    Address, Checks, Command, DynamicServer, Glance, Name, Patience, Refusal, SetState, Socket,
    SocketError,
};
use zdd_haproxy::stats::{Limits, Reader, RowKind};

const APP: &str = "\
backend app
  balance roundrobin
  server s1 127.0.0.1:1 weight 10
  server s2 127.0.0.1:2 weight 200 disabled
backend fixed
  balance static-rr
  server s1 127.0.0.1:1
";

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn socket(path: &Path) -> Socket {
    // Other tests and builds run beside this one.
    let patience = Patience { connect: LONG, answer: LONG };
    Socket::new(Address::Unix(path.to_owned())).with_patience(patience)
}

/// A socket that is given up soon: for those that never answer.
fn impatient(path: &Path) -> Socket {
    let short = Duration::from_millis(200);
    socket(path).with_patience(Patience { connect: short, answer: short })
}

#[tokio::test]
async fn what_is_set_is_seen() {
    let haproxy = Haproxy::start(APP);
    let socket = socket(&haproxy.socket());
    let (app, s1, s2) = (name("app"), name("s1"), name("s2"));

    let info = socket.info().await.unwrap();
    assert_eq!(info.worker.pid.to_string(), haproxy.pid());
    assert!(!info.is_stopping);

    socket.set_weight(&app, &s1, 0).await.unwrap();
    socket.set_weight(&app, &s2, 256).await.unwrap();
    socket.set_state(&app, &s1, SetState::Drain).await.unwrap();
    let port = NonZeroU16::new(31_000).unwrap();
    socket.set_addr(&app, &s2, "::1".parse().unwrap(), port).await.unwrap();
    socket.set_addr(&app, &s2, "::1".parse().unwrap(), port).await.unwrap();
    assert_eq!(haproxy.ask("get weight app/s1").trim(), "0 (initial 10)");
    assert_eq!(haproxy.ask("get weight app/s2").trim(), "256 (initial 200)");

    let glance = socket.glance().await.unwrap();
    assert_eq!(glance.info.worker.pid, info.worker.pid);
    let servers = glance.servers.unwrap();
    let found = |server: &str| {
        servers.iter().find(|it| it.be_name == "app" && it.srv_name == server).unwrap()
    };
    let (state1, state2) = (found("s1"), found("s2"));
    assert_eq!((state1.srv_uweight, state1.srv_iweight), (0, 10));
    assert!(state1.srv_admin_state.is_drain() && !state1.srv_admin_state.is_maint());
    assert!(!state2.srv_admin_state.is_drain() && state2.srv_admin_state.is_maint());
    assert_eq!((&*state2.srv_addr, state2.srv_port), ("::1", Some(31_000)));

    let mut rows = Reader::new(&glance.stat, Limits::default()).unwrap();
    let mut weights = Vec::new();
    while let Some(row) = rows.next_row().unwrap() {
        if row.kind == RowKind::Server && row.pxname == "app" {
            weights.push(row.uweight);
        }
    }
    assert_eq!(weights, [Some(0), Some(256)]);

    // It began disabled, which stays in its bits; it serves all the same.
    socket.set_state(&app, &s2, SetState::Ready).await.unwrap();
    let servers = socket.glance().await.unwrap().servers.unwrap();
    let state = servers.iter().find(|it| it.srv_name == "s2").unwrap().srv_admin_state;
    assert_eq!(state.bits(), 4);
    assert!(!state.is_maint() && !state.is_drain());
}

#[tokio::test]
async fn each_refusal_has_its_type() {
    let haproxy = Haproxy::start(APP);
    let socket = socket(&haproxy.socket());
    let (app, s1, nope, fixed) = (name("app"), name("s1"), name("nope"), name("fixed"));

    let refusal = |result: Result<(), SocketError>| match result.unwrap_err() {
        SocketError::Refused { refusal, words, .. } => {
            assert!(!words.is_empty() && !words.contains('\n'));
            refusal
        }
        other => panic!("{other}"),
    };
    let set = socket.set_weight(&nope, &s1, 1).await;
    assert!(matches!(refusal(set), Refusal::NoSuchBackend | Refusal::NoSuchServer));
    assert_eq!(refusal(socket.set_weight(&app, &nope, 1).await), Refusal::NoSuchServer);
    assert_eq!(refusal(socket.set_weight(&app, &s1, 257).await), Refusal::Weight);
    assert_eq!(refusal(socket.set_weight(&fixed, &s1, 7).await), Refusal::StaticWeights);
    let drained = socket.set_state(&app, &nope, SetState::Drain).await;
    assert_eq!(refusal(drained), Refusal::NoSuchServer);
    assert_eq!(refusal(socket.shutdown_sessions(&app, &nope).await), Refusal::NoSuchServer);
    let checked = socket.carry_out(&[Command::enable_health(&app, &s1)]).await;
    assert_eq!(refusal(checked), Refusal::NotChecked);
    assert_eq!(refusal(socket.del_server(&app, &s1).await), Refusal::NotInMaintenance);

    let error = socket.set_weight(&app, &nope, 1).await.unwrap_err();
    let path = haproxy.socket().display().to_string();
    assert_eq!(
        error.to_string(),
        format!("{path} refuses `set server app/nope weight 1`: No such server.")
    );
    assert!(error.is_certainly_undone());
}

#[tokio::test]
async fn a_socket_of_a_lower_level_says_so() {
    let global = "  stats socket @DIR@/user.sock mode 600 level user";
    let haproxy = Haproxy::start_with(global, APP);
    let socket = socket(&haproxy.path("user.sock"));
    let error = socket.set_weight(&name("app"), &name("s1"), 1).await.unwrap_err();
    assert!(matches!(error, SocketError::Level { .. }), "{error}");
    assert!(error.hint().unwrap().contains("level admin"));
    // What may be looked at is looked at.
    assert!(socket.glance().await.unwrap().servers.is_some());
    let many: Vec<_> = ["s1", "s2"]
        .map(|server| Command::set_weight(&name("app"), &name(server), 1))
        .into_iter()
        .collect();
    let error = socket.carry_out(&many).await.unwrap_err();
    assert!(matches!(error, SocketError::Level { .. }), "{error}");
    assert_eq!(haproxy.ask("get weight app/s1").trim(), "10 (initial 10)");
}

#[tokio::test]
async fn many_changes_go_together_and_the_one_that_fails_is_named() {
    let haproxy =
        Haproxy::start("backend app\n  server-template slot 1-600 127.0.0.1:1 disabled\n");
    let socket = socket(&haproxy.socket());
    let change = |i: u16| Command::set_weight(&name("app"), &name(&format!("slot{i}")), i % 256);
    let mut changes: Vec<Command> = (1..=600).map(change).collect();
    socket.carry_out(&changes).await.unwrap();
    let weights = |servers: Vec<zdd_haproxy::socket::ServerState>| -> Vec<u64> {
        servers.iter().map(|server| server.srv_uweight).collect()
    };
    let seen = weights(socket.glance().await.unwrap().servers.unwrap());
    assert_eq!(seen, (1..=600).map(|i| i % 256).collect::<Vec<u64>>());

    // One that cannot be carried out, in the middle of a line: all others are.
    changes = (1..=600)
        .map(|i| Command::set_weight(&name("app"), &name(&format!("slot{i}")), 7))
        .collect();
    changes[10] = change(9999);
    let error = socket.carry_out(&changes).await.unwrap_err();
    assert!(error.to_string().contains("app/slot9999"), "{error}");
    let mut expected = vec![7; 600];
    expected[10] = 11;
    assert_eq!(weights(socket.glance().await.unwrap().servers.unwrap()), expected);
}

#[tokio::test]
async fn servers_are_made_and_removed() {
    let haproxy = Haproxy::start(APP);
    let socket = socket(&haproxy.socket());
    let (app, d1) = (name("app"), name("dyn1"));
    assert!(socket.abilities().await.unwrap().dynamic_servers);
    let made = DynamicServer {
        addr: "127.0.0.1".parse().unwrap(),
        port: NonZeroU16::new(free_port()).unwrap(),
        weight: 10,
        checks: Some(Checks { inter: Duration::from_millis(50), rise: 2, fall: 2 }),
    };
    socket.add_server(&app, &d1, &made).await.unwrap();
    let error = socket.add_server(&app, &d1, &made).await.unwrap_err();
    assert!(matches!(error, SocketError::Refused { refusal: Refusal::Exists, .. }), "{error}");
    // Nobody listens there: that it goes down shows that it is checked.
    socket.set_state(&app, &d1, SetState::Drain).await.unwrap();
    support::await_that("its check fails", || {
        haproxy.ask("show stat").lines().any(|line| {
            line.starts_with("app,dyn1,") && line.contains(",DOWN,") && line.contains("L4CON")
        })
    });
    let error = socket.del_server(&app, &d1).await.unwrap_err();
    let not_yet = Refusal::NotInMaintenance;
    assert!(matches!(&error, SocketError::Refused { refusal, .. } if *refusal == not_yet));
    socket.set_state(&app, &d1, SetState::Maint).await.unwrap();
    socket.del_server(&app, &d1).await.unwrap();
    assert!(!haproxy.ask("show stat").contains("dyn1"));
}

#[tokio::test]
async fn sessions_are_seen_and_cut() {
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (port, at) = (free_port(), server.local_addr().unwrap().port());
    let haproxy = Haproxy::start(&format!(
        "listen app\n  mode tcp\n  bind 127.0.0.1:{port}\n  server s1 127.0.0.1:{at}\n  \
         server s2 127.0.0.1:{at} weight 0\n"
    ));
    let socket = socket(&haproxy.socket());
    let (app, s1, s2) = (name("app"), name("s1"), name("s2"));
    let mut client = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let (_held, _) = server.accept().await.unwrap();
    let sessions = socket.sessions_of(&app, &s1).await.unwrap();
    assert_eq!(sessions.len(), 1);
    assert_eq!((&*sessions[0].fe, &*sessions[0].srv), ("app", "s1"));
    assert_eq!(socket.sessions_of(&app, &s2).await.unwrap(), []);

    socket.shutdown_sessions(&app, &s1).await.unwrap();
    assert_eq!(client.read(&mut [0; 8]).await.unwrap_or(0), 0);
    assert_eq!(socket.sessions_of(&app, &s1).await.unwrap(), []);
}

#[tokio::test]
async fn tcp_is_as_good_as_unix() {
    let port = free_port();
    let global = format!("  stats socket ipv4@127.0.0.1:{port} level admin");
    let haproxy = Haproxy::start_with(&global, APP);
    let socket = Socket::new(format!("127.0.0.1:{port}").parse().unwrap())
        .with_patience(Patience { connect: LONG, answer: LONG });
    socket.set_weight(&name("app"), &name("s1"), 33).await.unwrap();
    assert_eq!(haproxy.ask("get weight app/s1").trim(), "33 (initial 10)");
    assert_eq!(socket.glance().await.unwrap().servers.unwrap().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_calls_than_connections_all_succeed() {
    // HAProxy takes ten at a time.
    let haproxy = Haproxy::start(APP);
    let socket = Arc::new(socket(&haproxy.socket()));
    let calls: Vec<_> = (0..100_u16)
        .map(|i| {
            let socket = Arc::clone(&socket);
            tokio::spawn(async move { socket.set_weight(&name("app"), &name("s1"), i).await })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_socket_whose_connections_are_all_taken_is_given_up_in_time() {
    let haproxy = Haproxy::start_with("  stats maxconn 2", APP);
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut connection = UnixStream::connect(haproxy.socket()).await.unwrap();
        connection.write_all(b"prompt\n").await.unwrap();
        // Once it answers, it is one of those that are served.
        connection.read_u8().await.unwrap();
        held.push(connection);
    }
    let socket = impatient(&haproxy.socket());
    let error = socket.info().await.unwrap_err();
    assert!(matches!(&error, SocketError::Silent { .. }), "{error}");
    assert!(error.hint().unwrap().contains("maxconn"));
    drop(held);
    let patient = self::socket(&haproxy.socket());
    patient.info().await.unwrap();
}

#[tokio::test]
async fn a_socket_that_is_gone_is_named() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("s");
    let error = socket(&path).info().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("no HAProxy at {}: there is no such socket", path.display())
    );
    // The file is there, and nobody behind it.
    drop(UnixListener::bind(&path).unwrap());
    let error = impatient(&path).info().await.unwrap_err();
    assert!(error.to_string().ends_with("connection refused"), "{error}");
    assert!(error.is_certainly_undone() && error.hint().is_some());
}

#[tokio::test]
async fn a_socket_that_comes_back_in_time_is_waited_for() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("s");
    drop(UnixListener::bind(&path).unwrap());
    let socket = socket(&path);
    let asked = tokio::spawn(async move { socket.info().await });
    tokio::time::sleep(Duration::from_millis(30)).await;
    // As HAProxy does it: a new socket takes the place of the old one.
    let new = dir.path().join("s.tmp");
    let listener = UnixListener::bind(&new).unwrap();
    std::fs::rename(&new, &path).unwrap();
    let fake = answering(listener, b"Name: HAProxy\nPid: 1\nUptime_sec: 0\n\n".to_vec());
    assert_eq!(asked.await.unwrap().unwrap().worker.pid, 1);
    fake.abort();
}

/// Answers every command with the same, and closes.
fn answering(listener: UnixListener, answer: Vec<u8>) -> JoinHandle<()> {
    tokio::spawn(async move {
        loop {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut command = vec![0; 65_536];
            let _ = connection.read(&mut command).await;
            let _ = connection.write_all(&answer).await;
        }
    })
}

/// What `info`, `glance` and `set_weight` fail with at a socket that always answers `answer`.
async fn asked_of(answer: &[u8]) -> [SocketError; 3] {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("s");
    let fake = answering(UnixListener::bind(&path).unwrap(), answer.to_vec());
    let socket = socket(&path);
    let errors = [
        socket.info().await.unwrap_err(),
        socket.glance().await.unwrap_err(),
        socket.set_weight(&name("app"), &name("s1"), 1).await.unwrap_err(),
    ];
    fake.abort();
    errors
}

#[tokio::test]
async fn nothing_garbage_and_halves_are_told_apart() {
    let nothing = asked_of(b"").await;
    assert!(nothing.iter().all(|it| matches!(it, SocketError::NoAnswer { .. })), "{nothing:?}");

    let [info, glance, set] = asked_of(b"HTTP/1.0 400 Bad request\r\n\r\n<html>\n\n").await;
    assert!(matches!(info, SocketError::NotHaproxy { .. }), "{info}");
    assert!(matches!(glance, SocketError::NotHaproxy { .. }), "{glance}");
    assert!(matches!(set, SocketError::Refused { refusal: Refusal::Other, .. }), "{set}");

    let [info, glance, _] = asked_of(b"Name: HAProxy\nVersion: 2.6.12\nPid: 1\n").await;
    assert!(matches!(info, SocketError::Cut { .. }), "{info}");
    assert!(matches!(glance, SocketError::Cut { .. }), "{glance}");

    let bytes: Vec<u8> = (0..=255).cycle().take(5000).chain(*b"\n\n").collect();
    let [info, glance, set] = asked_of(&bytes).await;
    assert!(matches!(info, SocketError::NotHaproxy { .. }), "{info}");
    assert!(matches!(glance, SocketError::NotHaproxy { .. }), "{glance}");
    assert!(!set.to_string().chars().any(char::is_control), "{set:?}");
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_without_end() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("s");
    let listener = UnixListener::bind(&path).unwrap();
    let fake = tokio::spawn(async move {
        loop {
            let (mut connection, _) = listener.accept().await.unwrap();
            while connection.write_all(&[b'x'; 8192]).await.is_ok() {}
        }
    });
    let error = socket(&path).set_weight(&name("app"), &name("s1"), 1).await.unwrap_err();
    assert!(matches!(error, SocketError::TooLarge { limit: 262_144, .. }), "{error}");
    fake.abort();
}

#[tokio::test]
async fn a_socket_that_hangs_holds_nobody_for_long() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("s");
    // It accepts (the system does) and never says a word; later it says a bit and then nothing.
    let listener = UnixListener::bind(&path).unwrap();
    let socket = Arc::new(impatient(&path));
    let calls: Vec<_> = (0..8)
        .map(|_| {
            let socket = Arc::clone(&socket);
            tokio::spawn(async move { socket.info().await.unwrap_err() })
        })
        .collect();
    for call in calls {
        let error = tokio::time::timeout(LONG, call).await.unwrap().unwrap();
        assert!(matches!(error, SocketError::Silent { .. }), "{error}");
        assert!(!error.is_certainly_undone());
    }
    let fake = tokio::spawn(async move {
        let mut held = Vec::new();
        loop {
            let (mut connection, _) = listener.accept().await.unwrap();
            let _ = connection.write_all(b"Name: HAProxy\n").await;
            held.push(connection);
        }
    });
    let error = socket.info().await.unwrap_err();
    assert!(matches!(error, SocketError::Silent { .. }), "{error}");
    fake.abort();
}

/// What 2.6 answers to `show info;show stat;show servers state`.
const GLANCE: &str = "\
Name: HAProxy\nVersion: 2.6.12\nPid: 8747\nUptime_sec: 1\nStart_time_sec: 1795235191\nStopping: 0\n
# pxname,svname,qcur,scur,status,type,uweight,\napp,s1,0,0,UP,2,10,\napp,s2,0,0,MAINT,2,10,\n
1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_port\n\
3 app 1 s1 127.0.0.1 2 0 10 10 80\n3 app 2 s2 127.0.0.1 0 5 10 10 81\n\n";

const HELP: &str = "  show info : x\n  show servers state [<backend>] : x\n\n";

/// Looks at a socket that answers `answer` to everything but `help`.
fn look_at(answer: Vec<u8>) -> Result<Glance, SocketError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("s");
        let listener = UnixListener::bind(&path).unwrap();
        let fake = tokio::spawn(async move {
            loop {
                let (mut connection, _) = listener.accept().await.unwrap();
                let mut command = vec![0; 4096];
                let n = connection.read(&mut command).await.unwrap();
                let answer = if command[..n] == *b"help\n" { HELP.as_bytes() } else { &answer };
                let _ = connection.write_all(answer).await;
            }
        });
        let seen = socket(&path).glance().await;
        fake.abort();
        seen
    })
}

#[test]
fn a_glance_is_divided_where_its_parts_end() {
    let glance = look_at(GLANCE.into()).unwrap();
    assert_eq!(glance.info.worker.pid, 8747);
    assert_eq!(glance.servers.unwrap().len(), 2);
    let mut rows = Reader::new(&glance.stat, Limits::default()).unwrap();
    let mut n = 0;
    while rows.next_row().unwrap().is_some() {
        n += 1;
    }
    assert_eq!(n, 2);
    // A part that is missing.
    let without_state = &GLANCE[..GLANCE.find("1\n# be_id").unwrap()];
    let error = look_at(without_state.into()).unwrap_err();
    assert!(error.to_string().ends_with("its server states are missing"), "{error}");
}

#[tokio::test]
async fn a_version_that_lacks_a_command_is_named_and_asked_once() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("s");
    let listener = UnixListener::bind(&path).unwrap();
    let asked = Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    let fake = tokio::spawn(async move {
        loop {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut command = vec![0; 4096];
            let n = connection.read(&mut command).await.unwrap();
            let command = String::from_utf8_lossy(&command[..n]).trim_end().to_owned();
            let answer = if command == "help" { HELP } else { GLANCE };
            seen.lock().unwrap().push(command);
            connection.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    let socket = socket(&path);
    for _ in 0..2 {
        let error = socket.del_server(&name("app"), &name("s1")).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("HAProxy 2.6.12 at {} has no `del server`", path.display())
        );
        assert!(error.is_certainly_undone() && error.hint().is_some());
    }
    assert_eq!(*asked.lock().unwrap(), ["show info", "help", "show info"]);
    fake.abort();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_answer_makes_it_panic(answer in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(look_at(answer).is_err());
    }

    #[test]
    fn no_changed_byte_makes_it_panic(at in 0..GLANCE.len(), byte: u8, cut: bool) {
        let mut answer = GLANCE.as_bytes().to_vec();
        answer[at] = byte;
        if cut {
            answer.truncate(at);
        }
        // Whatever is wrong, servers are never fewer without a word.
        if let Ok(glance) = look_at(answer) {
            prop_assert!(!cut);
            let n = glance.servers.unwrap().len();
            prop_assert!(n == 2 || byte == b'\n' || GLANCE.as_bytes()[at] == b'\n', "{}", n);
        }
    }
}
