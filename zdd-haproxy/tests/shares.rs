//! Shares that were wanted, as clients of a real HAProxy see them.
//!
//! 20,000 requests for each share, with other numbers of servers each time. With `ZDD_SHARES_ALL=1` every
//! share is asked for with every number of servers, which takes some minutes.
#![allow(clippy::unwrap_used, reason = "a panic here is the report of a test")]

mod support;

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use support::Haproxy;
use zdd_core::ports::{Balancer, LoadBalancer, Name, ServerChange, Setting};
use zdd_core::shares::{Counts, Fit};
use zdd_core::weights::{Side, Weights};
use zdd_haproxy::admin::AdminSocket;
use zdd_haproxy::socket::Address;

const MOST: u32 = 50;
const REQUESTS: u32 = 20_000;
const CLIENTS: u32 = 4;
const SHARES: [u32; 6] = [1, 5, 20, 33, 50, 99];
/// How many old and new servers.
const SIZES: [(u32, u32); 9] =
    [(3, 1), (1, 1), (50, 1), (1, 50), (50, 50), (7, 13), (2, 49), (31, 3), (10, 10)];

/// A HAProxy in front of two services that answer with one word, each behind up to fifty servers.
struct World {
    _haproxy: Haproxy,
    admin: AdminSocket,
    port: u16,
}

impl World {
    fn start() -> Self {
        let [port, old, new] = free_ports();
        let mut sections = format!(
            "frontend old\n  bind 127.0.0.1:{old}\n  http-request return status 200 content-type \
             text/plain string old\n\
             frontend new\n  bind 127.0.0.1:{new}\n  http-request return status 200 content-type \
             text/plain string new\n\
             frontend shop\n  bind 127.0.0.1:{port}\n  default_backend shop_10080\n\
             backend shop_10080\n  balance roundrobin\n"
        );
        for (side, port) in [("old", old), ("new", new)] {
            for n in 0..MOST {
                writeln!(sections, "  server {side}{n} 127.0.0.1:{port} weight 0").unwrap();
            }
        }
        let haproxy = Haproxy::start(&sections);
        let admin = AdminSocket::new([Address::Unix(haproxy.socket())]);
        Self { _haproxy: haproxy, admin, port }
    }

    /// Gives so many servers of each side weights, and all others none.
    fn set(&self, weights: &Weights, (old, new): (u32, u32)) {
        let [of_old, of_new] = weights.sides() else { panic!("two sides") };
        let mut planned = Vec::new();
        for (side, count, weights) in [("old", old, of_old), ("new", new, of_new)] {
            let weights = weights.servers().map(zdd_core::weights::Weight::get);
            let weights = weights.chain((count..MOST).map(|_| 0));
            planned.extend(weights.enumerate().map(|(n, weight)| ServerChange {
                server: Name::new(format!("{side}{n}")).unwrap(),
                setting: Setting::Weight(weight),
            }));
        }
        let backend = Name::new("shop_10080").unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let looks = runtime.block_on(LoadBalancer::set(&self.admin, &backend, &planned));
        let [Balancer { seen: Ok(look), .. }] = looks.as_slice() else { panic!("{looks:?}") };
        assert_eq!(look.balance.as_deref(), Some("roundrobin"));
        for change in planned {
            let server = look.servers.iter().find(|it| it.name == change.server).unwrap();
            assert_eq!(server.weight.map(Setting::Weight), Some(change.setting), "{}", server.name);
        }
    }

    /// What clients get, each over one connection.
    fn count(&self) -> Counts {
        let port = self.port;
        let clients: Vec<_> = (0..CLIENTS).map(|_| thread::spawn(move || client(port))).collect();
        let answers = clients.into_iter().map(|client| client.join().unwrap());
        let (old, new) = answers.fold((0, 0), |all, it| (all.0 + it.0, all.1 + it.1));
        Counts::new([("old", old), ("new", new)])
    }
}

fn client(port: u16) -> (u64, u64) {
    let mut stream = BufReader::new(TcpStream::connect(("127.0.0.1", port)).unwrap());
    let (mut old, mut new) = (0, 0);
    for _ in 0..REQUESTS / CLIENTS {
        stream.get_mut().write_all(b"GET / HTTP/1.1\r\nhost: shop\r\n\r\n").unwrap();
        let mut line = String::new();
        stream.read_line(&mut line).unwrap();
        assert!(line.contains(" 200 "), "{line}");
        while line.trim() != "" {
            line.clear();
            stream.read_line(&mut line).unwrap();
        }
        let mut word = [0; 3];
        stream.read_exact(&mut word).unwrap();
        match &word {
            b"old" => old += 1,
            b"new" => new += 1,
            other => panic!("{other:?}"),
        }
    }
    (old, new)
}

fn free_ports() -> [u16; 3] {
    let listeners = [(); 3].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|it| it.local_addr().unwrap().port())
}

#[test]
fn clients_see_the_shares_that_were_wanted() {
    let world = World::start();
    let all = std::env::var_os("ZDD_SHARES_ALL").is_some();
    for (s, share) in SHARES.into_iter().enumerate() {
        for (n, sizes) in SIZES.into_iter().enumerate() {
            let sides = [Side::new(100 - share, sizes.0), Side::new(share, sizes.1)];
            let weights = Weights::of(&sides).unwrap();
            assert!(weights.is_exact(), "{share} % with {sizes:?}");
            world.set(&weights, sizes);
            // Every share twice, every number of servers at least once.
            if !all && n != s && n != (s + 5) % SIZES.len() {
                continue;
            }
            let counts = world.count();
            let wanted = [("old", 100 - share), ("new", share)];
            let fit = Fit::of(&counts, wanted).unwrap();
            assert!(fit.is_likely(), "{share} % with {sizes:?}: {counts:?}, {fit:?}");
        }
    }
    // Counting tells: what is off by two points does not fit.
    let weights = Weights::of(&[Side::new(78, 3), Side::new(22, 1)]).unwrap();
    world.set(&weights, (3, 1));
    let fit = Fit::of(&world.count(), [("old", 80), ("new", 20)]).unwrap();
    assert!(!fit.is_likely(), "{fit:?}");
}
