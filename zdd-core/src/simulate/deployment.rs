//! A deployment that goes on.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;

use super::event::PlanOf;
use crate::app::Group;
use crate::group::{Action, DeploymentPlan};
use crate::units::{AppId, DeploymentId, InstanceId, Timestamp};

/// A deployment that goes on.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Deployment {
    /// Which.
    pub id: DeploymentId,
    /// The version of the root group that it leads to.
    pub version: Timestamp,
    /// What it does.
    pub plan: Arc<DeploymentPlan>,
    /// The root group that it started from.
    pub original: Arc<Group>,
    /// The root group that it leads to.
    pub target: Arc<Group>,
    /// Which step it is at, from 1; 0 before the first.
    pub current_step: usize,
    /// The apps whose action in that step goes on.
    pub(super) pending: BTreeSet<AppId>,
    /// Instances chosen to be stopped when their app is scaled.
    pub(super) sentenced: BTreeMap<AppId, BTreeSet<InstanceId>>,
}

impl Deployment {
    /// What it does now; nothing before the first step.
    pub fn current_actions(&self) -> &[Action] {
        let step = self.current_step.checked_sub(1);
        step.and_then(|at| self.plan.steps().get(at)).map_or(&[], |step| step.actions())
    }

    /// The apps whose action in the current step has not succeeded yet.
    pub fn pending(&self) -> impl Iterator<Item = &AppId> {
        self.pending.iter()
    }

    pub(super) fn plan_of(&self) -> PlanOf {
        PlanOf {
            id: self.id.clone(),
            version: self.version,
            plan: Arc::clone(&self.plan),
            original: Arc::clone(&self.original),
            target: Arc::clone(&self.target),
        }
    }
}
