//! What is heard from health checks.

use alloc::format;
use alloc::string::{String, ToString};

use super::event::{UnhealthyKill, What};
use super::marathon::Marathon;
use super::state::MesosState;
use crate::rolling::Change;
use crate::units::{AppId, TaskId, Timestamp};

impl Marathon {
    /// A health check of a task passed, or failed with a cause. `check` is its position in the
    /// definition.
    #[expect(clippy::needless_pass_by_value, reason = "a caller has no further use for a cause")]
    pub fn checked(
        &mut self,
        now: Timestamp,
        task: &TaskId,
        check: usize,
        result: Result<(), String>,
    ) {
        self.clock(now);
        if let Some((app, number)) = self.place_of(task) {
            self.take_check(&app, number, check, result.as_ref().map_err(String::as_str).copied());
        }
        self.settle();
    }

    fn take_check(&mut self, app: &AppId, number: u64, check: usize, result: Result<(), &str>) {
        let now = self.now;
        let Some(instance) = self.instance_mut(app, number) else {
            return;
        };
        let change = instance.tracker.checked(now, check, result);
        instance.health = instance.tracker.results();
        let (id, version) = (instance.id.clone(), instance.version);
        let checks = instance.definition().as_json().get("healthChecks");
        let definition = checks.and_then(|checks| checks.get(check)).cloned().unwrap_or_default();
        if change.failed {
            let (app, instance) = (app.clone(), id.clone());
            self.tell(What::HealthCheckFailed { app, instance, check: definition });
        }
        if let Some(reason) = change.kill {
            self.kill_unhealthy(app, number, &reason);
        }
        if let Some(alive) = change.alive {
            let (app, instance) = (app.clone(), id.clone());
            self.tell(What::HealthStatusChanged { instance, app, version, alive });
        }
        if let Some(healthy) = change.healthy {
            let app_id = app.clone();
            self.tell(What::InstanceHealthChanged { instance: id, app: app_id, version, healthy });
            if let Some(healthy) = healthy {
                self.notice(app, number, Change::Health(healthy));
            }
        }
    }

    /// Kills an instance that fails its health checks, whatever anybody plans with it. It is
    /// launched again, without a launch delay.
    fn kill_unhealthy(&mut self, app: &AppId, number: u64, reason: &str) {
        let Some(instance) = self.instance_at(app, number) else {
            return;
        };
        let is_out_of_reach = instance.condition.is_gone();
        let (Some(agent), Some(host), None, false) =
            (&instance.agent, &instance.host, instance.killed_at, is_out_of_reach)
        else {
            return;
        };
        let kill = UnhealthyKill {
            instance: instance.id.clone(),
            task: instance.task.clone(),
            app: app.clone(),
            version: instance.version,
            reason: reason.to_string(),
            agent: agent.clone(),
            host: host.clone(),
        };
        self.tell(What::UnhealthyKill(kill));
        let message = format!("Task was killed since health check failed. Reason: {reason}");
        self.set_last_failure(app, number, MesosState::Killed, message);
        self.tell_to_stop(app, number);
    }
}
