//! From one configuration to the next: what the admin socket can do, and what takes a reload.

use std::num::NonZeroU16;

use super::config::Configuration;
use super::model::Server;
use crate::socket::{DynamicServer, Name};

/// What leads from one configuration to another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Changes {
    /// Changes that HAProxy makes while it runs, those first that take nothing away. A reload keeps
    /// what servers are, so these come before it, and the others after it.
    pub servers: Vec<ServerChange>,
    /// Why a reload is needed, if one is.
    pub reload: Option<ReloadReason>,
}

/// A change of one server.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "which and what")]
pub struct ServerChange {
    /// Its backend.
    pub backend: Name,
    /// Which.
    pub server: Name,
    /// What.
    pub change: Change,
}

/// What changes of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a new change must break whoever carries them out")]
pub enum Change {
    /// It is made, and takes requests unless it is draining.
    Add {
        /// What it is.
        server: DynamicServer,
        /// Whether it begins draining.
        is_draining: bool,
    },
    /// It moves.
    Move(Server),
    /// It takes nothing new from now on.
    Drain,
    /// It takes requests again.
    Ready,
    /// It takes nothing new, and is removed when nothing goes on at it.
    Remove,
}

impl Change {
    /// Whether it takes nothing away from those who ask.
    pub const fn is_harmless(&self) -> bool {
        matches!(self, Self::Add { .. } | Self::Ready | Self::Move(_))
    }

    /// What serves comes first, what serves no more last.
    const fn order(&self) -> u8 {
        match self {
            Self::Add { .. } | Self::Ready => 0,
            Self::Move(_) => 1,
            Self::Drain => 2,
            Self::Remove => 3,
        }
    }
}

/// Why a reload is needed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReloadReason {
    /// A service that was not there.
    #[error("{service} on port {port} is new")]
    Added {
        /// Which.
        service: Name,
        /// On which port.
        port: NonZeroU16,
    },
    /// A service that is there no longer.
    #[error("{service} is gone")]
    Removed {
        /// Which.
        service: Name,
    },
    /// A service with other properties than those of its servers.
    #[error("{service} is another")]
    Changed {
        /// Which.
        service: Name,
    },
    /// Servers that cannot be made at run time.
    #[error("the servers of {service} have cookies or a check on another port")]
    Servers {
        /// Of which service.
        service: Name,
    },
    /// What belongs to no one service.
    #[error("the rules for virtual hosts differ")]
    Head,
}

impl Changes {
    /// What leads from `old` to `new`.
    pub fn between(old: &Configuration, new: &Configuration) -> Self {
        let mut changes = Self::default();
        for (name, was) in &old.services {
            let Some(is) = new.services.get(name) else {
                changes.reload_for(ReloadReason::Removed { service: name.clone() });
                continue;
            };
            // How servers are checked is said at each of them.
            if was.text != is.text || was.check != is.check {
                changes.reload_for(ReloadReason::Changed { service: name.clone() });
            }
            for (server, before) in &was.servers {
                changes.of_server(name, server, before, is.servers.get(server));
            }
            for (server, after) in is.servers.iter().filter(|it| !was.servers.contains_key(it.0)) {
                if is.needs_reload {
                    changes.reload_for(ReloadReason::Servers { service: name.clone() });
                } else {
                    let change =
                        Change::Add { server: is.dynamic(after), is_draining: after.is_draining };
                    changes.server(name, server, change);
                }
            }
        }
        for (name, is) in new.services.iter().filter(|it| !old.services.contains_key(it.0)) {
            let reason = ReloadReason::Added { service: name.clone(), port: is.port };
            changes.reload_for(reason);
        }
        if old.head != new.head {
            changes.reload_for(ReloadReason::Head);
        }
        // Between two changes a service must not be without any server.
        changes.servers.sort_by_key(|it| it.change.order());
        changes
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.servers.is_empty() && self.reload.is_none()
    }

    fn of_server(&mut self, backend: &Name, name: &Name, was: &Server, is: Option<&Server>) {
        let Some(is) = is else { return self.server(backend, name, Change::Remove) };
        if (was.addr, was.port) != (is.addr, is.port) {
            self.server(backend, name, Change::Move(is.clone()));
        }
        match (was.is_draining, is.is_draining) {
            (false, true) => self.server(backend, name, Change::Drain),
            (true, false) => self.server(backend, name, Change::Ready),
            (false, false) | (true, true) => {}
        }
    }

    fn server(&mut self, backend: &Name, server: &Name, change: Change) {
        let (backend, server) = (backend.clone(), server.clone());
        self.servers.push(ServerChange { backend, server, change });
    }

    fn reload_for(&mut self, reason: ReloadReason) {
        self.reload.get_or_insert(reason);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bridge::config::Listeners;
    use crate::bridge::model::Service;
    use crate::bridge::model::tests::{many, one_of};

    fn of(services: &[Service]) -> Configuration {
        let listeners = Listeners {
            folder: "/run/x".into(),
            stats: NonZeroU16::MIN,
            hosts: NonZeroU16::new(18080),
        };
        Configuration::new(services, &listeners)
    }

    fn to(change: impl Fn(&mut Vec<Service>)) -> Changes {
        let mut services = one_of();
        let old = of(&services);
        change(&mut services);
        Changes::between(&old, &of(&services))
    }

    fn kinds(changes: &Changes) -> Vec<(&str, &Change)> {
        changes.servers.iter().map(|it| (it.server.as_str(), &it.change)).collect()
    }

    #[test]
    fn servers_change_without_a_reload() {
        assert!(to(|_| ()).is_empty());
        let ready = to(|it| it[0].servers[0].is_draining = false);
        assert_eq!(
            (kinds(&ready), &ready.reload),
            (vec![("127_0_0_1_31000", &Change::Ready)], &None)
        );
        let drain = to(|it| it[0].servers[1].is_draining = true);
        assert_eq!(kinds(&drain), [("127_0_0_1_32000", &Change::Drain)]);
        let gone = to(|it| drop(it[0].servers.remove(0)));
        assert_eq!(
            (kinds(&gone), &gone.reload),
            (vec![("127_0_0_1_31000", &Change::Remove)], &None)
        );
        let added = to(|it| {
            let mut more = it[0].servers[1].clone();
            more.name = Name::new("more").unwrap();
            it[0].servers.push(more);
        });
        assert_eq!(added.reload, None);
        let [ServerChange { change: Change::Add { server, is_draining: false }, .. }] =
            &added.servers[..]
        else {
            panic!("{added:?}")
        };
        assert_eq!((server.port.get(), server.weight), (32000, 1));
        let moved = to(|it| it[0].servers[1].addr = "127.0.0.2".parse().unwrap());
        assert!(matches!(kinds(&moved)[..], [("127_0_0_1_32000", Change::Move(_))]));
        assert_eq!(moved.reload, None);
    }

    #[test]
    fn new_servers_come_before_old_ones_go() {
        let moved = to(|it| {
            it[0].servers[0].is_draining = false;
            it[0].servers[1].name = Name::new("z").unwrap();
        });
        let kinds = kinds(&moved);
        assert!(matches!(kinds[0].1, Change::Ready | Change::Add { .. }), "{kinds:?}");
        assert!(matches!(kinds[1].1, Change::Ready | Change::Add { .. }), "{kinds:?}");
        assert_eq!(kinds[2..], [("127_0_0_1_32000", &Change::Remove)]);
    }

    #[test]
    fn all_else_is_a_reload_that_says_why() {
        let (none, all) = (of(&[]), of(&many()));
        let text = |changes: Changes| changes.reload.map(|it| it.to_string()).unwrap_or_default();
        assert_eq!(text(Changes::between(&none, &all)), "a0_10000 on port 10000 is new");
        assert_eq!(text(Changes::between(&all, &none)), "a0_10000 is gone");
        assert_eq!(text(to(|it| it[0].check.fall = 9)), "demo_10000 is another");
        assert_eq!(
            text(to(|it| it[0].hosts.push("a".into()))),
            "the rules for virtual hosts differ"
        );
        let mut sticky = one_of();
        sticky[0].is_sticky = true;
        let old = of(&sticky);
        sticky[0].servers[1].name = Name::new("x").unwrap();
        let changes = Changes::between(&old, &of(&sticky));
        assert_eq!(
            text(changes),
            "the servers of demo_10000 have cookies or a check on another port"
        );
    }
}
