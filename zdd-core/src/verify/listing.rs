//! What a snapshot changes.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::Outcome;
use super::event::Progress;
use super::fleet::Fleet;
use super::key::Key;
use super::replay::World;
use super::snapshot::{Snapshot, SnapshotApp};
use crate::units::Timestamp;

impl World {
    /// Whether a snapshot says of instances what events did not.
    pub(super) fn needs(&mut self, snapshot: &Snapshot<'_>) -> bool {
        let is_new = |app: &SnapshotApp<'_>| !self.fleets.of(&app.app).is_listed;
        snapshot.after_gap || snapshot.apps.iter().any(is_new)
    }

    /// Takes the definitions in a snapshot, and nothing else.
    pub(super) fn define(&mut self, snapshot: &Snapshot<'_>) {
        for app in &snapshot.apps {
            self.fleets.of(&app.app).take_definitions(app);
        }
    }

    /// Takes what there is at the moment `at`.
    pub(super) fn list(&mut self, at: Timestamp, snapshot: &Snapshot<'_>) {
        for app in &snapshot.apps {
            let fleet = self.fleets.of(&app.app);
            fleet.take_definitions(app);
            if app.tasks.is_some() && (snapshot.after_gap || !fleet.is_listed) {
                fleet.take_tasks(at, app);
                fleet.gap(at);
            }
        }
        if snapshot.after_gap {
            let listed =
                |id: &str| snapshot.apps.iter().any(|app| *app.app == *id && app.tasks.is_some());
            self.fleets.iter_mut().filter(|(id, _)| !listed(id)).for_each(|(_, fleet)| {
                fleet.is_listed = false;
                fleet.gap(at);
            });
            let goes_on = |id: &str| snapshot.deployments.iter().any(|other| *other.plan.id == *id);
            let over: Vec<Box<str>> = self.open.keys().filter(|id| !goes_on(id)).cloned().collect();
            for id in over {
                self.over(at, &id, Outcome::Unseen);
            }
        }
        for deployment in &snapshot.deployments {
            if !self.open.contains_key(&*deployment.plan.id) {
                self.step(at, &deployment.plan, Progress::Begins, &deployment.current);
                // What it did before is not in the recording.
                for app in self.taking_part(&deployment.plan.id) {
                    self.fleets.of(&app).gap_in(at, &deployment.plan.id);
                }
            }
        }
    }
}

impl Fleet {
    /// Takes the definitions in a snapshot.
    pub(super) fn take_definitions(&mut self, app: &SnapshotApp<'_>) {
        for definition in app.previous.iter().chain(&app.definition) {
            self.define(definition);
        }
    }

    /// Takes the tasks in a snapshot for all there are at the moment `at`: others are over.
    fn take_tasks(&mut self, at: Timestamp, app: &SnapshotApp<'_>) {
        let mut others = core::mem::take(&mut self.alive);
        for (task, version, life) in app.alive() {
            let key = Key::of(task);
            // The containers of a pod are one instance.
            if self.alive.contains_key(&key) {
                continue;
            }
            let was = others.remove(&key);
            let was = was.as_ref().map(|instance| (&*instance.version, instance.life));
            for part in &mut self.parts {
                part.correct(was, Some((version, life)));
            }
            self.comes(key, at, version, life);
        }
        for (key, instance) in others {
            for part in &mut self.parts {
                part.correct(Some((&*instance.version, instance.life)), None);
            }
            self.ended.note(key, at);
        }
        for part in &mut self.parts {
            part.forget_planned();
        }
        self.is_listed = true;
    }

    /// Whatever happened up to the moment `at`, nobody saw it.
    fn gap(&mut self, at: Timestamp) {
        for part in &mut self.parts {
            part.gap(at);
        }
    }

    /// The same, for the part of one deployment.
    fn gap_in(&mut self, at: Timestamp, deployment: &str) {
        for part in self.parts.iter_mut().filter(|part| *part.deployment == *deployment) {
            part.gap(at);
        }
    }
}
