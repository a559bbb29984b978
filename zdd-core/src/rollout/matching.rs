//! Which server of a backend stands for which task.
//!
//! marathon-lb names a server after its task: the host, the address if that is another text, and the
//! port, with `_` for `.`. Which address that is depends on the name server of the machine that
//! marathon-lb runs on, so that it cannot be looked up from here. Three ways lead from a server to its
//! task, the surest first: its address, where HAProxy says it; the name with an address that the task
//! is known to have; the name with any address between host and port.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::net::IpAddr;

use super::index::{Index, Key};
use crate::ports::Server;
use crate::units::TaskId;

/// What is known of where a task is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "what a name is made of")]
pub struct Place<'t> {
    /// The task.
    pub task: &'t TaskId,
    /// The host name of its agent.
    pub host: Option<&'t str>,
    /// Addresses of its own.
    pub addresses: &'t [IpAddr],
    /// The ports at which the task may serve this backend: the one on the host, the one in its
    /// container. Only the ports that belong to this backend, not all that the task has.
    pub ports: &'t [u16],
}

/// Which server stands for which task.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Matching<'a> {
    /// Each task with its server.
    pub pairs: BTreeMap<&'a TaskId, &'a Server>,
    /// Tasks for which no server stands: not in the load balancer, or not yet.
    pub tasks: Vec<&'a TaskId>,
    /// Servers that stand for none of the tasks.
    pub servers: Vec<&'a Server>,
    /// Servers that could stand for several tasks, or share one with another server. Nothing may be
    /// decided about them.
    pub doubtful: Vec<&'a Server>,
}

/// How sure it is that a server stands for a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Sureness {
    /// By host and port; what is between may be its address.
    Likely,
    /// By a name that is made of what is known.
    Named,
}

/// Places that are found by what servers may be called, so that the servers of a thousand tasks are
/// matched in a thousand steps and not in a million.
pub(super) struct Finder<'p> {
    places: &'p [Place<'p>],
    prepared: Vec<Prepared>,
    index: Index,
}

/// Which server stands for which place.
pub(super) struct Found<'s> {
    /// One for each place, in their order.
    pub(super) pairs: Vec<Option<&'s Server>>,
    /// Those that stand for none.
    pub(super) servers: Vec<&'s Server>,
    /// Those that could stand for several, or share one.
    pub(super) doubtful: Vec<&'s Server>,
}

/// A place, with texts as they are in names.
struct Prepared {
    host: Option<String>,
    ip: Option<IpAddr>,
    addresses: Vec<String>,
}

/// What the places say that a server could stand for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stands {
    ForNone,
    For(u32),
    ForSeveral,
}

/// Matches the servers of one backend with the tasks that it should have. The order of neither matters.
pub fn matching<'a>(
    places: &'a [Place<'a>],
    servers: impl IntoIterator<Item = &'a Server>,
) -> Matching<'a> {
    let found = Finder::new(places).find(servers);
    let mut matching =
        Matching { servers: found.servers, doubtful: found.doubtful, ..Matching::default() };
    for (place, server) in places.iter().zip(found.pairs) {
        match server {
            Some(server) => drop(matching.pairs.insert(place.task, server)),
            None => matching.tasks.push(place.task),
        }
    }
    matching
}

impl<'p> Finder<'p> {
    pub(super) fn new(places: &'p [Place<'p>]) -> Self {
        let prepared: Vec<Prepared> = places.iter().map(Prepared::new).collect();
        let keys = |place: &Place<'_>| place.ports.len() * (2 + 3 * place.addresses.len());
        let mut entries = Vec::with_capacity(places.iter().map(keys).sum());
        for (n, (place, texts)) in (0..).zip(places.iter().zip(&prepared)) {
            place.ports.iter().for_each(|port| texts.register(*port, place, n, &mut entries));
        }
        Self { places, prepared, index: Index::of(entries) }
    }

    pub(super) fn find<'s>(&self, servers: impl IntoIterator<Item = &'s Server>) -> Found<'s> {
        let mut found = Found {
            pairs: vec![None; self.places.len()],
            servers: Vec::new(),
            doubtful: Vec::new(),
        };
        let mut shared: Vec<(u32, &'s Server)> = Vec::new();
        for server in servers {
            match self.of(server) {
                Stands::ForNone => found.servers.push(server),
                Stands::ForSeveral => found.doubtful.push(server),
                Stands::For(place) => {
                    let pair = &mut found.pairs[at(place)];
                    match pair {
                        None => *pair = Some(server),
                        Some(_) => shared.push((place, server)),
                    }
                }
            }
        }
        shared.sort_by_key(|(place, _)| *place);
        for (place, server) in shared {
            found.doubtful.extend(found.pairs[at(place)].take());
            found.doubtful.push(server);
        }
        found
    }

    /// What a server stands for: the surest way to say it decides.
    fn of(&self, server: &Server) -> Stands {
        if let Some(addr) = server.addr {
            let there = self.index.get(Key::of_ip(addr.port(), addr.ip()));
            let there = there.filter(|n| {
                self.has(*n, addr.port()) && self.prepared[at(*n)].is_at(self.place(*n), addr.ip())
            });
            let stands = self.one_of(there);
            if stands != Stands::ForNone {
                return stands;
            }
        }
        let Some((rest, port)) = of_name(server.name.as_str()) else { return Stands::ForNone };
        let is =
            |n: u32, sure| self.has(n, port) && self.prepared[at(n)].sureness(rest) == Some(sure);
        let named = self.index.get(Key::of_port(port).text(rest));
        let stands = self.one_of(named.filter(|n| is(*n, Sureness::Named)));
        if stands != Stands::ForNone {
            return stands;
        }
        // The host ends at one of the `_`.
        let mut key = Key::of_port(port);
        let hosts = rest.bytes().filter_map(|byte| {
            let before = key;
            key = key.letter(byte);
            (byte == b'_').then_some(before)
        });
        let likely = hosts.flat_map(|host| self.index.get(host));
        self.one_of(likely.filter(|n| is(*n, Sureness::Likely)))
    }

    /// Whether all are one and the same task. One may be found in several ways: it may have the same
    /// port on its host and in its container.
    fn one_of(&self, mut places: impl Iterator<Item = u32>) -> Stands {
        let Some(first) = places.next() else { return Stands::ForNone };
        let is_other = |n: u32| n != first && self.place(n).task != self.place(first).task;
        if places.any(is_other) { Stands::ForSeveral } else { Stands::For(first) }
    }

    fn has(&self, place: u32, port: u16) -> bool {
        self.place(place).ports.contains(&port)
    }

    fn place(&self, n: u32) -> &Place<'p> {
        &self.places[at(n)]
    }
}

/// The number of a place as an index.
const fn at(place: u32) -> usize {
    place as usize
}

impl Prepared {
    fn new(place: &Place<'_>) -> Self {
        Self {
            host: place.host.map(mangled),
            ip: place.host.and_then(|host| host.parse().ok()),
            addresses: place.addresses.iter().map(|ip| mangled(&ip.to_string())).collect(),
        }
    }

    /// Puts the place under all that its server can be called, and at which it can be.
    fn register(&self, port: u16, place: &Place<'_>, n: u32, entries: &mut Vec<(Key, u32)>) {
        let key = Key::of_port(port);
        for ip in self.ip.iter().chain(place.addresses) {
            entries.push((Key::of_ip(port, *ip), n));
        }
        let host = self.host.as_deref().map(|host| key.text(host));
        if let Some(host) = host {
            entries.push((host, n));
        }
        for address in &self.addresses {
            entries.push((key.text(address), n));
            if let Some(host) = host {
                entries.push((host.letter(b'_').text(address), n));
            }
        }
    }

    fn is_at(&self, place: &Place<'_>, ip: IpAddr) -> bool {
        self.ip == Some(ip) || place.addresses.contains(&ip)
    }

    /// How sure a name is that begins with `rest` before the port.
    fn sureness(&self, rest: &str) -> Option<Sureness> {
        let is_known = |text: &str| self.addresses.iter().any(|it| it == text);
        if is_known(rest) {
            return Some(Sureness::Named);
        }
        let behind = rest.strip_prefix(self.host.as_deref()?)?;
        if behind.is_empty() {
            return Some(Sureness::Named);
        }
        let address = behind.strip_prefix('_')?;
        if is_known(address) {
            return Some(Sureness::Named);
        }
        is_mangled_address(address).then_some(Sureness::Likely)
    }
}

/// A name without its port, and the port.
fn of_name(name: &str) -> Option<(&str, u16)> {
    let (rest, port) = name.rsplit_once('_')?;
    let is_number = port.bytes().all(|byte| byte.is_ascii_digit()) && !port.starts_with('0');
    Some((rest, port.parse().ok().filter(|_| is_number)?))
}

/// As marathon-lb writes a host or an address within a name.
fn mangled(text: &str) -> String {
    text.replace('.', "_")
}

fn is_mangled_address(text: &str) -> bool {
    text.replace('_', ".").parse::<IpAddr>().is_ok()
}
