//! Tasks out of reach: later they are replaced, and then given up.

use core::time::Duration;

use super::agenda::Timer;
use super::instance::Instance;
use super::marathon::Marathon;
use crate::scaling::{Condition, Goal};
use crate::units::{AppId, TaskId, Timestamp};

impl Marathon {
    /// A task is out of reach: later it is replaced, and then given up.
    pub(super) fn out_of_reach(&mut self, app: &AppId, number: u64) {
        let Some(instance) = self.instance_at(app, number) else {
            return;
        };
        let task = instance.task.clone();
        if let Some((inactive, expunge)) = timers(instance, self.now) {
            self.at(inactive, Timer::Inactive(task.clone()));
            self.at(expunge, Timer::Expunge(task));
        }
    }

    /// What is left to be done with a task that was found unreachable: its place, if it still is.
    fn still_out_of_reach(&self, task: &TaskId) -> Option<(AppId, u64)> {
        let is_out = |one: &&Instance| {
            matches!(one.condition, Condition::Unreachable | Condition::UnreachableInactive)
        };
        self.instance_of(task).filter(is_out).map(|one| (one.app.clone(), one.number))
    }

    pub(super) fn becomes_inactive(&mut self, task: &TaskId) {
        if let Some((app, number)) = self.still_out_of_reach(task) {
            self.set_condition(&app, number, Condition::UnreachableInactive);
            self.agenda.to_scale.insert(app);
        }
    }

    pub(super) fn is_given_up(&mut self, task: &TaskId) {
        if let Some((app, number)) = self.still_out_of_reach(task) {
            if let Some(instance) = self.instance_mut(&app, number) {
                instance.goal = Goal::Decommissioned;
            }
            self.changed(&app, number);
            self.forget(&app, number);
        }
    }
}

/// When an instance that is out of reach since `now` is replaced, and when it is given up; `None` if
/// never.
///
/// Source: `unreachableStrategy`, whose defaults are 0 s for both, and never for apps with
/// persistent local volumes.
fn timers(instance: &Instance, now: Timestamp) -> Option<(Timestamp, Timestamp)> {
    let app = instance.definition();
    let strategy = match app.as_json().get("unreachableStrategy") {
        None => None,
        Some(value) if value.is_null() => None,
        Some(value) if value.is_object() => Some(value),
        Some(_) => return None,
    };
    if strategy.is_none() && app.is_resident() {
        return None;
    }
    let seconds = |key: &str| {
        let given = strategy.and_then(|strategy| strategy.get(key)?.as_u64());
        Duration::from_secs(given.unwrap_or(0))
    };
    let inactive = seconds("inactiveAfterSeconds");
    let expunge = seconds("expungeAfterSeconds").max(inactive);
    Some((now.saturating_add(inactive), now.saturating_add(expunge)))
}
