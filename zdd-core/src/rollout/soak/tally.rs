//! What balancers counted of both sides, from one moment on.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use core::time::Duration;

use super::failure::Failed;
use crate::ports::{Counters, Name};
use crate::rollout::observation::Observation;
use crate::rollout::view::{Side, View};

/// What was counted.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Tally {
    old: Sum,
    new: Sum,
    /// What each server's counters said at the last look, by balancer.
    last: BTreeMap<String, BTreeMap<Name, Counters>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Sum {
    failed: Failed,
    response_time: Option<Duration>,
}

impl Tally {
    /// Adds what was counted since the last look. The first look at a server only says from where on.
    pub(super) fn look(&mut self, seen: &Observation, view: &View<'_>) {
        for side in Side::BOTH {
            let members = view.side(side).members.iter();
            let names: BTreeSet<&Name> = members.filter_map(|it| it.server()).collect();
            let sum = match side {
                Side::Old => &mut self.old,
                Side::New => &mut self.new,
            };
            let mut times = Times::default();
            for balancer in &seen.balancers {
                let Ok(look) = &balancer.seen else { continue };
                let last = self.last.entry(balancer.name.clone()).or_default();
                for server in look.servers.iter().filter(|it| names.contains(&it.name)) {
                    let Some(counters) = server.counters else { continue };
                    let before = last.insert(server.name.clone(), counters);
                    let Some(before) = before else { continue };
                    let added = counters.since(before);
                    sum.failed.requests = sum.failed.requests.saturating_add(added.requests);
                    sum.failed.errors = sum.failed.errors.saturating_add(added.errors);
                    times.add(counters);
                }
            }
            sum.response_time = times.average().or(sum.response_time);
        }
    }

    pub(super) const fn failed(&self, side: Side) -> Failed {
        self.of(side).failed
    }

    /// The average time to answer, if it is known.
    pub(super) const fn response_time(&self, side: Side) -> Option<Duration> {
        self.of(side).response_time
    }

    const fn of(&self, side: Side) -> &Sum {
        match side {
            Side::Old => &self.old,
            Side::New => &self.new,
        }
    }
}

/// The average of averages, each as often as there were requests.
#[derive(Default)]
struct Times {
    requests: u128,
    millis: u128,
}

impl Times {
    fn add(&mut self, counters: Counters) {
        let Some(time) = counters.response_time else { return };
        self.requests += u128::from(counters.requests);
        self.millis += u128::from(counters.requests) * time.as_millis();
    }

    fn average(&self) -> Option<Duration> {
        let millis = self.millis.checked_div(self.requests)?;
        Some(Duration::from_millis(millis.try_into().unwrap_or(u64::MAX)))
    }
}
