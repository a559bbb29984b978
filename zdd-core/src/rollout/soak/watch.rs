//! Watches while a pause lasts.

use core::time::Duration;

use super::failure::{Failed, Failure};
use super::limits::{Limits, Part, Pause, Soak};
use super::tally::Tally;
use crate::rollout::observation::Observation;
use crate::rollout::view::{Side, View};
use crate::rollout::waiting::WaitingOn;
use crate::shares::Share;
use crate::units::Timestamp;

/// A pause that has begun, or will.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Watch {
    soak: Soak,
    /// When the pause began.
    since: Option<Timestamp>,
    /// Since when not all instances serve.
    sick: Option<Timestamp>,
    tally: Tally,
}

impl Watch {
    pub(crate) fn new(soak: Soak, since: Option<Timestamp>) -> Self {
        Self { soak, since, sick: None, tally: Tally::default() }
    }

    /// Looks, once the traffic is split. `need` instances of the new version are to serve.
    pub(crate) fn look(
        &mut self,
        now: Timestamp,
        seen: &Observation,
        view: &View<'_>,
        need: u32,
    ) -> Option<Failure> {
        self.since?;
        self.tally.look(seen, view);
        let have = view.side(Side::New).up();
        self.sick = if have < need { self.sick.or(Some(now)) } else { None };
        let Limits { unhealthy, .. } = self.soak.limits;
        let age = self.sick.map(|since| now.since(since)).unwrap_or_default();
        if let Some(limit) = unhealthy
            && self.sick.is_some()
            && age >= limit
        {
            return Some(Failure::Unhealthy { have, need, age });
        }
        self.failure()
    }

    /// What is still waited for, everything else being as it should; nothing when the pause is over.
    pub(crate) fn wait(&mut self, now: Timestamp) -> Option<WaitingOn> {
        // Another clock may be ahead.
        let since = *self.since.get_or_insert(now);
        let since = since.min(now);
        self.since = Some(since);
        match self.soak.pause {
            Pause::Approval => return Some(WaitingOn::Approval),
            Pause::For(time) => {
                let left = time.saturating_sub(now.since(since));
                if left > Duration::ZERO {
                    let Failed { requests, errors } = self.tally.failed(Side::New);
                    return Some(WaitingOn::Pause { left, requests, errors });
                }
            }
        }
        let (have, need) = (self.tally.failed(Side::New).requests, self.soak.limits.requests);
        (have < need).then_some(WaitingOn::Requests { have, need })
    }

    fn failure(&self) -> Option<Failure> {
        let limits = self.soak.limits;
        let (new, old) = (self.tally.failed(Side::New), self.tally.failed(Side::Old));
        if new.requests < limits.requests.max(1) {
            return None;
        }
        if let Some(limit) = limits.errors
            && is_above(new, limit.real())
        {
            return Some(Failure::Errors { new, limit });
        }
        if let Some(limit) = limits.more_errors
            && old.requests > 0
            && is_above(new, share(old).part() + limit.real())
        {
            return Some(Failure::MoreErrors { new, old, limit });
        }
        let new = self.tally.response_time(Side::New)?;
        if let Some(limit) = limits.response_time
            && new > limit
        {
            return Some(Failure::Slow { new, limit });
        }
        let old = self.tally.response_time(Side::Old)?;
        let limit = limits.slower?;
        is_slower(new, old, limit).then_some(Failure::Slower { new, old, limit })
    }
}

/// Whether surely more than a part of them failed.
fn is_above(failed: Failed, part: f64) -> bool {
    share(failed).interval().low > part
}

const fn share(failed: Failed) -> Share {
    Share { count: failed.errors, all: failed.requests }
}

/// A millisecond is what balancers measure to: less than that is no difference.
fn is_slower(new: Duration, old: Duration, limit: Part) -> bool {
    let allowed = old.max(Duration::from_millis(1)).as_secs_f64() * limit.real();
    new.as_secs_f64() > allowed.max((old + Duration::from_millis(1)).as_secs_f64())
}
