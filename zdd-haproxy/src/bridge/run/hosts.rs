//! The addresses of machines.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use tokio::net::lookup_host;
use tokio::time::{Instant, timeout};
use zdd_core::ports::AppStatus;

const WITHIN: Duration = Duration::from_secs(2);
/// An address is asked for again after so long.
const KEPT_FOR: Duration = Duration::from_secs(300);
/// A name without one after so long.
const MISSED_FOR: Duration = Duration::from_secs(5);

/// The addresses of machines, as far as they are known.
#[derive(Debug, Default)]
pub(super) struct Hosts {
    known: BTreeMap<String, IpAddr>,
    asked: BTreeMap<String, Instant>,
}

impl Hosts {
    pub(super) fn known(&self) -> &BTreeMap<String, IpAddr> {
        &self.known
    }

    /// Looks the hosts of all tasks up, as far as that has to be.
    pub(super) async fn look_up(&mut self, apps: &[AppStatus]) {
        let tasks = apps.iter().filter_map(|app| app.tasks.as_ref()).flatten();
        let names: BTreeSet<&str> = tasks
            .filter_map(|task| task.host.as_deref())
            .filter(|host| host.parse::<IpAddr>().is_err())
            .collect();
        self.known.retain(|name, _| names.contains(name.as_str()));
        self.asked.retain(|name, _| names.contains(name.as_str()));
        for name in names {
            let keep = if self.known.contains_key(name) { KEPT_FOR } else { MISSED_FOR };
            if self.asked.get(name).is_some_and(|at| at.elapsed() < keep) {
                continue;
            }
            if let Ok(Ok(addresses)) = timeout(WITHIN, lookup_host((name, 0))).await {
                // As marathon-lb does: an IPv4 address where there is one.
                let found: Vec<IpAddr> = addresses.map(|it| it.ip()).collect();
                let first = found.iter().find(|it| it.is_ipv4()).or(found.first());
                if let Some(first) = first {
                    self.known.insert(name.into(), *first);
                }
            }
            self.asked.insert(name.into(), Instant::now());
        }
    }
}
