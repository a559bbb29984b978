//! What deployments do with one app.
//!
//! Every rule is asked of the engines that plans are made of: [`Replacement`], [`ScalingProposition`]
//! and [`StartInstances`]. Here is only who tells them what, and who does what they say.
//!
//! [`ScalingProposition`]: crate::scaling::ScalingProposition

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::agenda::{Notice, Timer};
use super::event::What;
use super::instance::{Made, side};
use super::job::{Job, Work};
use super::marathon::Marathon;
use crate::rolling::{self, Change, Definition, Event, Replacement};
use crate::scaling::{Checks, Condition, Goal, StartEvent, StartInstances, StartOrders};
use crate::units::{AppId, DeploymentId, InstanceCount, InstanceId, Timestamp};

impl Marathon {
    pub(super) fn begin_stop(&mut self, id: &DeploymentId, app: &AppId) {
        let left: Vec<(u64, InstanceId)> =
            self.instances(app).map(|one| (one.number, one.id.clone())).collect();
        let numbers: Vec<u64> = left.iter().map(|(number, _)| *number).collect();
        let left = left.into_iter().map(|(_, id)| id).collect();
        self.work_on(app, id, Work::Stop { left });
        for number in numbers {
            // What was stopped and keeps reservations is forgotten at once.
            self.set_goal(app, number, Goal::Decommissioned);
        }
        self.end_if_none_left(app);
    }

    pub(super) fn begin_scale(
        &mut self,
        id: &DeploymentId,
        app: &AppId,
        made: &Made,
        to: InstanceCount,
    ) {
        let deployment = self.deployments.iter().find(|one| one.id == *id);
        let sentenced = deployment.and_then(|one| one.sentenced.get(app)).cloned();
        let proposed = self.propose(app, made, to, &sentenced.unwrap_or_default());
        let left: BTreeSet<InstanceId> = proposed.to_kill.iter().cloned().collect();
        let is_growth = left.is_empty();
        self.work_on(app, id, Work::Shrink { left, to, version: made.version });
        if is_growth {
            self.end_if_none_left(app);
        } else {
            self.stop_all(app, &proposed.to_kill);
        }
    }

    pub(super) fn begin_replacement(&mut self, id: &DeploymentId, app: &AppId, made: &Made) {
        let definition = Definition {
            instances: made.app.instances(),
            strategy: made.app.upgrade_strategy(),
            resident: made.app.is_resident(),
            checks: checks_of(made),
            reading: self.settings.reading,
        };
        let version = made.version;
        let tracked: Vec<_> = self.instances(app).map(|one| one.tracked(version)).collect();
        let (replacement, actions) = Replacement::start(&definition, &tracked);
        let is_finished = replacement.is_finished();
        self.work_on(app, id, Work::Replace { replacement, version });
        self.carry_out(app, actions);
        if is_finished {
            self.job_ended(app);
        }
    }

    fn work_on(&mut self, app: &AppId, deployment: &DeploymentId, work: Work) {
        if let Some(fleet) = self.fleets.get_mut(app) {
            fleet.job = Some(Job { deployment: deployment.clone(), work });
        } else {
            self.action_ended(deployment, app);
        }
    }

    /// Tells the job of an app what happened to one of its instances.
    pub(super) fn hear(&mut self, notice: &Notice) {
        let app = &notice.app;
        let Some(job) = self.fleets.get_mut(app).and_then(|fleet| fleet.job.as_mut()) else {
            return;
        };
        match &mut job.work {
            Work::Replace { replacement, version } => {
                let actions = replacement.on(&Event {
                    id: notice.instance.clone(),
                    version: side(notice.version, *version),
                    change: notice.change,
                });
                let is_finished = replacement.is_finished();
                self.carry_out(app, actions);
                if is_finished {
                    self.job_ended(app);
                }
            }
            Work::Grow { engine, version } => {
                if notice.version == *version {
                    let orders = engine.on(start_event(notice));
                    let is_finished = engine.is_finished();
                    self.grow(app, &notice.instance, notice.change, orders);
                    if is_finished {
                        self.job_ended(app);
                    }
                }
            }
            Work::Shrink { left, .. } | Work::Stop { left } => {
                if is_dead(notice.change) && left.remove(&notice.instance) {
                    self.end_if_none_left(app);
                }
            }
        }
    }

    fn carry_out(&mut self, app: &AppId, actions: Vec<rolling::Action>) {
        for action in actions {
            match action {
                rolling::Action::Kill { id, goal } | rolling::Action::Forget { id, goal } => {
                    if let Some(number) = self.number_of(&id) {
                        self.set_goal(app, number, goal);
                    }
                }
                rolling::Action::Launch { count } => self.launch(app, count),
                rolling::Action::CheckReadiness { id } => self.ask(app, &id),
                rolling::Action::ResetBackoff => self.reset_backoff(app),
            }
        }
    }

    fn reset_backoff(&mut self, app: &AppId) {
        if self.backoff.reset(app) && self.waiting.contains(app) {
            self.agenda.to_offer.insert(app.clone());
        }
    }

    /// Goes on when all that had to die is dead: the second half of a scaling, or the end.
    fn end_if_none_left(&mut self, app: &AppId) {
        let Some(job) = self.fleets.get(app).and_then(|fleet| fleet.job.as_ref()) else {
            return;
        };
        match &job.work {
            Work::Shrink { left, to, version } if left.is_empty() => {
                let (deployment, to, version) = (job.deployment.clone(), *to, *version);
                self.begin_growth(&deployment, app, to, version);
            }
            Work::Stop { left } if left.is_empty() => self.stopped(app),
            _ => {}
        }
    }

    fn begin_growth(
        &mut self,
        id: &DeploymentId,
        app: &AppId,
        to: InstanceCount,
        version: Timestamp,
    ) {
        let made = self.fleets.get(app).and_then(|fleet| fleet.newest.clone());
        let checks = made.as_deref().map(checks_of).unwrap_or_default();
        let tracked = self.instances(app).map(|one| one.condition);
        let (engine, orders) = StartInstances::start(to, checks, tracked);
        let is_finished = engine.is_finished();
        self.work_on(app, id, Work::Grow { engine, version });
        self.launch(app, orders.launch.get());
        if is_finished {
            self.job_ended(app);
        } else {
            let first = self.now.saturating_add(StartInstances::FIRST_TOP_UP);
            self.at(first, Timer::TopUp(app.clone(), id.clone()));
        }
    }

    fn grow(&mut self, app: &AppId, id: &InstanceId, change: Change, orders: StartOrders) {
        self.launch(app, orders.launch.get());
        if matches!(change, Change::Instance { condition: Condition::Running, .. }) {
            self.ask(app, id);
        }
    }

    pub(super) fn top_up(&mut self, app: &AppId, id: &DeploymentId) {
        let Some(fleet) = self.fleets.get(app) else {
            return;
        };
        let tracked = fleet.instances.values().map(|one| one.condition);
        let orders = match &fleet.job {
            Some(Job { deployment, work: Work::Grow { engine, .. } }) if deployment == id => {
                engine.top_up(tracked)
            }
            _ => return,
        };
        self.launch(app, orders.launch.get());
        let next = self.now.saturating_add(StartInstances::TOP_UP_INTERVAL);
        if next > self.now {
            self.at(next, Timer::TopUp(app.clone(), id.clone()));
        }
    }

    /// All instances of an app that is removed are gone.
    fn stopped(&mut self, app: &AppId) {
        let has_checks = self.fleets.get(app).is_some_and(|fleet| {
            fleet.history.front().is_some_and(|newest| !newest.health_checks().is_empty())
        });
        if has_checks {
            self.tell(What::HealthCheckRemoved { app: app.clone() });
        }
        self.backoff.reset(app);
        self.tell(What::AppTerminated { app: app.clone() });
        self.job_ended(app);
        self.drop_if_over(app);
    }

    /// What a deployment does with an app in its current step has succeeded.
    fn job_ended(&mut self, app: &AppId) {
        if let Some(id) = self.drop_job(app) {
            self.action_ended(&id, app);
        }
    }

    /// Ends what is done with an app, whether it has succeeded or not. Whose job it was.
    pub(super) fn drop_job(&mut self, app: &AppId) -> Option<DeploymentId> {
        let fleet = self.fleets.get_mut(app)?;
        let job = fleet.job.take()?;
        for number in fleet.readiness.keys().copied().collect::<Vec<_>>() {
            self.stop_asking(app, number);
        }
        Some(job.deployment)
    }
}

fn checks_of(made: &Made) -> Checks {
    Checks {
        health: !made.app.health_checks().is_empty(),
        readiness: made.app.readiness_check().is_some(),
    }
}

fn start_event(notice: &Notice) -> StartEvent<'_> {
    let id = &notice.instance;
    match notice.change {
        Change::Instance { condition, goal } => StartEvent::Changed { id, condition, goal },
        Change::Health(is_healthy) => StartEvent::Health { id, is_healthy },
        Change::Ready(is_ready) => StartEvent::Readiness { id, is_ready },
    }
}

/// Whether an instance that was told to stop is as good as dead. What never had a task, and what is
/// out of reach, is.
fn is_dead(change: Change) -> bool {
    matches!(change, Change::Instance { condition, goal }
        if goal.is_terminal() && (condition.is_gone() || condition == Condition::Scheduled))
}
