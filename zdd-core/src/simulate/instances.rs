//! How instances change: every way from one condition or goal to another goes through here.

use super::agenda::Notice;
use super::event::{Event, What};
use super::instance::Instance;
use super::marathon::Marathon;
use super::order::Order;
use crate::rolling::Change;
use crate::scaling::{Condition, Goal};
use crate::units::{AppId, InstanceId};

impl Marathon {
    pub(super) fn tell(&mut self, what: What) {
        self.events.push(Event { at: self.now, what });
    }

    pub(super) fn instance_at(&self, app: &AppId, number: u64) -> Option<&Instance> {
        self.fleets.get(app)?.instances.get(&number)
    }

    pub(super) fn instance_mut(&mut self, app: &AppId, number: u64) -> Option<&mut Instance> {
        self.fleets.get_mut(app)?.instances.get_mut(&number)
    }

    pub(super) fn number_of(&self, id: &InstanceId) -> Option<u64> {
        self.places.get(id).map(|(_, number)| *number)
    }

    /// Tells listeners and jobs that the condition or the goal of an instance is another one now.
    pub(super) fn changed(&mut self, app: &AppId, number: u64) {
        let Some(instance) = self.instance_at(app, number) else {
            return;
        };
        let what = What::InstanceChanged {
            instance: instance.id.clone(),
            app: app.clone(),
            version: instance.version,
            condition: instance.condition,
            agent: instance.agent.clone(),
            host: instance.host.clone(),
        };
        let change = Change::Instance { condition: instance.condition, goal: instance.goal };
        self.notice(app, number, change);
        self.tell(what);
    }

    /// Remembers to tell the app's job what happened to an instance.
    pub(super) fn notice(&mut self, app: &AppId, number: u64, change: Change) {
        let Some(fleet) = self.fleets.get(app).filter(|fleet| fleet.job.is_some()) else {
            return;
        };
        if let Some(instance) = fleet.instances.get(&number) {
            let (app, version) = (app.clone(), instance.version);
            let instance = instance.id.clone();
            self.agenda.notices.push_back(Notice { app, instance, version, change });
        }
    }

    pub(super) fn set_condition(&mut self, app: &AppId, number: u64, condition: Condition) {
        let now = self.now;
        if let Some(instance) = self.instance_mut(app, number) {
            instance.condition = condition;
            instance.since = now;
            self.changed(app, number);
        }
    }

    /// Wants something else of an instance. One that is not wanted any more is told to stop if there
    /// is something that can stop, and forgotten otherwise.
    pub(super) fn set_goal(&mut self, app: &AppId, number: u64, goal: Goal) {
        let Some(instance) = self.instance_mut(app, number) else {
            return;
        };
        if instance.goal == goal {
            return;
        }
        instance.goal = goal;
        let (has_task, is_reserved) = (instance.has_task(), instance.is_reserved());
        if goal == Goal::Stopped && instance.condition == Condition::Scheduled && is_reserved {
            // Left as it is, it would be counted as one on its way by those who start instances.
            instance.condition = Condition::Killed;
        }
        self.changed(app, number);
        if !goal.is_terminal() {
            return;
        }
        self.waits_no_more(app, number);
        if has_task {
            self.tell_to_stop(app, number);
        } else if goal == Goal::Decommissioned || !is_reserved {
            self.forget(app, number);
        }
    }

    /// Tells the task of an instance to stop, unless that was done.
    pub(super) fn tell_to_stop(&mut self, app: &AppId, number: u64) {
        let (now, default) = (self.now, self.settings.default_kill_grace);
        let Some(instance) = self.instance_mut(app, number) else {
            return;
        };
        if instance.has_task() && instance.killed_at.is_none() {
            instance.killed_at = Some(now);
            let grace = instance.definition().kill_grace().unwrap_or(default);
            let task = instance.task.clone();
            self.orders.push(Order::Kill { task, grace });
        }
    }

    /// Forgets an instance of which nothing is left.
    pub(super) fn forget(&mut self, app: &AppId, number: u64) {
        self.stop_asking(app, number);
        self.waits_no_more(app, number);
        let Some(fleet) = self.fleets.get_mut(app) else {
            return;
        };
        let Some(instance) = fleet.instances.remove(&number) else {
            return;
        };
        let is_idle = fleet.job.is_none();
        self.places.remove(&instance.id);
        self.give_back(&instance.task);
        if is_idle {
            self.agenda.to_scale.insert(app.clone());
        }
        self.drop_if_over(app);
    }

    /// Forgets an app that is no longer wanted and of which nothing is left.
    pub(super) fn drop_if_over(&mut self, app: &AppId) {
        if self.fleets.get(app).is_some_and(super::fleet::Fleet::is_over) {
            self.fleets.remove(app);
            self.backoff.reset(app);
            self.agenda.to_scale.remove(app);
        }
    }
}
