//! What can happen to the HAProxy that a bridge keeps: each is named, and mended where it can be.
#![cfg(feature = "local")]
#![allow(clippy::unwrap_used, reason = "a panic here is the report of a test")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::{sleep, timeout};
use zdd_haproxy::admin::{AdminSocket, Change, Notice, Seen, Setting};
use zdd_haproxy::bridge::{Bridge, Status};
use zdd_haproxy::socket::{Address, Name, Patience, SetState};

#[path = "support/load/backend.rs"]
mod backend;
#[path = "support/marathon.rs"]
mod marathon;

use backend::Backend;
use marathon::Fake;

/// How long anything may take before a test gives up. Nothing depends on it being short.
const LONG: Duration = Duration::from_secs(60);

/// An app of two servers behind a bridge.
struct World {
    fake: Arc<Fake>,
    bridge: Bridge,
    admin: AdminSocket,
    port: u16,
    servers: [Backend; 2],
    _folder: TempDir,
}

impl World {
    async fn start() -> Self {
        let servers = [Backend::start().await, Backend::start().await];
        let port = free_port();
        let fake = Fake::new();
        fake.set("/shop", port, &[servers[0].port, servers[1].port]);
        let folder = tempfile::Builder::new().prefix("faults").tempdir().unwrap();
        let bridge = Bridge::builder(fake.clone(), folder.path().join("b")).start().await.unwrap();
        let admin = admin_of(&bridge);
        let world = Self { fake, bridge, admin, port, servers, _folder: folder };
        world.await_status(|it| it.n_services == 1).await;
        world
    }

    fn change(&self, at: usize, setting: Setting) -> Change {
        let backend = Name::new(format!("shop_{}", self.port)).unwrap();
        Change { backend, server: name_of(self.servers[at].port), setting }
    }

    async fn set(&self, changes: &[Change]) {
        self.admin.set(changes).await.remove(0).seen.unwrap();
    }

    async fn await_status(&self, holds: impl Fn(&Status) -> bool) -> Status {
        let mut status = self.bridge.status();
        if let Ok(found) = timeout(LONG, status.wait_for(|status| holds(status))).await {
            return found.unwrap().clone();
        }
        panic!("it never comes to that: {:?}", *self.bridge.status().borrow())
    }

    /// What is in trouble, as soon as something is.
    async fn trouble(&self) -> String {
        self.await_status(|it| it.trouble.is_some()).await.trouble.unwrap()
    }

    /// Adds a server to the app, and says its name.
    fn tell_of(&self, more: &Backend) -> Name {
        let [one, two] = &self.servers;
        self.fake.set("/shop", self.port, &[one.port, two.port, more.port]);
        name_of(more.port)
    }

    /// Waits until HAProxy has a server that serves.
    async fn await_serving(&self, server: &Name) {
        let serving =
            async {
                loop {
                    let look = admin_of(&self.bridge).look().await.remove(0);
                    if let Ok(seen) = look.seen
                        && seen.view.servers.iter().any(|it| {
                            it.name == server.as_str() && it.admin == Some(SetState::Ready)
                        })
                    {
                        return;
                    }
                    sleep(Duration::from_millis(10)).await;
                }
            };
        timeout(LONG, serving).await.unwrap_or_else(|_| panic!("{server} never serves"));
    }

    /// The processes of HAProxy: the newest worker first, the master last.
    async fn pids(&self) -> Vec<Pid> {
        let pids = http(self.bridge.address().port(), "/_haproxy_getpids").await.unwrap();
        pids.split_whitespace().map(|pid| Pid::from_raw(pid.parse().unwrap())).collect()
    }

    fn signal(pids: &[Pid], signal: Signal) {
        for pid in pids {
            kill(*pid, signal).unwrap();
        }
    }

    async fn end(self) {
        timeout(LONG, self.bridge.end()).await.expect("it ends whatever became of HAProxy");
        // What is killed is gone a moment later.
        let gone = async {
            while TcpStream::connect(("127.0.0.1", self.port)).await.is_ok() {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(LONG, gone).await.expect("HAProxy ends with the bridge");
    }
}

/// One that remembers nothing, and so sets nothing.
fn admin_of(bridge: &Bridge) -> AdminSocket {
    AdminSocket::new([Address::Unix(bridge.listeners().admin_socket())])
        .with_patience(Patience { connect: LONG, answer: LONG })
}

fn name_of(server: u16) -> Name {
    Name::new(format!("127_0_0_1_{server}")).unwrap()
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Weight and state of each server.
fn settings(seen: &Seen) -> Vec<(&str, Option<u64>, Option<SetState>)> {
    let mut found: Vec<_> =
        seen.view.servers.iter().map(|it| (&*it.name, it.weight, it.admin)).collect();
    found.sort_unstable_by_key(|it| it.0);
    found
}

/// The body of an answer with status 200; an error is what came instead.
async fn http(port: u16, path: &str) -> Result<String, String> {
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

#[tokio::test(flavor = "multi_thread")]
async fn what_was_set_comes_back_with_a_haproxy_that_was_killed() {
    let world = World::start().await;
    for (n_restarts, victim) in [(1, "worker"), (2, "master")] {
        let weight = world.change(0, Setting::Weight(7 + u16::try_from(n_restarts).unwrap()));
        let drain = world.change(1, Setting::State(SetState::Drain));
        world.set(&[weight.clone(), drain.clone()]).await;
        let before = world.admin.look().await.remove(0).seen.unwrap();
        assert_eq!(before.notices, []);
        let pids = world.pids().await;
        let killed = if victim == "worker" { pids.first() } else { pids.last() };
        kill(*killed.unwrap(), Signal::SIGKILL).unwrap();

        let status =
            world.await_status(|it| it.n_restarts == n_restarts && it.trouble.is_none()).await;
        let named = status.last_end.unwrap();
        assert!(named.starts_with("HAProxy ended ("), "{victim}: {named}");
        let after = world.admin.look().await.remove(0).seen.unwrap();
        assert!(matches!(after.notices[0], Notice::Reloaded { .. }), "{:?}", after.notices);
        let seen = admin_of(&world.bridge).look().await.remove(0).seen.unwrap();
        assert_eq!(settings(&seen), settings(&before), "{victim}");
        let answered = http(world.port, "/").await.unwrap();
        assert_eq!(answered, world.servers[0].port.to_string(), "the other one drains");
        let ready = world.change(1, Setting::State(SetState::Ready));
        world.set(&[ready]).await;
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_hangs_is_named_and_then_brought_in_step_without_undoing_what_others_set() {
    let world = World::start().await;
    // By hand: nobody told zdd.
    let by_hand = admin_of(&world.bridge);
    let drain = world.change(0, Setting::State(SetState::Drain));
    by_hand.set(&[world.change(0, Setting::Weight(5)), drain]).await.remove(0).seen.unwrap();
    let pids = world.pids().await;
    World::signal(&pids, Signal::SIGSTOP);
    let more = Backend::start().await;
    let added = world.tell_of(&more);
    let named = world.trouble().await;
    assert!(named.contains("admin.sock"), "{named}");
    let statistics = http(world.bridge.address().port(), "/haproxy?stats;csv").await.unwrap_err();
    assert!(statistics.starts_with("HTTP/1.1 503"), "{statistics}");

    World::signal(&pids, Signal::SIGCONT);
    world.await_serving(&added).await;
    world.await_status(|it| it.trouble.is_none()).await;
    let seen = admin_of(&world.bridge).look().await.remove(0).seen.unwrap();
    let first = name_of(world.servers[0].port);
    let kept = settings(&seen).into_iter().find(|it| it.0 == first.as_str()).unwrap();
    assert_eq!((kept.1, kept.2), (Some(5), Some(SetState::Drain)));

    World::signal(&pids, Signal::SIGSTOP);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_changed_by_hand_is_named_and_outlives_changes_and_reloads() {
    let world = World::start().await;
    world.set(&[world.change(0, Setting::Weight(80)), world.change(1, Setting::Weight(20))]).await;
    let by_hand = world.change(0, Setting::Weight(5));
    admin_of(&world.bridge).set(&[by_hand]).await.remove(0).seen.unwrap();
    let more = Backend::start().await;
    let added = world.tell_of(&more);
    world.await_serving(&added).await;
    let said = |seen: &Seen| seen.notices.iter().map(|it| format!("{it:?}")).collect::<Vec<_>>();
    let seen = world.admin.look().await.remove(0).seen.unwrap();
    let [Notice::ChangedByOther(difference)] = &seen.notices[..] else {
        panic!("{:?}", said(&seen))
    };
    let text = difference.to_string();
    assert!(text.ends_with(" weight 80 (weight 5)"), "{text}");

    // The bridge carries over what is there, whoever set it.
    let before = world.bridge.status().borrow().n_reloads;
    world.fake.set("/other", free_port(), &[more.port]);
    world.await_status(|it| it.n_reloads > before).await;
    let seen = admin_of(&world.bridge).look().await.remove(0).seen.unwrap();
    let first = name_of(world.servers[0].port);
    let kept = seen.view.servers.iter().find(|it| it.name == first.as_str()).unwrap();
    assert_eq!(kept.weight, Some(5));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_that_is_gone_is_named_while_requests_go_on() {
    let world = World::start().await;
    std::fs::remove_file(world.bridge.listeners().admin_socket()).unwrap();
    let named = world.trouble().await;
    assert!(named.contains("admin.sock"), "{named}");
    let error = world.admin.look().await.remove(0).seen.unwrap_err();
    assert!(error.to_string().contains("there is no such socket"), "{error}");
    http(world.port, "/").await.unwrap();
    // It stays named while Marathon goes on, since nothing of that reaches HAProxy.
    let more = Backend::start().await;
    world.tell_of(&more);
    let mut status = world.bridge.status();
    let passed = status.wait_for(|it| it.trouble.is_none());
    assert!(timeout(Duration::from_secs(2), passed).await.is_err(), "nothing has mended it");
    http(world.port, "/").await.unwrap();
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_who_hold_the_socket_hinder_nobody_and_fifty_are_named_until_they_go() {
    let world = World::start().await;
    let connect = async || {
        let mut connection =
            UnixStream::connect(world.bridge.listeners().admin_socket()).await.unwrap();
        connection.write_all(b"prompt\n").await.unwrap();
        connection
    };
    let mut held = Vec::new();
    for _ in 0..10 {
        let mut connection = connect().await;
        connection.read_u8().await.unwrap();
        held.push(connection);
    }
    let more = Backend::start().await;
    let added = world.tell_of(&more);
    world.await_serving(&added).await;
    assert_eq!(world.bridge.status().borrow().trouble, None);

    // More than it takes at a time: those behind wait.
    for _ in 0..50 {
        held.push(connect().await);
    }
    let start = Instant::now();
    let named = world.trouble().await;
    assert!(named.contains("admin.sock"), "{named}");
    assert!(start.elapsed() < LONG);
    http(world.port, "/").await.unwrap();
    drop(held);
    world.await_status(|it| it.trouble.is_none()).await;
    world.end().await;
}
