//! What the health checks of an instance say about it.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use crate::app::HealthCheck;
use crate::ports::HealthResult;
use crate::units::Timestamp;

/// The results of the health checks of one task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthTracker {
    checks: Vec<Check>,
    /// Since when the task runs.
    running_since: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Check {
    grace: Duration,
    /// So many failures in a row are too many; 0 is never.
    too_many: u32,
    result: Option<HealthResult>,
}

/// What a result of a health check changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct HealthChange {
    /// The check failed, and not within its grace period: a `failed_health_check_event`.
    pub failed: bool,
    /// The check passes now and did not before, or the other way round: a
    /// `health_status_changed_event`.
    pub alive: Option<bool>,
    /// What all checks together say changed, to this: an `instance_health_changed_event`.
    pub healthy: Option<Option<bool>>,
    /// The check failed too often in a row: the instance is to be killed for this reason, unless it
    /// is out of reach.
    pub kill: Option<String>,
}

impl HealthTracker {
    /// The tracker of a task that does not run yet.
    pub fn new(checks: &[HealthCheck]) -> Self {
        let checks = checks.iter().map(|check| Check {
            grace: check.grace_period,
            // Mesos kills at the first failure where Marathon never would.
            too_many: match check.max_consecutive_failures {
                0 if check.protocol.runs_in_mesos() => 1,
                most => most,
            },
            result: None,
        });
        Self { checks: checks.collect(), running_since: None }
    }

    /// The task runs, or does not. The grace periods begin when it does; failures while it does not
    /// say nothing.
    pub fn set_running(&mut self, since: Option<Timestamp>) {
        self.running_since = since;
    }

    /// The check at a position of the definition passed, or failed with a cause. A position that the
    /// definition does not have changes nothing.
    ///
    /// Failures within the grace period, which begins when the task runs, do not count until the
    /// check has passed once.
    ///
    /// Source: Marathon's `HealthCheckActor`.
    pub fn checked(
        &mut self,
        now: Timestamp,
        check: usize,
        result: Result<(), &str>,
    ) -> HealthChange {
        let before = self.is_healthy();
        let running_since = self.running_since;
        let Some(check) = self.checks.get_mut(check) else {
            return HealthChange::default();
        };
        let mut change = match result {
            Ok(()) => check.passed(now),
            Err(_) if check.excuses(now, running_since) => HealthChange::default(),
            Err(cause) => check.failed(now, cause),
        };
        let after = self.is_healthy();
        change.healthy = (before != after).then_some(after);
        change
    }

    /// What the checks said last, by their position; `None` where one said nothing that counts.
    pub fn results(&self) -> Vec<Option<HealthResult>> {
        self.checks.iter().map(|check| check.result.clone()).collect()
    }

    /// Whether all checks pass. `None` while one of them said nothing yet, and without any.
    ///
    /// Source: Marathon's `AppHealthCheckActor`.
    pub fn is_healthy(&self) -> Option<bool> {
        if self.checks.is_empty() {
            return None;
        }
        let alive = self.checks.iter().map(|check| check.result.as_ref().map(|one| one.alive));
        alive.collect::<Option<Vec<_>>>().map(|alive| alive.into_iter().all(|alive| alive))
    }

    /// Until when failures of a check do not count; `None` when they count already, and while the
    /// task does not run.
    pub fn grace_until(&self, check: usize) -> Option<Timestamp> {
        let check = self.checks.get(check).filter(|check| !check.has_passed())?;
        self.running_since.map(|since| since.saturating_add(check.grace))
    }
}

impl Check {
    fn has_passed(&self) -> bool {
        self.result.as_ref().is_some_and(|result| result.first_success.is_some())
    }

    fn is_alive(&self) -> bool {
        self.result.as_ref().is_some_and(|result| result.alive)
    }

    /// Whether a failure does not count.
    fn excuses(&self, now: Timestamp, running_since: Option<Timestamp>) -> bool {
        running_since
            .is_none_or(|since| !self.has_passed() && now < since.saturating_add(self.grace))
    }

    fn passed(&mut self, now: Timestamp) -> HealthChange {
        let was_alive = self.is_alive();
        let result = self.result.get_or_insert_default();
        result.alive = true;
        result.consecutive_failures = 0;
        result.first_success.get_or_insert(now);
        result.last_success = Some(now);
        HealthChange { alive: (!was_alive).then_some(true), ..HealthChange::default() }
    }

    fn failed(&mut self, now: Timestamp, cause: &str) -> HealthChange {
        let was_alive = self.is_alive();
        let result = self.result.get_or_insert_default();
        result.alive = false;
        result.consecutive_failures = result.consecutive_failures.saturating_add(1);
        result.last_failure = Some(now);
        result.last_failure_cause = Some(cause.to_string());
        let is_too_many = self.too_many > 0 && result.consecutive_failures >= self.too_many;
        HealthChange {
            failed: true,
            alive: was_alive.then_some(false),
            healthy: None,
            kill: is_too_many.then(|| cause.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use proptest::prelude::*;

    use super::*;
    use crate::app::App;

    fn tracker(checks: &str) -> HealthTracker {
        let app = format!(r#"{{"id": "/a", "cmd": "a", "healthChecks": [{checks}]}}"#);
        HealthTracker::new(App::parse(&app).unwrap().health_checks())
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    const ONE: &str = r#"{"gracePeriodSeconds": 10, "maxConsecutiveFailures": 2}"#;

    fn running(checks: &str) -> HealthTracker {
        let mut tracker = tracker(checks);
        tracker.set_running(Some(at(100)));
        tracker
    }

    #[test]
    fn failures_within_the_grace_period_say_nothing() {
        let mut tracker = tracker(ONE);
        assert_eq!(tracker.checked(at(0), 0, Err("no")), HealthChange::default());
        assert_eq!(tracker.grace_until(0), None);
        tracker.set_running(Some(at(100)));
        assert_eq!(tracker.grace_until(0), Some(at(110)));
        assert_eq!(tracker.checked(at(109), 0, Err("no")), HealthChange::default());
        assert_eq!((tracker.is_healthy(), tracker.results()), (None, [None].into()));
        let change = tracker.checked(at(110), 0, Err("no"));
        assert!(change.failed && change.alive.is_none() && change.kill.is_none());
        assert_eq!(change.healthy, Some(Some(false)));
    }

    #[test]
    fn the_first_success_ends_the_grace_period() {
        let mut tracker = running(ONE);
        let change = tracker.checked(at(101), 0, Ok(()));
        assert_eq!((change.alive, change.healthy), (Some(true), Some(Some(true))));
        assert_eq!(tracker.grace_until(0), None);
        let change = tracker.checked(at(102), 0, Err("503"));
        assert!(change.failed && change.alive == Some(false));
        assert_eq!(change.healthy, Some(Some(false)));
        let expected = HealthResult {
            alive: false,
            consecutive_failures: 1,
            first_success: Some(at(101)),
            last_success: Some(at(101)),
            last_failure: Some(at(102)),
            last_failure_cause: Some("503".into()),
        };
        assert_eq!(tracker.results(), [Some(expected)]);
    }

    #[test]
    fn so_many_failures_in_a_row_kill() {
        let mut tracker = running(ONE);
        let killed = |tracker: &mut HealthTracker, result| tracker.checked(at(200), 0, result).kill;
        assert_eq!(killed(&mut tracker, Err("one")), None);
        assert_eq!(killed(&mut tracker, Ok(())), None);
        assert_eq!(killed(&mut tracker, Err("two")), None);
        assert_eq!(killed(&mut tracker, Err("three")), Some("three".into()));
        assert_eq!(killed(&mut tracker, Err("four")), Some("four".into()));
    }

    #[test]
    fn no_limit_means_never_to_marathon_and_at_once_to_mesos() {
        for (protocol, is_killed) in [("HTTP", false), ("COMMAND", true), ("MESOS_TCP", true)] {
            let command = r#""command": {"value": "true"}"#;
            let mut tracker = running(&format!(
                r#"{{"protocol": "{protocol}", "maxConsecutiveFailures": 0, {command}}}"#
            ));
            let mut kills = (0..5).map(|_| tracker.checked(at(999), 0, Err("no")).kill.is_some());
            assert_eq!(kills.next(), Some(is_killed), "{protocol}");
            assert!(kills.all(|killed| killed == is_killed), "{protocol}");
        }
    }

    #[test]
    fn an_instance_is_healthy_when_all_checks_pass() {
        let mut tracker = running(&format!("{ONE}, {ONE}"));
        assert_eq!(tracker.checked(at(101), 0, Ok(())).healthy, None);
        assert_eq!(tracker.is_healthy(), None);
        assert_eq!(tracker.checked(at(101), 1, Ok(())).healthy, Some(Some(true)));
        assert_eq!(tracker.checked(at(102), 1, Err("no")).healthy, Some(Some(false)));
        assert_eq!(tracker.checked(at(103), 2, Err("no")), HealthChange::default());
        assert_eq!(running("").is_healthy(), None);
    }

    proptest! {
        /// Told one by one, the changes say what the tracker says in the end.
        #[test]
        fn changes_add_up(steps in prop::collection::vec((0_i64..20, 0_usize..2, any::<bool>()), 0..60)) {
            let mut tracker = running(&format!("{ONE}, {ONE}"));
            let (mut now, mut healthy, mut alive) = (100, None, [false; 2]);
            for (later, check, passes) in steps {
                now += later;
                let change = tracker.checked(at(now), check, if passes { Ok(()) } else { Err("no") });
                healthy = change.healthy.unwrap_or(healthy);
                alive[check] = change.alive.unwrap_or(alive[check]);
                prop_assert_eq!(tracker.is_healthy(), healthy);
                let results = tracker.results();
                prop_assert_eq!(alive[check], results[check].as_ref().is_some_and(|one| one.alive));
                prop_assert!(change.kill.is_none() || change.failed);
            }
        }
    }
}
