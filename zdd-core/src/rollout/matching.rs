//! Which server of a backend stands for which task.
//!
//! marathon-lb names a server after its task: the host, the address if that is another text, and the
//! port, with `_` for `.`. Which address that is depends on the name server of the machine that
//! marathon-lb runs on, so that it cannot be looked up from here. Three ways lead from a server to its
//! task, the surest first: its address, where HAProxy says it; the name with an address that the task
//! is known to have; the name with any address between host and port.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::IpAddr;

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
    /// It is where the task is.
    There,
}

/// A place, with texts as they are in names.
struct Prepared<'a> {
    place: &'a Place<'a>,
    host: Option<String>,
    addresses: Vec<String>,
}

/// Matches the servers of one backend with the tasks that it should have. The order of neither matters.
pub fn matching<'a>(
    places: &'a [Place<'a>],
    servers: impl IntoIterator<Item = &'a Server>,
) -> Matching<'a> {
    let mut matching = Matching::default();
    let prepared: Vec<Prepared<'a>> = places.iter().map(Prepared::new).collect();
    let mut by_port: BTreeMap<u16, Vec<&Prepared<'a>>> = BTreeMap::new();
    for it in &prepared {
        it.place.ports.iter().for_each(|port| by_port.entry(*port).or_default().push(it));
    }
    let mut of_task: BTreeMap<&'a TaskId, Vec<&'a Server>> = BTreeMap::new();
    for server in servers {
        let at = |port: u16| by_port.get(&port).into_iter().flatten();
        let there = server.addr.into_iter().flat_map(|addr| {
            let is_there = move |it: &&&Prepared<'a>| it.is_at(addr.ip());
            at(addr.port()).filter(is_there).map(|it| (Sureness::There, it.place.task))
        });
        let named = of_name(server.name.as_str()).into_iter().flat_map(|(rest, port)| {
            at(port).filter_map(move |it| Some((it.sureness(rest)?, it.place.task)))
        });
        let mut sure: Vec<_> = there.chain(named).collect();
        // A task may have the same port on its host and in its container, or fit in two ways.
        sure.sort_unstable();
        sure.dedup();
        let best = sure.iter().map(|(sureness, _)| *sureness).max();
        let mut tasks = sure.iter().filter(|(sureness, _)| Some(*sureness) == best);
        match (tasks.next(), tasks.next()) {
            (None, _) => matching.servers.push(server),
            (Some((_, task)), None) => of_task.entry(*task).or_default().push(server),
            (Some(_), Some(_)) => matching.doubtful.push(server),
        }
    }
    for (task, servers) in of_task {
        match servers[..] {
            [server] => drop(matching.pairs.insert(task, server)),
            _ => matching.doubtful.extend(servers),
        }
    }
    let without = places.iter().map(|place| place.task);
    matching.tasks = without.filter(|task| !matching.pairs.contains_key(task)).collect();
    matching
}

impl<'a> Prepared<'a> {
    fn new(place: &'a Place<'a>) -> Self {
        let addresses = place.addresses.iter().map(|ip| mangled(&ip.to_string())).collect();
        Self { place, host: place.host.map(mangled), addresses }
    }

    fn is_at(&self, ip: IpAddr) -> bool {
        let host = self.place.host.and_then(|host| host.parse::<IpAddr>().ok());
        host == Some(ip) || self.place.addresses.contains(&ip)
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
