//! The bridge between a Marathon of the test and a real HAProxy.
#![cfg(feature = "local")]
#![allow(clippy::unwrap_used, reason = "a panic here is the report of a test")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;
use zdd_haproxy::bridge::{Bridge, Status};
use zdd_haproxy::socket::{Address, Name, Socket};

#[path = "support/marathon.rs"]
mod marathon;

use marathon::Fake;

/// How long anything may take before a test gives up. Nothing depends on it being short.
const LONG: Duration = Duration::from_secs(60);

/// A server that answers every request with its port, until the test ends.
async fn server() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut request = [0; 4096];
                while let Ok(1..) = stream.read(&mut request).await {
                    let body = port.to_string();
                    let answer =
                        format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
                    if stream.write_all(answer.as_bytes()).await.is_err() {
                        break;
                    }
                }
            });
        }
    });
    port
}

/// The body of an answer with status 200; an error is what came instead.
async fn ask(port: u16, path: &str) -> Result<String, String> {
    let asked = async {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok::<_, std::io::Error>(answer)
    };
    let answer = timeout(LONG, asked).await.unwrap().map_err(|error| error.to_string())?;
    match answer.split_once("\r\n\r\n") {
        Some((head, body)) if head.starts_with("HTTP/1.1 200") => Ok(body.into()),
        _ => Err(answer),
    }
}

/// Waits until a request is answered by each of these and by no other.
async fn await_answers(port: u16, wanted: &[u16]) {
    let wanted: BTreeSet<String> = wanted.iter().map(u16::to_string).collect();
    let answered = async {
        loop {
            let mut seen = BTreeSet::new();
            for _ in 0..wanted.len() * 3 {
                seen.insert(ask(port, "/").await.unwrap_or_default());
            }
            if seen == wanted {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    assert!(timeout(LONG, answered).await.is_ok(), "{wanted:?} never answer alone");
}

async fn await_status(
    status: &mut watch::Receiver<Status>,
    holds: impl Fn(&Status) -> bool,
) -> Status {
    if let Ok(found) = timeout(LONG, status.wait_for(|status| holds(status))).await {
        return found.unwrap().clone();
    }
    panic!("it never comes to that: {:?}", *status.borrow())
}

/// Waits until HAProxy has ended with the bridge. What is killed is gone a moment later.
async fn await_end(port: u16) {
    let gone = async {
        while ask(port, "/").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(LONG, gone).await.expect("HAProxy ends with the bridge");
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

async fn start(fake: &Arc<Fake>) -> (TempDir, Bridge) {
    let folder = tempfile::Builder::new().prefix("bridge").tempdir().unwrap();
    let bridge = Bridge::builder(fake.clone(), folder.path().join("b")).start().await.unwrap();
    (folder, bridge)
}

/// The rows of servers in the statistics: name and status.
async fn rows(bridge: &Bridge) -> Vec<(String, String)> {
    let csv = ask(bridge.address().port(), "/haproxy?stats;csv").await.unwrap();
    let mut lines = csv.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let headings = lines.next().unwrap();
    assert!(
        headings.iter().all(|it| it.is_empty()
            || it.trim_start_matches("# ").chars().all(|c| c.is_ascii_alphanumeric() || c == '_')),
        "{headings:?}"
    );
    let status = headings.iter().position(|it| *it == "status").unwrap();
    let is_server = |cells: &Vec<&str>| !matches!(cells[1], "FRONTEND" | "BACKEND");
    let row = |cells: Vec<&str>| (format!("{}/{}", cells[0], cells[1]), cells[status].to_owned());
    lines.filter(is_server).map(row).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn apps_appear_scale_and_move_without_a_lost_request() {
    let (one, two, three) = (server().await, server().await, server().await);
    let fake = Fake::new();
    let port = free_port();
    fake.set("/shop", port, &[one]);
    let (_folder, bridge) = start(&fake).await;
    let mut status = bridge.status();
    await_answers(port, &[one]).await;

    let load = tokio::spawn(async move {
        let mut n = 0;
        loop {
            if let Err(said) = ask(port, "/").await {
                return (n, said);
            }
            n += 1;
            if n >= 100_000 {
                return (n, String::new());
            }
        }
    });
    let before = await_status(&mut status, |it| it.n_reloads == 1).await.n_reloads;
    fake.set("/shop", port, &[one, two]);
    await_answers(port, &[one, two]).await;
    fake.set("/shop", port, &[three]);
    await_answers(port, &[three]).await;
    assert_eq!(status.borrow().n_reloads, before, "servers take no reload");

    // A weight that somebody else sets stays over a reload, as do servers made at run time.
    fake.set("/shop", port, &[three, one]);
    await_answers(port, &[three, one]).await;
    let socket = Socket::new(Address::Unix(bridge.listeners().admin_socket()));
    let backend = Name::new(format!("shop_{port}")).unwrap();
    let server = Name::new(format!("127_0_0_1_{one}")).unwrap();
    socket.set_weight(&backend, &server, 7).await.unwrap();
    let other = free_port();
    fake.set("/other", other, &[two]);
    await_answers(other, &[two]).await;
    await_status(&mut status, |it| it.n_reloads > before).await;
    let servers = socket.glance().await.unwrap().servers.unwrap();
    let kept = servers.iter().find(|it| it.srv_name == server.as_str()).unwrap();
    assert_eq!(kept.srv_uweight, 7);
    assert!(!load.is_finished(), "a request failed: {:?}", load.await);
    load.abort();
    bridge.end().await;
    await_end(port).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_moves_from_one_app_to_another_without_a_lost_request() {
    let (one, two) = (server().await, server().await);
    let fake = Fake::new();
    let (port, other) = (free_port(), free_port());
    fake.set("/blue", port, &[one]);
    fake.set("/green", other, &[two]);
    let (_folder, bridge) = start(&fake).await;
    await_answers(port, &[one]).await;
    await_answers(other, &[two]).await;
    let load = tokio::spawn(async move {
        loop {
            if let Err(said) = ask(port, "/").await {
                return said;
            }
        }
    });
    // There, and back against the order of their names; heard of from the one that loses it.
    fake.set_all(&[("/blue", other, &[one]), ("/green", port, &[two])]);
    await_answers(port, &[two]).await;
    await_answers(other, &[one]).await;
    fake.set_all(&[("/green", other, &[two]), ("/blue", port, &[one])]);
    await_answers(port, &[one]).await;
    assert!(!load.is_finished(), "a request failed: {:?}", load.await);
    load.abort();
    assert_eq!(bridge.status().borrow().problems, []);
    bridge.end().await;
}

async fn kill_haproxy(bridge: &Bridge) {
    let pids = ask(bridge.address().port(), "/_haproxy_getpids").await.unwrap();
    let pids: Vec<i32> = pids.split_whitespace().map(|pid| pid.parse().unwrap()).collect();
    assert!(pids.len() >= 2, "{pids:?}");
    let master = nix::unistd::Pid::from_raw(*pids.last().unwrap());
    nix::sys::signal::kill(master, nix::sys::signal::Signal::SIGKILL).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_haproxy_comes_back_while_marathon_does_not_answer() {
    let one = server().await;
    let fake = Fake::new();
    let port = free_port();
    fake.set("/shop", port, &[one]);
    let (_folder, bridge) = start(&fake).await;
    let mut status = bridge.status();
    await_status(&mut status, |it| it.n_services == 1).await;
    fake.hang();
    // One that is new, so that all are read.
    fake.set("/other", free_port(), &[one]);
    for n_restarts in 1..=2 {
        kill_haproxy(&bridge).await;
        await_status(&mut status, |it| it.n_restarts == n_restarts).await;
        await_answers(port, &[one]).await;
    }
    assert!(timeout(LONG, bridge.end()).await.is_ok(), "it waits for Marathon");
    await_end(port).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_haproxy_comes_back_and_tools_of_old_see_what_they_expect() {
    let (one, two) = (server().await, server().await);
    let fake = Fake::new();
    let port = free_port();
    fake.set("/shop", port, &[one]);
    let (_folder, bridge) = start(&fake).await;
    let mut status = bridge.status();
    fake.set("/shop", port, &[one, two]);
    await_answers(port, &[one, two]).await;
    let name = |server: u16| format!("shop_{port}/127_0_0_1_{server}");
    let wanted = BTreeSet::from([(name(one), "UP".to_owned()), (name(two), "UP".to_owned())]);
    let seen = async {
        while rows(&bridge).await.into_iter().collect::<BTreeSet<_>>() != wanted {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    assert!(timeout(LONG, seen).await.is_ok(), "{:?}", rows(&bridge).await);
    kill_haproxy(&bridge).await;
    await_status(&mut status, |it| it.n_restarts == 1 && it.trouble.is_none()).await;
    await_answers(port, &[one, two]).await;
    bridge.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_port_is_named_and_the_others_are_served() {
    let one = server().await;
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let fake = Fake::new();
    let port = free_port();
    fake.set("/bad", taken.local_addr().unwrap().port(), &[one]);
    fake.set("/good", port, &[one]);
    let (_folder, bridge) = start(&fake).await;
    let status = await_status(&mut bridge.status(), |it| it.n_passes > 0).await;
    assert_eq!(status.n_services, 1);
    assert!(status.problems[0].to_string().starts_with("app `/bad`: port "), "{status:?}");
    await_answers(port, &[one]).await;
    drop(taken);
    await_status(&mut bridge.status(), |it| it.problems.is_empty()).await;
    bridge.end().await;
}
