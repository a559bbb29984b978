//! Which instances are wanted, and which of them wait.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::instance::{Instance, Made};
use super::marathon::Marathon;
use crate::placement::Rejections;
use crate::ports::{Offers, QueueItem};
use crate::scaling::Goal;
use crate::units::{AppId, TaskId, Timestamp};

impl Marathon {
    /// What waits to be launched, and why. One item for each version of an app.
    pub fn queue(&self, now: Timestamp) -> Vec<QueueItem> {
        let waiting = self.waiting.iter().filter_map(|app| self.fleets.get(app));
        let mut queue: Vec<QueueItem> = Vec::new();
        for fleet in waiting {
            let first_of_app = queue.len();
            for instance in fleet.waiting.iter().filter_map(|at| fleet.instances.get(at)) {
                let version = Some(instance.version);
                let known = queue[first_of_app..].iter_mut().find(|item| item.version == version);
                if let Some(item) = known {
                    item.count += 1;
                    item.since = item.since.min(Some(instance.since));
                    continue;
                }
                let mut item = QueueItem::new(instance.app.clone(), 1);
                item.version = version;
                item.delay = self.backoff.time_left(now, instance.definition());
                item.overdue = item.delay.is_zero();
                item.since = Some(instance.since);
                item.offers = fleet.offers.clone();
                queue.push(item);
            }
        }
        queue
    }

    /// Ends the launch delay that an app earned by failing. Whether anything of it was waiting.
    pub fn reset_delay(&mut self, now: Timestamp, app: &AppId) -> bool {
        self.clock(now);
        self.backoff.reset(app);
        let waits = self.waiting.contains(app);
        if waits {
            self.agenda.to_offer.insert(app.clone());
        }
        self.settle();
        waits
    }

    /// Asks for `count` more instances of the newest version of an app. Stopped ones that kept their
    /// reservations are taken up first.
    pub(super) fn launch(&mut self, app: &AppId, count: u32) {
        let Some(fleet) = self.fleets.get(app) else {
            return;
        };
        let Some(made) = fleet.newest.clone() else {
            return;
        };
        let is_stopped = |one: &&Instance| one.goal == Goal::Stopped && !one.has_task();
        let stopped = fleet.instances.values().filter(is_stopped).map(|one| one.number);
        let stopped: Vec<u64> = stopped.take(count as usize).collect();
        for number in &stopped {
            self.run_again(app, *number, &made);
        }
        for _ in stopped.len()..count as usize {
            self.want_one_more(app, &made);
        }
    }

    fn want_one_more(&mut self, app: &AppId, made: &Arc<Made>) {
        let number = self.next_number;
        let id = self.ids.instance(app);
        let instance = Instance::wanted(id.clone(), number, made, self.now);
        if let Some(fleet) = self.fleets.get_mut(app) {
            self.next_number += 1;
            fleet.instances.insert(number, instance);
            self.places.insert(id, (app.clone(), number));
            self.changed(app, number);
            self.waits(app, number);
        }
    }

    /// The task of an instance ended. If it is still wanted, it is launched again.
    pub(super) fn want_again(&mut self, app: &AppId, number: u64) {
        let instance = self.instance_at(app, number);
        let wanted = |one: &&Instance| one.goal == Goal::Running && one.condition.is_terminal();
        if let Some(made) = instance.filter(wanted).map(|one| Arc::clone(&one.made)) {
            self.run_again(app, number, &made);
        }
    }

    fn run_again(&mut self, app: &AppId, number: u64, made: &Arc<Made>) {
        let now = self.now;
        let Some(instance) = self.instance_mut(app, number) else {
            return;
        };
        let held = instance.task.clone();
        instance.run_again(made, now);
        let task = instance.task.clone();
        // What is reserved stays with the instance while it waits.
        if let Some(agent) = instance.agent.clone() {
            self.room.free(&held);
            self.room.take(&task, &agent, &made.demand);
        }
        self.changed(app, number);
        self.waits(app, number);
    }

    fn waits(&mut self, app: &AppId, number: u64) {
        if let Some(fleet) = self.fleets.get_mut(app) {
            if fleet.waiting.is_empty() {
                fleet.offers = Offers::default();
                fleet.declined = Rejections::default();
            }
            fleet.waiting.insert(number);
            self.waiting.insert(app.clone());
            self.agenda.to_offer.insert(app.clone());
        }
    }

    pub(super) fn waits_no_more(&mut self, app: &AppId, number: u64) {
        if let Some(fleet) = self.fleets.get_mut(app) {
            fleet.waiting.remove(&number);
            if fleet.waiting.is_empty() {
                self.waiting.remove(app);
            }
        }
    }

    /// Takes back what a task had on its agent, which may do for others.
    pub(super) fn give_back(&mut self, task: &TaskId) {
        if self.room.free(task) {
            self.agenda.to_offer.extend(self.waiting.iter().cloned());
        }
    }
}
