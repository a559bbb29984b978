//! One of the two apps, with its instances.

use alloc::collections::BTreeSet;
use alloc::string::ToString;
use alloc::vec::Vec;

use super::instance::{Instance, Stage};
use crate::app::App;
use crate::ports::{AppStatus, Force, Server};
use crate::scaling::{Candidate, Condition, kill_order};
use crate::timeline::{self, Assumptions};
use crate::units::{AppId, DeploymentId, InstanceCount, InstanceId, TaskId, Timestamp};

/// An app that may be there, and what runs of it.
#[derive(Clone, Debug)]
pub(super) struct Pool {
    pub(super) id: Option<AppId>,
    pub(super) app: Option<App>,
    pub(super) lasting: Assumptions,
    /// In the order in which they were launched.
    pub(super) instances: Vec<Instance>,
    /// When it was scaled last; never at the same time as the other one.
    pub(super) scaled: Timestamp,
    /// How many were ever told to stop.
    pub(super) stopped: u64,
}

impl Pool {
    pub(super) const fn new(id: Option<AppId>, lasting: Assumptions) -> Self {
        Self { id, app: None, lasting, instances: Vec::new(), scaled: Timestamp::EPOCH, stopped: 0 }
    }

    pub(super) fn is(&self, id: &AppId) -> bool {
        self.id.as_ref() == Some(id)
    }

    /// How many instances are wanted.
    pub(super) fn wanted(&self) -> u32 {
        self.app.as_ref().map_or(0, |app| app.instances().get())
    }

    /// Whether a deployment holds it: until all that were launched are healthy, and all that were told
    /// to stop are gone.
    pub(super) fn is_busy(&self) -> bool {
        self.instances.iter().any(|it| it.stage != Stage::Healthy)
    }

    /// Whether Marathon takes a change of it.
    pub(super) fn takes(&self, force: Force) -> bool {
        self.app.is_some() && (force == Force::Yes || !self.is_busy())
    }

    /// Lets its instances become what they are by `now`; whether anything changed.
    pub(super) fn pass(&mut self, now: Timestamp) -> bool {
        let mut is_changed = false;
        self.instances.iter_mut().for_each(|it| is_changed |= it.pass(now));
        let n = self.instances.len();
        self.instances.retain(|it| !it.is_gone(now));
        is_changed || self.instances.len() != n
    }

    /// Launches what is missing, and tells to stop what is too much.
    pub(super) fn fill(&mut self, serial: &mut u64, now: Timestamp) {
        let Some(app) = &self.app else { return };
        let alive = self.instances.iter().filter(|it| !it.is_dying()).count();
        let wanted = usize::try_from(app.instances().get()).unwrap_or(usize::MAX);
        for _ in alive..wanted {
            *serial += 1;
            self.instances.push(Instance::launched(app, *serial, &self.lasting, now));
        }
        if alive > wanted {
            let tasks = self.first_to_go(app, alive - wanted);
            self.stop(&tasks, now);
        }
    }

    /// Which instances Marathon stops when it has to choose.
    fn first_to_go(&self, app: &App, count: usize) -> BTreeSet<TaskId> {
        let mut all: Vec<(Candidate, &TaskId)> = self
            .instances
            .iter()
            .filter(|it| !it.is_dying())
            .filter_map(|it| {
                let id: InstanceId = it.task.id.to_string().parse().ok()?;
                let is_staged = it.stage == Stage::Starting;
                let condition = if is_staged { Condition::Staging } else { Condition::Running };
                let mut candidate = Candidate::new(id, condition);
                candidate.staged_at = Some(it.launched_at());
                candidate.since = candidate.staged_at;
                candidate.started_at = it.task.started_at;
                Some((candidate, &it.task.id))
            })
            .collect();
        all.sort_by(|(a, _), (b, _)| kill_order(app.kill_selection(), a, b));
        all.into_iter().take(count).map(|(_, task)| task.clone()).collect()
    }

    /// Tells tasks to stop; how many of them were not yet told.
    pub(super) fn stop(&mut self, tasks: &BTreeSet<TaskId>, now: Timestamp) -> u32 {
        let mut count = 0;
        for instance in &mut self.instances {
            if !instance.is_dying() && tasks.contains(&instance.task.id) {
                instance.stop(&self.lasting, now);
                count += 1;
            }
        }
        self.stopped += u64::from(count);
        count
    }

    /// Takes the app away, with all that runs of it.
    pub(super) fn remove(&mut self, now: Timestamp) {
        let all = self.instances.iter().map(|it| it.task.id.clone()).collect();
        self.stop(&all, now);
        self.app = None;
    }

    pub(super) fn resize(&mut self, instances: u32) {
        let count = InstanceCount::saturating_from(instances.into());
        self.app = self.app.take().map(|app| app.with_instances(count));
    }

    /// As Marathon says it.
    pub(super) fn status(&self) -> Option<AppStatus> {
        let mut status = AppStatus::new(self.app.clone()?);
        status.last_scaling_at = Some(self.scaled);
        let stages = self.stages();
        status.staged = stages.starting;
        status.running = stages.running + stages.healthy + stages.dying;
        status.healthy = stages.healthy;
        status.tasks = Some(self.instances.iter().map(|it| it.task.clone()).collect());
        if self.is_busy() {
            let id: DeploymentId = "forecast".parse().expect("it is not empty");
            status.deployments.push(id);
        }
        Some(status)
    }

    /// Its servers, as balancers have them.
    pub(super) fn servers(&self) -> impl Iterator<Item = Server> + '_ {
        self.instances.iter().filter(|it| it.is_listed()).map(|it| it.server.clone())
    }

    pub(super) fn stages(&self) -> timeline::Side {
        let mut side = timeline::Side::default();
        for instance in &self.instances {
            *match instance.stage {
                Stage::Starting => &mut side.starting,
                Stage::Running => &mut side.running,
                Stage::Healthy => &mut side.healthy,
                Stage::Dying { .. } => &mut side.dying,
            } += 1;
        }
        side
    }
}
