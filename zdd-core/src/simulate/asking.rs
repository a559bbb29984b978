//! Readiness checks: only made while a deployment waits for them.

use super::fleet::Asking;
use super::marathon::Marathon;
use super::order::{Order, Readiness, ReadinessAnswer};
use crate::rolling::Change;
use crate::scaling::Condition;
use crate::units::{AppId, InstanceId};

impl Marathon {
    /// Begins the readiness check of an instance that runs, if it has one that did not begin yet.
    pub(super) fn ask(&mut self, app: &AppId, id: &InstanceId) {
        let Some(number) = self.number_of(id) else {
            return;
        };
        let Some(fleet) = self.fleets.get_mut(app) else {
            return;
        };
        let running = fleet.instances.get(&number);
        let Some(instance) = running.filter(|one| one.condition == Condition::Running) else {
            return;
        };
        let definition = instance.definition();
        let Some(check) = definition.readiness_check() else {
            return;
        };
        if fleet.readiness.get(&number).is_some_and(|one| one.readiness.task == instance.task) {
            return;
        }
        let keeps = definition.as_json().get("readinessChecks");
        let keeps = keeps.and_then(|checks| checks.get(0)?.get("preserveLastResponse")?.as_bool());
        let task = instance.task.clone();
        let name = check.name.clone();
        let readiness = Readiness { task: task.clone(), name, ready: false, last: None };
        let asking = Asking { readiness, keeps_answers: keeps.unwrap_or(false) };
        fleet.readiness.insert(number, asking);
        self.orders.push(Order::CheckReadiness { task });
    }

    /// Ends the readiness check of an instance, if one goes on.
    pub(super) fn stop_asking(&mut self, app: &AppId, number: u64) {
        let fleet = self.fleets.get_mut(app);
        let asking = fleet.and_then(|fleet| fleet.readiness.remove(&number));
        // One that is ready was told to end with that answer.
        if let Some(asking) = asking.filter(|asking| !asking.readiness.ready) {
            self.orders.push(Order::StopReadiness { task: asking.readiness.task });
        }
    }

    /// Takes an answer. It ends the check for good if it is that the instance is ready.
    pub(super) fn take_answer(&mut self, app: &AppId, number: u64, answer: ReadinessAnswer) {
        let Some(fleet) = self.fleets.get_mut(app) else {
            return;
        };
        let task = fleet.instances.get(&number).map(|one| &one.task);
        let Some(asking) = fleet.readiness.get_mut(&number) else {
            return;
        };
        if asking.readiness.ready || task != Some(&asking.readiness.task) {
            return;
        }
        let ready = answer.ready;
        asking.readiness.ready = ready;
        asking.readiness.last = asking.keeps_answers.then_some(answer);
        if ready {
            let task = asking.readiness.task.clone();
            self.orders.push(Order::StopReadiness { task });
        }
        self.notice(app, number, Change::Ready(ready));
    }
}
