//! One instance of an app.

use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::health::HealthTracker;
use super::ids;
use super::state::MesosState;
use crate::app::{App, Operator};
use crate::placement::{Agent, Demand};
use crate::ports::HealthResult;
use crate::rolling;
use crate::scaling::{Candidate, Condition, Goal};
use crate::timeline::Version;
use crate::units::{AgentId, AppId, InstanceId, TaskId, Timestamp};
use crate::upgrade::Health;

/// One version of an app, ready to be launched.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub(super) app: Arc<App>,
    pub(super) version: Timestamp,
    pub(super) demand: Demand,
}

/// One of an app's running copies, or one that is wanted.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Instance {
    /// Which.
    pub id: InstanceId,
    /// Its task, or the task that it will have: see [`has_task`](Self::has_task).
    pub task: TaskId,
    /// Of which app.
    pub app: AppId,
    /// The version of the definition that it is made from.
    pub version: Timestamp,
    /// What Mesos says about it.
    pub condition: Condition,
    /// What is wanted of it.
    pub goal: Goal,
    /// Where it runs, or where its reservations are.
    pub agent: Option<AgentId>,
    /// The name of that agent.
    pub host: Option<String>,
    /// The host ports of its task.
    pub ports: Vec<u16>,
    /// What Mesos said last about the task; `None` while it said nothing.
    pub state: Option<MesosState>,
    /// When its task was launched.
    pub staged_at: Option<Timestamp>,
    /// When its task began to run.
    pub started_at: Option<Timestamp>,
    /// When its task was told to stop.
    pub killed_at: Option<Timestamp>,
    /// Since when it has its condition.
    pub since: Timestamp,
    /// What its health checks said last, by their position; `None` where one said nothing that
    /// counts.
    pub health: Vec<Option<HealthResult>>,
    pub(super) number: u64,
    pub(super) made: Arc<Made>,
    pub(super) tracker: HealthTracker,
}

impl Instance {
    /// One that is wanted from now on. Numbers rise with the order in which instances come.
    pub(super) fn wanted(id: InstanceId, number: u64, made: &Arc<Made>, now: Timestamp) -> Self {
        Self {
            task: ids::task_id(&id, 1),
            id,
            app: made.app.id().clone(),
            version: made.version,
            condition: Condition::Scheduled,
            goal: Goal::Running,
            agent: None,
            host: None,
            ports: Vec::new(),
            state: None,
            staged_at: None,
            started_at: None,
            killed_at: None,
            since: now,
            health: Vec::new(),
            number,
            made: Arc::clone(made),
            tracker: HealthTracker::new(made.app.health_checks()),
        }
    }

    /// The definition that it is made from.
    pub fn definition(&self) -> &Arc<App> {
        &self.made.app
    }

    /// Whether Mesos has a task of it, or is about to: then it holds resources.
    pub fn has_task(&self) -> bool {
        self.condition.is_active() || self.condition == Condition::UnreachableInactive
    }

    /// Whether it is healthy: all of its checks pass. `None` while one of them said nothing yet, and
    /// without any.
    pub fn is_healthy(&self) -> Option<bool> {
        self.tracker.is_healthy()
    }

    /// Until when failures of a health check do not count; `None` when they count already, and while
    /// the task does not run.
    pub fn grace_until(&self, check: usize) -> Option<Timestamp> {
        self.tracker.grace_until(check)
    }

    /// Which run of the instance its task is, from 1.
    pub fn attempt(&self) -> u32 {
        ids::attempt_of(&self.task)
    }

    /// Whether its reservations bind it to its agent.
    pub(super) fn is_reserved(&self) -> bool {
        self.made.app.is_resident() && self.agent.is_some()
    }

    /// It shall run once more, as a new task made from `made`.
    pub(super) fn run_again(&mut self, made: &Arc<Made>, now: Timestamp) {
        // An instance that never ran has not used up the task that it was to have.
        if self.staged_at.is_some() {
            self.task = ids::task_id(&self.id, self.attempt().saturating_add(1));
        }
        if !self.is_reserved() {
            (self.agent, self.host) = (None, None);
        }
        self.version = made.version;
        self.made = Arc::clone(made);
        self.goal = Goal::Running;
        self.condition = Condition::Scheduled;
        self.since = now;
        self.ports.clear();
        self.health.clear();
        self.tracker = HealthTracker::new(made.app.health_checks());
        (self.state, self.staged_at, self.started_at, self.killed_at) = (None, None, None, None);
    }

    /// Whether the checks that Mesos makes pass. Marathon since 1.10 goes by their results alone when
    /// it counts what runs at the start of a replacement.
    fn is_recorded_healthy(&self) -> bool {
        let checks = self.made.app.health_checks().iter().zip(self.tracker.results());
        let mut results = checks.filter(|(check, _)| check.protocol.runs_in_mesos()).peekable();
        let is_alive = |result: Option<HealthResult>| result.is_some_and(|result| result.alive);
        results.peek().is_some() && results.all(|(_, result)| is_alive(result))
    }

    /// The instance as a replacement by `version` sees it.
    pub(super) fn tracked(&self, version: Timestamp) -> rolling::Instance {
        let recorded_healthy = self.is_recorded_healthy();
        let is_unchecked = Health::of(&self.made.app) == Health::Unchecked;
        rolling::Instance {
            id: self.id.clone(),
            version: side(self.version, version),
            goal: self.goal,
            considered_healthy: is_unchecked || recorded_healthy,
            recorded_healthy,
        }
    }

    /// The instance as scaling sees it.
    pub(super) fn candidate(&self, agent: Option<&Agent>) -> Candidate {
        let mut candidate = Candidate::new(self.id.clone(), self.condition);
        candidate.goal = self.goal;
        candidate.staged_at = self.staged_at;
        candidate.since = Some(self.since);
        candidate.started_at = self.started_at;
        let constraints = self.made.app.constraints().iter();
        for constraint in constraints.filter(|one| one.operator == Operator::GroupBy) {
            let field = constraint.field.as_str();
            if let Some(value) = agent.and_then(|agent| agent.value_of(field)) {
                let field = if field == "@hostname" { "hostname" } else { field };
                candidate.placement.insert(field.to_string(), value.into_owned());
            }
        }
        candidate
    }
}

/// The side of a replacement by `target` that an instance made from `version` is on.
pub(super) fn side(version: Timestamp, target: Timestamp) -> Version {
    if version == target { Version::New } else { Version::Old }
}
