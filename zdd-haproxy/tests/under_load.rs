//! Nothing is lost: everything that zdd does to a load balancer, done under load.
//!
//! A real HAProxy that the bridge keeps, servers and clients of this process. The numbers of what is
//! done can be raised, for runs of any length:
//!
//! | variable | is | of |
//! | --- | --- | --- |
//! | `ZDD_LOAD_WEIGHTS` | 200 | weights that are set |
//! | `ZDD_LOAD_DRAINS` | 200 | pairs of drain and ready |
//! | `ZDD_LOAD_EXCHANGES` | 50 | servers that another one replaces; a tenth more while HAProxy reloads all the time |
//! | `ZDD_LOAD_RELOADS` | 20 | reloads |
//! | `ZDD_LOAD_CLIENTS` | 12 | clients that ask without a pause |
//!
//! How many requests a second that makes is printed, and nothing depends on it.
#![cfg(feature = "local")]
#![allow(clippy::unwrap_used, reason = "a panic here is the report of a test")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::time::{sleep, timeout};
use zdd_core::ports::LoadBalancer;
use zdd_haproxy::admin::{AdminSocket, Change, Seen, Setting};
use zdd_haproxy::bridge::Bridge;
use zdd_haproxy::socket::{Address, Name, Patience, SetState};

#[path = "support/load/mod.rs"]
mod load;
#[path = "support/marathon.rs"]
mod marathon;

use load::{Backend, Kind, Load};
use marathon::Fake;

/// How long anything may take before a test gives up. Nothing depends on it being short.
const LONG: Duration = Duration::from_secs(60);

/// Two apps behind the bridge. What is asked of `live` never ends, so its servers stay.
struct World {
    fake: Arc<Fake>,
    bridge: Bridge,
    admin: AdminSocket,
    shop: App,
    live: App,
    _folder: TempDir,
}

struct App {
    id: &'static str,
    port: u16,
    servers: Vec<Backend>,
}

impl App {
    async fn start(id: &'static str, count: usize) -> Self {
        let port = free_port();
        let mut servers = Vec::new();
        for _ in 0..count {
            servers.push(Backend::start().await);
        }
        Self { id, port, servers }
    }

    fn backend(&self) -> Name {
        Name::new(format!("{}_{}", &self.id[1..], self.port)).unwrap()
    }

    fn change(&self, server: u16, setting: Setting) -> Change {
        Change { backend: self.backend(), server: name_of(server), setting }
    }

    fn ports(&self) -> Vec<u16> {
        self.servers.iter().map(|it| it.port).collect()
    }
}

impl World {
    async fn start(n_shop: usize, n_live: usize) -> Self {
        let (shop, live) = (App::start("/shop", n_shop).await, App::start("/live", n_live).await);
        let fake = Fake::new();
        fake.set(shop.id, shop.port, &shop.ports());
        fake.set(live.id, live.port, &live.ports());
        let folder = tempfile::Builder::new().prefix("load").tempdir().unwrap();
        let bridge = Bridge::builder(fake.clone(), folder.path().join("b")).start().await.unwrap();
        let mut status = bridge.status();
        let served = timeout(LONG, status.wait_for(|it| it.n_services == 2)).await;
        served.expect("both are served").unwrap();
        let admin = admin_of(&bridge);
        Self { fake, bridge, admin, shop, live, _folder: folder }
    }

    async fn set(&self, change: Change) {
        self.admin.set(&[change]).await.pop().unwrap().seen.unwrap();
    }

    async fn look(&self) -> Seen {
        self.admin.look().await.pop().unwrap().seen.unwrap()
    }

    fn n_reloads(&self) -> u64 {
        self.bridge.status().borrow().n_reloads
    }

    async fn await_reload(&self, after: u64) {
        let mut status = self.bridge.status();
        let reloaded = timeout(LONG, status.wait_for(|it| it.n_reloads > after)).await;
        assert!(reloaded.is_ok(), "{:?}", *self.bridge.status().borrow());
    }

    /// The server that the `n`th change is for: every one of both apps in turn.
    fn nth(&self, n: usize) -> (&App, u16) {
        let (shop, live) = (self.shop.servers.len(), self.live.servers.len());
        let at = n % (shop + live);
        if at < shop {
            (&self.shop, self.shop.servers[at].port)
        } else {
            (&self.live, self.live.servers[at - shop].port)
        }
    }

    async fn set_weights(&self, count: usize) {
        for n in 0..count {
            let (app, server) = self.nth(n);
            // 0 is among them, never for all servers of an app at the same time.
            let least = u16::from(server == app.servers[0].port);
            let weight = u16::try_from(n * 37 % 257).unwrap().max(least);
            self.set(app.change(server, Setting::Weight(weight))).await;
        }
    }

    async fn drain_and_ready(&self, count: usize) {
        // All of them count for what follows.
        for n in 0..self.shop.servers.len() + self.live.servers.len() {
            let (app, server) = self.nth(n);
            self.set(app.change(server, Setting::Weight(100))).await;
        }
        for n in 0..count {
            let (app, server) = self.nth(n);
            self.set(app.change(server, Setting::State(SetState::Drain))).await;
            self.set(app.change(server, Setting::State(SetState::Ready))).await;
        }
    }

    /// Replaces the servers of the shop one by one. The next one comes while requests of the last ones
    /// still go on: each ends when it is drained.
    async fn exchange(&mut self, count: usize) {
        let mut leaving: Vec<(Backend, u32)> = Vec::new();
        let mut left = count;
        while left > 0 || !leaving.is_empty() {
            if left > 0 {
                left -= 1;
                let new = Backend::start().await;
                let port = new.port;
                let old = std::mem::replace(&mut self.shop.servers[left % 4], new);
                self.tell(&leaving, Some(&old));
                self.await_serving(port).await;
                self.set(self.shop.change(port, Setting::Weight(100))).await;
                self.set(self.shop.change(old.port, Setting::State(SetState::Drain))).await;
                leaving.push((old, 0));
            } else {
                sleep(Duration::from_millis(20)).await;
            }
            self.end_drained(&mut leaving).await;
        }
    }

    /// Ends the servers at which nothing went on in two looks.
    async fn end_drained(&self, leaving: &mut Vec<(Backend, u32)>) {
        let backend = self.shop.backend();
        let mut balancers = LoadBalancer::look(&self.admin, &backend).await;
        let seen = balancers.pop().unwrap().seen.unwrap();
        let mut still = Vec::new();
        for (server, looks) in std::mem::take(leaving) {
            let name = name_of(server.port);
            let found = seen.servers.iter().find(|it| it.name == name).unwrap();
            match (found.is_quiet(), looks) {
                (true, 1) => {
                    self.admin.forget(&backend, &name);
                    server.stop().await;
                }
                (true, _) => still.push((server, looks + 1)),
                (false, _) => still.push((server, 0)),
            }
        }
        *leaving = still;
        self.tell(leaving, None);
    }

    /// Tells Marathon which tasks there are.
    fn tell(&self, leaving: &[(Backend, u32)], more: Option<&Backend>) {
        let mut ports = self.shop.ports();
        ports.extend(leaving.iter().map(|(it, _)| it).chain(more).map(|it| it.port));
        self.fake.set(self.shop.id, self.shop.port, &ports);
    }

    async fn await_serving(&self, server: u16) {
        let (backend, name) = (self.shop.backend(), name_of(server));
        let serving = async {
            loop {
                let seen = self.look().await;
                let row = seen.view.server(backend.as_str(), name.as_str());
                if row.is_some_and(|it| it.status.is_serving()) {
                    return;
                }
                sleep(Duration::from_millis(5)).await;
            }
        };
        assert!(timeout(LONG, serving).await.is_ok(), "{:?}", *self.bridge.status().borrow());
    }

    /// Frontends come and go. What was set before each reload is there after it, and nobody sets it
    /// again.
    async fn reload(&self, count: usize) {
        let drained = self.shop.servers[0].port;
        self.set(self.shop.change(drained, Setting::State(SetState::Drain))).await;
        let mut weights = BTreeMap::new();
        for n in 0..count {
            let (app, server) = self.nth(n);
            let weight = u16::try_from(50 + n % 200).unwrap();
            self.set(app.change(server, Setting::Weight(weight))).await;
            weights.insert((app.backend().to_string(), name_of(server).to_string()), weight);
            let before = self.n_reloads();
            if n % 2 == 0 {
                self.fake.set("/other", free_port(), &[self.live.servers[0].port]);
            } else {
                self.fake.remove("/other");
            }
            self.await_reload(before).await;
            // One without a memory sets nothing.
            let seen = admin_of(&self.bridge).look().await.pop().unwrap().seen.unwrap();
            for ((backend, server), weight) in &weights {
                let found = seen.view.server(backend, server).unwrap();
                assert_eq!(found.weight, Some(u64::from(*weight)), "{backend}/{server}, {n}");
            }
            let (backend, server) = (self.shop.backend(), name_of(drained));
            let found = seen.view.server(backend.as_str(), server.as_str()).unwrap();
            assert_eq!(found.admin, Some(SetState::Drain), "after reload {n}");
            for server in seen.view.servers_of(self.shop.backend().as_str()) {
                assert!(server.name == found.name || server.admin == Some(SetState::Ready));
            }
        }
    }
}

/// As patient as the test is: how busy the machine is is none of its business.
fn admin_of(bridge: &Bridge) -> AdminSocket {
    AdminSocket::new([Address::Unix(bridge.listeners().admin_socket())])
        .with_patience(Patience { connect: LONG, answer: LONG })
}

/// Another app that is deployed and deleted again all the time.
async fn come_and_go(fake: Arc<Fake>, server: u16) {
    loop {
        fake.set("/another", free_port(), &[server]);
        sleep(Duration::from_millis(300)).await;
        fake.remove("/another");
        sleep(Duration::from_millis(300)).await;
    }
}

fn name_of(server: u16) -> Name {
    Name::new(format!("127_0_0_1_{server}")).unwrap()
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A number that can be set from outside.
fn number(variable: &str, default: usize) -> usize {
    std::env::var(variable).map_or(default, |text| text.parse().expect("a number"))
}

#[tokio::test(flavor = "multi_thread")]
async fn no_request_is_lost_whatever_is_done() {
    let mut world = World::start(8, 2).await;
    let mut load = Load::new();
    load.add(Kind::KeepAlive, world.shop.port, number("ZDD_LOAD_CLIENTS", 12));
    load.add(Kind::Thinking, world.shop.port, 8);
    load.add(Kind::Short, world.shop.port, 2);
    load.add(Kind::Slow, world.shop.port, 4);
    load.add(Kind::Upgraded, world.live.port, 4);
    load.await_answers(&[Kind::KeepAlive, Kind::Thinking, Kind::Short, Kind::Upgraded]).await;

    load.rate();
    let mut start = Instant::now();
    let mut report = |load: &mut Load, what: &str| {
        let took = std::mem::replace(&mut start, Instant::now()).elapsed();
        eprintln!("{what} in {took:.1?}, at {} requests/s", load.rate());
        assert_eq!(load.failures(), Vec::<String>::new(), "with {what}");
    };
    let n_reloads = world.n_reloads();
    let n = number("ZDD_LOAD_WEIGHTS", 200);
    world.set_weights(n).await;
    report(&mut load, &format!("{n} weights"));
    let n = number("ZDD_LOAD_DRAINS", 200);
    world.drain_and_ready(n).await;
    report(&mut load, &format!("{n} pairs of drain and ready"));
    let n = number("ZDD_LOAD_EXCHANGES", 50);
    world.exchange(n).await;
    report(&mut load, &format!("{n} exchanges"));
    assert_eq!(world.n_reloads(), n_reloads, "nothing of that takes a reload");
    let n = number("ZDD_LOAD_RELOADS", 20);
    world.reload(n).await;
    report(&mut load, &format!("{n} reloads"));
    assert_eq!(world.n_reloads(), n_reloads + u64::try_from(n).unwrap());

    let n = number("ZDD_LOAD_EXCHANGES", 50).div_ceil(10);
    let before = world.n_reloads();
    let others = tokio::spawn(come_and_go(world.fake.clone(), world.live.servers[0].port));
    world.exchange(n).await;
    others.abort();
    report(&mut load, &format!("{n} exchanges during {} reloads", world.n_reloads() - before));

    let (n_failed, report) = load.end().await;
    eprintln!("{report}");
    assert_eq!(n_failed, 0, "{report}");
    world.bridge.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_before_it_is_drained_loses_requests_and_they_are_counted() {
    let mut world = World::start(2, 2).await;
    let mut load = Load::new();
    load.add(Kind::Slow, world.shop.port, 4);
    load.add(Kind::Upgraded, world.live.port, 4);
    load.await_answers(&[Kind::Upgraded]).await;
    let shared = async {
        loop {
            let seen = world.look().await;
            let is_shared =
                |app: &App| seen.view.servers_of(app.backend().as_str()).all(|it| it.scur == 2);
            if is_shared(&world.shop) && is_shared(&world.live) {
                break;
            }
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(LONG, shared).await.expect("servers take turns");
    for app in [&mut world.shop, &mut world.live] {
        let server = app.servers.remove(0);
        let change = app.change(server.port, Setting::State(SetState::Maint));
        world.admin.set(&[change]).await.pop().unwrap().seen.unwrap();
        server.kill().await;
    }
    timeout(LONG, load.await_failures(4)).await.expect("they are noticed");
    let (n_failed, report) = load.end().await;
    // Two of the slow ones and two of the upgraded ones.
    assert_eq!(n_failed, 4, "{report}");
    world.bridge.end().await;
}
