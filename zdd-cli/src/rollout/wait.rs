//! What a rollout waits for, with what was seen of it.

use std::fmt;

use zdd_core::rollout::{Observation, WaitingOn};
use zdd_core::units::{AppId, Timestamp};
use zdd_core::watch::{Moment, Reason, Waiting, Watch};

/// A wait, and why instances are not healthy, where their checks say it.
#[derive(Clone, Debug)]
pub(super) struct Wait {
    pub(super) on: WaitingOn,
    trouble: Option<Waiting>,
}

impl Wait {
    pub(super) fn of(on: &WaitingOn, now: Timestamp, seen: &Observation) -> Self {
        let trouble = match on {
            WaitingOn::Health { app, .. } => trouble(app, now, seen),
            _ => None,
        };
        Self { on: on.clone(), trouble }
    }

    /// Whether both say the same, but for numbers and for which instance is the first.
    pub(super) fn is_alike(&self, other: &Self) -> bool {
        self.on.is_same(&other.on)
            && about(&self.on) == about(&other.on)
            && self.kind() == other.kind()
    }

    fn kind(&self) -> Option<(&'static str, Option<&str>)> {
        self.trouble.as_ref().map(|it| what(&it.reason))
    }
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.on.fmt(f)?;
        self.trouble.as_ref().map_or(Ok(()), |it| write!(f, "; {it}"))
    }
}

/// What is wrong with the instances of an app, as far as its tasks say it: what waits to be launched is not
/// read while a rollout is carried out.
fn trouble(app: &AppId, now: Timestamp, seen: &Observation) -> Option<Waiting> {
    let sides = [&seen.old, &seen.new].into_iter().flatten();
    let app = sides.into_iter().find(|it| it.app.id() == app)?;
    let view = Watch::new().look(&Moment { now, app, deployments: &[], queue: &[] });
    view.waiting.into_iter().find(|it| it.reason.is_trouble())
}

/// The app, or the balancer, that a wait is about, and the words of others in it.
fn about(on: &WaitingOn) -> (Option<&str>, Option<&str>) {
    match on {
        WaitingOn::Health { app, last_failure, .. } => {
            (Some(app.as_str()), last_failure.as_deref())
        }
        WaitingOn::Servers { app, status, .. } => (Some(app.as_str()), status.as_deref()),
        WaitingOn::Balancer { balancer, error, .. } => (Some(balancer), Some(error)),
        WaitingOn::OldWorkers { balancer, .. } => (Some(balancer), None),
        WaitingOn::Deployment { app, .. }
        | WaitingOn::WrongWay { app, .. }
        | WaitingOn::TakenOut { app, .. }
        | WaitingOn::Stopping { app, .. } => (Some(app.as_str()), None),
        _ => (None, None),
    }
}

/// The kind of a reason, and the words of others in it.
fn what(reason: &Reason) -> (&'static str, Option<&str>) {
    let cause = match reason {
        Reason::HealthFailing { cause, .. } => cause.as_deref(),
        _ => None,
    };
    (reason.code(), cause)
}

#[cfg(test)]
pub(super) mod tests {
    use zdd_core::app::App;
    use zdd_core::ports::{AppStatus, HealthResult, Task, TaskState};

    use super::*;

    pub(in crate::rollout) fn seen(cause: &str, failures: u32) -> Observation {
        let json = r#"{"id": "/shop-green", "healthChecks": [{"maxConsecutiveFailures": 9}]}"#;
        let mut status = AppStatus::new(App::parse(json).unwrap());
        let id = "shop-green.1".parse().unwrap();
        let mut task = Task::new(id, status.app.id().clone(), TaskState::Running);
        let mut result = HealthResult::default();
        result.consecutive_failures = failures;
        result.last_failure_cause = Some(cause.into());
        task.health.push(result);
        status.tasks = Some(vec![task]);
        Observation { new: Some(status), ..Observation::default() }
    }

    pub(in crate::rollout) fn health(have: u32) -> WaitingOn {
        let app = "/shop-green".parse().unwrap();
        WaitingOn::Health { app, have, need: 3, last_failure: None }
    }

    fn wait(have: u32, seen: &Observation) -> Wait {
        Wait::of(&health(have), Timestamp::EPOCH, seen)
    }

    #[test]
    fn why_a_check_fails_is_said() {
        assert_eq!(
            wait(0, &seen("HTTP 404", 2)).to_string(),
            "/shop-green: 0 of 3 healthy; 1 instance fails its health check, 2 of 9 in a row: HTTP 404"
        );
        let unread = Observation::default();
        assert_eq!(wait(0, &unread).to_string(), "/shop-green: 0 of 3 healthy");
        let effect = Wait::of(&WaitingOn::Effect, Timestamp::EPOCH, &seen("HTTP 404", 2));
        assert_eq!(effect.to_string(), WaitingOn::Effect.to_string());
    }

    #[test]
    fn numbers_alone_make_no_other_wait() {
        let first = wait(0, &seen("HTTP 404", 2));
        assert!(first.is_alike(&wait(2, &seen("HTTP 404", 3))));
        assert!(!first.is_alike(&wait(0, &seen("HTTP 500", 2))));
        assert!(!first.is_alike(&wait(0, &Observation::default())));
        let mut other = first.clone();
        other.on = WaitingOn::Effect;
        assert!(!first.is_alike(&other));
        let mut failed = first.clone();
        if let WaitingOn::Health { last_failure, .. } = &mut failed.on {
            *last_failure = Some("exit 1".into());
        }
        assert!(!first.is_alike(&failed));
    }
}
