//! Servers and backends, kept.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use zdd_core::ports::Counters;

use crate::socket::{ServerState, SetState};
use crate::stats::{Row, ServerStatus, Word};

/// A backend.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Backend {
    /// Its name.
    pub name: String,
    /// How it chooses a server: `roundrobin`. Old versions do not say.
    pub algo: Option<String>,
    /// Requests that wait for any of its servers.
    pub qcur: u64,
    /// Sessions that are going on.
    pub scur: u64,
}

/// A server of a backend.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Server {
    /// Its backend.
    pub backend: String,
    /// Its name.
    pub name: String,
    /// Whether it serves, as HAProxy sees it.
    pub status: ServerStatus,
    /// What the operator, or the configuration, set it to. From statistics alone this is known of
    /// servers in `MAINT` and `DRAIN` and of those that serve; of one that is `DOWN` it is not.
    pub admin: Option<SetState>,
    /// Sessions that are going on.
    pub scur: u64,
    /// Requests that wait for this server and no other.
    pub qcur: u64,
    /// Sessions since HAProxy started, or somebody cleared the counters.
    pub stot: u64,
    /// The weight that was set. Versions that do not say show the one that works just now.
    pub weight: Option<u64>,
    /// The last health check. `None` where there is none.
    pub check: Option<HealthCheck>,
    /// Where it is, if that is said: not over HTTP, and not for names without an address.
    pub addr: Option<SocketAddr>,
    /// The cookie that binds clients to it. They go on coming while it drains.
    pub cookie: Option<String>,
    /// What was counted of it.
    pub counters: Counters,
}

/// What the last health check of a server said.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HealthCheck {
    /// HAProxy's word: `L7OK`, `L4CON`, `INI` for none yet.
    pub code: String,
    /// Whether the server passed it.
    pub is_passed: bool,
    /// HAProxy's words for it.
    pub words: Option<String>,
}

impl Server {
    pub(super) fn of_row(row: &Row<'_>) -> Self {
        Self {
            backend: row.pxname.clone().into_owned(),
            name: row.svname.clone().into_owned(),
            status: row.status,
            admin: admin_of(row.status),
            scur: row.scur.unwrap_or_default(),
            qcur: row.qcur.unwrap_or_default(),
            stot: row.stot.unwrap_or_default(),
            weight: row.uweight.or(row.weight),
            check: row.check.as_ref().map(|check| HealthCheck {
                code: check.code.clone().into_owned(),
                is_passed: check.is_passed(),
                words: row.last_chk.as_deref().map(str::to_owned),
            }),
            addr: row.addr.as_deref().and_then(|addr| addr.parse().ok()),
            cookie: row.cookie.as_deref().map(str::to_owned),
            counters: counters(row),
        }
    }

    /// Adds what `show servers state` says, which knows better.
    pub(super) fn complete(&mut self, state: &ServerState) {
        self.admin = Some(if state.srv_admin_state.is_maint() {
            SetState::Maint
        } else if state.srv_admin_state.is_drain() {
            SetState::Drain
        } else {
            SetState::Ready
        });
        self.weight = Some(state.srv_uweight);
        let addr = state.srv_addr.parse::<IpAddr>().ok();
        self.addr = addr.zip(state.srv_port).map(SocketAddr::from).or(self.addr);
    }
}

/// Answers where they are counted, in `mode http`; else sessions. What failed before there was an answer
/// is in none of the answers.
fn counters(row: &Row<'_>) -> Counters {
    let sum = |counts: &[Option<u64>]| {
        counts.iter().flatten().fold(0_u64, |sum, it| sum.saturating_add(*it))
    };
    let broken = sum(&[row.econ, row.eresp]);
    let is_http = row.hrsp.iter().any(Option::is_some);
    let of_http = sum(&row.hrsp).saturating_add(broken);
    Counters {
        requests: if is_http { of_http } else { sum(&[row.stot, row.econ]) },
        errors: sum(&[row.hrsp[4], Some(broken)]),
        response_time: row.rtime.map(Duration::from_millis),
    }
}

/// What a status tells of what was set. A failing check hides it.
fn admin_of(status: ServerStatus) -> Option<SetState> {
    match status.word {
        Word::Maint => Some(SetState::Maint),
        Word::Drain => Some(SetState::Drain),
        Word::Up | Word::Nolb | Word::NoCheck => Some(SetState::Ready),
        Word::Down | Word::Open | Word::Other => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::View;
    use super::*;

    fn server(headings: &str, cells: &str) -> Server {
        let csv = format!("# pxname,svname,scur,status,{headings},\napp,s1,0,{cells},\n");
        View::of(csv.as_bytes(), None).unwrap().servers.remove(0)
    }

    #[test]
    fn the_weight_that_was_set_outweighs_the_one_that_works() {
        // A slow start shows less, maintenance shows what was before.
        assert_eq!(server("weight,uweight", "UP,7,25").weight, Some(25));
        assert_eq!(server("weight,uweight", "UP,7,").weight, Some(7));
        assert_eq!(server("weight", "UP,7").weight, Some(7));
        assert_eq!(server("mode", "UP,http").weight, None);
    }

    #[test]
    fn what_was_set_is_known_only_where_the_status_tells() {
        for (status, admin) in [
            ("UP 1/2", Some(SetState::Ready)),
            ("no check", Some(SetState::Ready)),
            ("NOLB", Some(SetState::Ready)),
            ("DRAIN", Some(SetState::Drain)),
            ("MAINT (via a/b)", Some(SetState::Maint)),
            ("DOWN", None),
        ] {
            let server = server("type", &format!("{status},2"));
            assert_eq!(server.admin, admin, "{status}");
        }
    }
}
