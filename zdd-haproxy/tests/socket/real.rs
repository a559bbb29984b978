//! A real HAProxy.

use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use zdd_haproxy::socket::{
    Checks, Command, DynamicServer, Patience, Refusal, SetState, Socket, SocketError,
};
use zdd_haproxy::stats::{Limits, Reader, RowKind};

use super::support::{self, Haproxy, LONG, free_port};
use super::{impatient, name, socket};

const APP: &str = "\
backend app
  balance roundrobin
  server s1 127.0.0.1:1 weight 10
  server s2 127.0.0.1:2 weight 200 disabled
backend fixed
  balance static-rr
  server s1 127.0.0.1:1
";

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
    let patient = super::socket(&haproxy.socket());
    patient.info().await.unwrap();
}
