//! Which task a server stands for: by where it is, or else by its name. The simple way, and the
//! verifier's own.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::{IpAddr, SocketAddr};

use super::wire::{App, Server, Task};

/// The tasks of both apps, to be looked up.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// Where a task is.
    at: BTreeMap<SocketAddr, Vec<usize>>,
    /// The names that a server of a task can have.
    named: BTreeMap<String, Vec<usize>>,
    /// By port and host, for names with any address between the two.
    on_port: BTreeMap<u16, Vec<(String, usize)>>,
}

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Match {
    /// That task, by its place in the list.
    One(usize),
    /// None of them.
    None,
    /// It could be several.
    Several,
}

impl Places {
    pub(super) fn of<'t>(tasks: impl IntoIterator<Item = (&'t App, &'t Task)>) -> Self {
        let mut places = Self::default();
        for (index, (app, task)) in tasks.into_iter().enumerate() {
            let host_ip = task.host.as_ref().and_then(|host| host.parse::<IpAddr>().ok());
            let ips = task.addresses.iter().copied().chain(host_ip);
            let host = task.host.as_deref().map(mangled);
            for port in task.ports.first().copied().into_iter().chain(app.container_port) {
                for ip in ips.clone() {
                    places.at.entry(SocketAddr::new(ip, port)).or_default().push(index);
                    let ip = mangled(&format!("{ip}"));
                    places.name(format!("{ip}_{port}"), index);
                    if let Some(host) = &host {
                        places.name(format!("{host}_{ip}_{port}"), index);
                    }
                }
                if let Some(host) = &host {
                    places.name(format!("{host}_{port}"), index);
                    places.on_port.entry(port).or_default().push((host.clone(), index));
                }
            }
        }
        places
    }

    fn name(&mut self, name: String, index: usize) {
        self.named.entry(name).or_default().push(index);
    }

    pub(super) fn task_of(&self, server: &Server) -> Match {
        let there = server.addr.and_then(|addr| self.at.get(&addr));
        let exact = there.or_else(|| self.named.get(server.name.as_str()));
        match exact {
            Some(found) => only(found.iter().copied()),
            None => self.by_host(server.name.as_str()),
        }
    }

    /// By `host_address_port`, with an address that only the balancer's name server knows.
    fn by_host(&self, name: &str) -> Match {
        let parts = name.rsplit_once('_').and_then(|(rest, port)| Some((rest, port.parse().ok()?)));
        let Some((rest, port)) = parts else { return Match::None };
        let on_port = self.on_port.get(&port).into_iter().flatten();
        only(on_port.filter_map(|(host, index)| {
            let between = rest.strip_prefix(host.as_str())?.strip_prefix('_')?;
            between.replace('_', ".").parse::<IpAddr>().ok().map(|_| *index)
        }))
    }
}

fn only(mut found: impl Iterator<Item = usize>) -> Match {
    let Some(first) = found.next() else { return Match::None };
    if found.all(|it| it == first) { Match::One(first) } else { Match::Several }
}

fn mangled(text: &str) -> String {
    text.replace('.', "_")
}
