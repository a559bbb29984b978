//! One app, and what there is of it.

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::instance::{Instance, Made};
use super::job::Job;
use super::order::Readiness;
use crate::app::App;
use crate::placement::Rejections;
use crate::ports::{Offers, TaskFailure};
use crate::units::AgentId;

/// One app, and what there is of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Fleet {
    /// The newest definition; none for an app that is no longer in the root group and of which
    /// instances are left.
    pub(super) newest: Option<Arc<Made>>,
    /// Definitions, the newest first.
    pub(super) history: VecDeque<Arc<App>>,
    /// By number: the oldest first.
    pub(super) instances: BTreeMap<u64, Instance>,
    /// The instances that are wanted and have no task.
    pub(super) waiting: BTreeSet<u64>,
    /// What became of offers for them.
    pub(super) offers: Offers,
    /// What spoke against each agent when its offer was turned down the last time.
    pub(super) declined: Rejections,
    /// What a deployment does with the app.
    pub(super) job: Option<Job>,
    /// Readiness checks that go on or have ended well in that job, by the instances' numbers.
    pub(super) readiness: BTreeMap<u64, Asking>,
    pub(super) last_failure: Option<TaskFailure>,
}

/// A readiness check.
#[derive(Clone, Debug)]
pub(super) struct Asking {
    pub(super) readiness: Readiness,
    pub(super) keeps_answers: bool,
}

impl Fleet {
    /// Makes `made` the newest definition; keeps at most `max` earlier ones.
    pub(super) fn define(&mut self, made: Arc<Made>, max: usize) {
        self.history.push_front(Arc::clone(&made.app));
        self.history.truncate(max.saturating_add(1));
        self.newest = Some(made);
    }

    /// Whether nothing is left of an app that is no longer wanted.
    pub(super) fn is_over(&self) -> bool {
        self.newest.is_none() && self.instances.is_empty() && self.job.is_none()
    }

    /// The agents of the instances that satisfy `counts`, the oldest first: of those that run, and of
    /// those for which something is reserved.
    pub(super) fn agents_of(&self, counts: impl Fn(&Instance) -> bool) -> Vec<AgentId> {
        let has_place = |one: &&Instance| one.has_task() || one.is_reserved();
        let counted = self.instances.values().filter(has_place).filter(|one| counts(one));
        counted.filter_map(|one| one.agent.clone()).collect()
    }
}
