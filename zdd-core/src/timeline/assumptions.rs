//! How long things are taken to last.

use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::app::{App, HealthCheck};

/// How long an instance takes for each part of its life: what a plan assumes about time, in whole
/// milliseconds (finer parts are cut off), each at most [`MAX`](Self::MAX).
///
/// Only the times of a plan depend on these, and which of two waves comes first; never its bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assumptions {
    /// From launch to running.
    pub start: Duration,
    /// From running to having passed all checks; zero without checks.
    pub healthy: Duration,
    /// From being told to stop to being seen dead.
    pub stop: Duration,
}

impl Assumptions {
    /// Taken where a definition says nothing about it: a small image that is on the agent already.
    pub const DEFAULT_START: Duration = Duration::from_secs(5);
    /// Taken where a definition has no `taskKillGracePeriodSeconds`: Mesos' own default for the time
    /// between SIGTERM and SIGKILL.
    pub const DEFAULT_STOP: Duration = Duration::from_secs(3);
    /// The longest that a part may take: a day. Sums over a plan of any size then stay in range.
    pub const MAX: Duration = Duration::from_secs(24 * 60 * 60);

    /// What the definition of `app` says about the times of its instances.
    ///
    /// - healthy: the latest of its checks. Marathon makes its own first health check after the
    ///   interval or 5 s, whichever is shorter; the executor makes its first one after its delay; the
    ///   readiness check is made as soon as the instance runs. All are taken to pass at once.
    /// - stop: `taskKillGracePeriodSeconds`, as if every instance used up all of it.
    pub fn of(app: &App) -> Self {
        let first = |check: &HealthCheck| {
            if check.protocol.runs_in_mesos() {
                check.delay
            } else {
                check.interval.min(Duration::from_secs(5))
            }
        };
        Self {
            start: Self::DEFAULT_START,
            healthy: app.health_checks().iter().map(first).max().unwrap_or_default(),
            stop: app.kill_grace().unwrap_or(Self::DEFAULT_STOP),
        }
    }

    /// The same for instances of `old`, if there were any, that make room for those of `new`: it is
    /// the old definition that says how long an old instance takes to stop.
    pub fn between(old: Option<&App>, new: &App) -> Self {
        Self { stop: Self::of(old.unwrap_or(new)).stop, ..Self::of(new) }
    }

    /// Start, healthy and stop in milliseconds. Where all are zero the start takes one, the
    /// resolution of Marathon's clock: in no time at all there is no order.
    pub(crate) fn millis(&self) -> [u64; 3] {
        let whole = |part: Duration| {
            u64::try_from(part.min(Self::MAX).as_millis()).expect("a day of milliseconds fits")
        };
        match [whole(self.start), whole(self.healthy), whole(self.stop)] {
            [0, 0, 0] => [1, 0, 0],
            parts => parts,
        }
    }
}

impl Default for Assumptions {
    fn default() -> Self {
        Self { start: Self::DEFAULT_START, healthy: Duration::ZERO, stop: Self::DEFAULT_STOP }
    }
}
