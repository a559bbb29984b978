//! The core's port to load balancers, by the admin socket and by marathon-lb.

use async_trait::async_trait;
use zdd_core::ports;
use zdd_core::ports::{BalancerError, LoadBalancer, Name, ServerChange};

use crate::admin::{self, AdminError, AdminSocket, Change};
use crate::marathon_lb::{self, HttpError, MarathonLb};
use crate::socket::{Refusal, SocketError};
use crate::view::{Server, View};

#[async_trait]
impl LoadBalancer for AdminSocket {
    async fn look(&self, backend: &Name) -> Vec<ports::Balancer> {
        of_looks(Self::look(self).await, backend)
    }

    async fn set(&self, backend: &Name, changes: &[ServerChange]) -> Vec<ports::Balancer> {
        let change = |change: &ServerChange| Change {
            backend: backend.clone(),
            server: change.server.clone(),
            setting: change.setting,
        };
        let changes: Vec<Change> = changes.iter().map(change).collect();
        of_looks(Self::set(self, &changes).await, backend)
    }

    async fn cut(&self, backend: &Name, servers: &[Name]) -> Vec<ports::Balancer> {
        let mut failed = Vec::new();
        for server in servers {
            let looks = self.shutdown_sessions(backend, server).await;
            failed.extend(looks.into_iter().filter(|look| look.seen.is_err()));
        }
        // What failed once is told, even if the balancer answers again.
        let mut looks = Self::look(self).await;
        for look in &mut looks {
            if let Some(at) = failed.iter().position(|it| it.balancer == look.balancer) {
                look.seen = failed.swap_remove(at).seen;
            }
        }
        of_looks(looks, backend)
    }

    fn can_set(&self) -> bool {
        true
    }
}

#[async_trait]
impl LoadBalancer for MarathonLb {
    async fn look(&self, backend: &Name) -> Vec<ports::Balancer> {
        match Self::look(self).await {
            Ok(looks) => looks.into_iter().map(|look| of_http(look, backend)).collect(),
            Err(error) => {
                let name = self.name();
                vec![ports::Balancer { seen: Err(http_error(&name, &error)), name }]
            }
        }
    }

    async fn set(&self, _: &Name, _: &[ServerChange]) -> Vec<ports::Balancer> {
        vec![self.read_only()]
    }

    async fn cut(&self, _: &Name, _: &[Name]) -> Vec<ports::Balancer> {
        vec![self.read_only()]
    }

    fn can_set(&self) -> bool {
        false
    }
}

impl MarathonLb {
    fn read_only(&self) -> ports::Balancer {
        let name = self.name();
        ports::Balancer { seen: Err(BalancerError::ReadOnly { balancer: name.clone() }), name }
    }
}

fn of_looks(looks: Vec<admin::Look>, backend: &Name) -> Vec<ports::Balancer> {
    looks.into_iter().map(|look| of_admin(look, backend)).collect()
}

fn of_admin(look: admin::Look, backend: &Name) -> ports::Balancer {
    let seen = match look.seen {
        Ok(seen) => {
            let mut it = seen_in(&seen.view, backend);
            it.old_workers = seen.old_workers.map(|pids| pids.len());
            it.notices = seen.notices.into_iter().filter_map(|it| notice(it, backend)).collect();
            Ok(it)
        }
        Err(error) => Err(admin_error(&look.balancer, &error)),
    };
    ports::Balancer { name: look.balancer, seen }
}

fn of_http(look: marathon_lb::Look, backend: &Name) -> ports::Balancer {
    let seen = match look.seen {
        Ok(seen) => {
            let mut it = seen_in(&seen.view, backend);
            it.old_workers = Some(seen.n_old_workers());
            Ok(it)
        }
        Err(error) => Err(http_error(&look.balancer, &error)),
    };
    ports::Balancer { name: look.balancer, seen }
}

fn seen_in(view: &View, backend: &Name) -> ports::Look {
    let mut look = ports::Look::default();
    let its = view.backends.iter().find(|it| it.name == backend.as_str());
    look.balance = its.and_then(|it| it.algo.clone());
    let servers = view.servers.iter().filter(|server| server.backend == backend.as_str());
    // HAProxy itself lets no server have a name that is none.
    look.servers = servers.filter_map(server).collect();
    look
}

fn server(server: &Server) -> Option<ports::Server> {
    let mut it = ports::Server::new(Name::new(server.name.as_str()).ok()?);
    it.status = server.status.to_string();
    it.is_up = server.status.is_serving();
    it.set = server.admin;
    it.sessions = server.scur;
    it.queue = server.qcur;
    it.weight = server.weight.map(|weight| u16::try_from(weight).unwrap_or(u16::MAX));
    it.check = server.check.as_ref().map(|check| check.code.clone());
    it.passes = server.check.as_ref().filter(|it| it.code != "INI").map(|check| check.is_passed);
    it.addr = server.addr;
    it.is_sticky = server.cookie.is_some();
    it.counters = Some(server.counters);
    Some(it)
}

fn change(change: &Change) -> ServerChange {
    ServerChange { server: change.server.clone(), setting: change.setting }
}

/// What a notice says of this backend; nothing when it is about another.
fn notice(notice: admin::Notice, backend: &Name) -> Option<ports::Notice> {
    let is_here = |it: &Change| it.backend == *backend;
    match notice {
        admin::Notice::Reloaded { .. } => Some(ports::Notice::Reloaded),
        admin::Notice::Reasserted(it) => {
            is_here(&it.wanted).then(|| ports::Notice::Reasserted(change(&it.wanted)))
        }
        admin::Notice::NotReasserted { error, .. } => {
            Some(ports::Notice::NotReasserted(error.to_string()))
        }
        admin::Notice::ChangedByOther(it) => is_here(&it.wanted)
            .then(|| ports::Notice::ChangedByOther { wanted: change(&it.wanted), found: it.found }),
        admin::Notice::Gone { backend: of, server } => {
            (of == *backend).then_some(ports::Notice::Gone(server))
        }
    }
}

fn admin_error(balancer: &str, error: &AdminError) -> BalancerError {
    let balancer = balancer.to_owned();
    let (cause, hint) = (error.to_string(), error.hint());
    match error {
        AdminError::NotKept { .. } => BalancerError::NotKept { balancer, cause, hint },
        AdminError::NoAddress { .. } => BalancerError::Unreachable { balancer, cause, hint },
        AdminError::Socket(error) => match error {
            SocketError::NotReached { .. }
            | SocketError::Silent { .. }
            | SocketError::NoAnswer { .. }
            | SocketError::Cut { .. } => BalancerError::Unreachable { balancer, cause, hint },
            SocketError::Refused { refusal: Refusal::NoSuchServer, .. } => {
                BalancerError::Gone { balancer, cause, hint }
            }
            SocketError::Refused { .. } => BalancerError::Refused { balancer, cause, hint },
            SocketError::Forbidden { .. }
            | SocketError::TooLarge { .. }
            | SocketError::NotHaproxy { .. }
            | SocketError::Stats { .. }
            | SocketError::Level { .. }
            | SocketError::TooOld { .. } => BalancerError::Unusable { balancer, cause, hint },
        },
    }
}

fn http_error(balancer: &str, error: &HttpError) -> BalancerError {
    let balancer = balancer.to_owned();
    let (cause, hint) = (error.to_string(), error.hint());
    if error.may_pass() {
        BalancerError::Unreachable { balancer, cause, hint }
    } else {
        BalancerError::Unusable { balancer, cause, hint }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seen(headings: &str, rows: &[String]) -> Result<ports::Look, crate::stats::StatsError> {
        let csv = format!("# pxname,svname,type,{headings},\n{}", rows.concat());
        let view = View::of(csv.as_bytes(), None)?;
        Ok(seen_in(&view, &Name::new("app").unwrap()))
    }

    /// Numbers of all sizes, and those about the borders.
    fn numbers() -> impl Strategy<Value = u64> {
        let border = u64::from(u32::MAX);
        let at_border = prop_oneof![Just(border), Just(border + 1), Just(u64::MAX)];
        prop_oneof![any::<u32>().prop_map(u64::from), any::<u64>(), at_border]
    }

    #[test]
    fn a_server_is_quiet_when_nobody_can_come_and_nothing_goes_on() {
        let rows = [
            ("drained", "DRAIN,0,0,", true),
            ("sticky", "DRAIN,0,0,c1", false),
            ("away", "MAINT,0,0,c1", true),
            ("busy", "DRAIN,1,0,", false),
            ("waited-for", "MAINT,0,4,", false),
            ("up", "UP,0,0,", false),
            // Its check hides what it was set to.
            ("down", "DOWN,0,0,", false),
        ];
        let text = rows.map(|(name, cells, _)| format!("app,{name},2,{cells},\n"));
        let look = seen("status,scur,qcur,cookie", &text).unwrap();
        let found: Vec<_> =
            look.servers.iter().map(|it| (it.name.as_str(), it.is_quiet())).collect();
        assert_eq!(found, rows.map(|(name, _, is_quiet)| (name, is_quiet)));
    }

    proptest! {
        #[test]
        fn numbers_of_any_size_are_refused_or_can_be_added(
            rows in prop::collection::vec((numbers(), numbers(), numbers(), numbers()), 1..9),
        ) {
            let row = |(n, it): (usize, &(u64, u64, u64, u64))| {
                let (scur, qcur, rtime, stot) = it;
                format!("app,s{n},2,{scur},{qcur},{rtime},{stot},{stot},{stot},UP,\n")
            };
            let text: Vec<String> = rows.iter().enumerate().map(row).collect();
            let look = seen("scur,qcur,rtime,stot,hrsp_2xx,hrsp_5xx,status", &text);
            let fits = |number: &u64| u32::try_from(*number).is_ok();
            let all_fit = rows.iter().all(|(a, b, c, _)| [a, b, c].into_iter().all(fits));
            prop_assert_eq!(look.is_ok(), all_fit, "{:?}", look);
            let Ok(look) = look else { return Ok(()) };
            prop_assert_eq!(look.servers.len(), rows.len());
            let sessions = look.servers.iter().try_fold(0_u64, |sum, it| {
                sum.checked_add(it.sessions)?.checked_add(it.queue)
            });
            prop_assert!(sessions.is_some());
            // What an average over all of them, by their requests, is made of.
            let times = look.servers.iter().try_fold(0_u128, |sum, it| {
                let counters = it.counters?;
                let time = counters.response_time?.as_millis();
                sum.checked_add(u128::from(counters.requests).checked_mul(time)?)
            });
            prop_assert!(times.is_some());
        }
    }

    #[test]
    fn a_server_that_is_gone_is_no_refusal() {
        let refused = |refusal| {
            let error = SocketError::Refused {
                socket: "/run/h".into(),
                command: "set server a/b state drain".into(),
                refusal,
                words: "No.".into(),
            };
            admin_error("h", &AdminError::Socket(error))
        };
        let gone = refused(Refusal::NoSuchServer);
        assert!(matches!(gone, BalancerError::Gone { .. }) && gone.may_pass(), "{gone}");
        assert_eq!(gone.to_string(), "/run/h refuses `set server a/b state drain`: No.");
        let other = refused(Refusal::NoSuchBackend);
        assert!(matches!(other, BalancerError::Refused { .. }) && !other.may_pass(), "{other}");
    }
}
