//! Changes: what is wanted from now on.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use super::deployment::Deployment;
use super::error::ChangeError;
use super::event::{PlanOf, What};
use super::fleet::Fleet;
use super::instance::Made;
use super::marathon::Marathon;
use super::stamp::{Restarts, stamped};
use super::validate::{made, validate};
use crate::app::{App, Group};
use crate::group::{self, DeploymentPlan};
use crate::ports::{Accepted, Force, KillMode};
use crate::scaling::Goal;
use crate::units::{AppId, DeploymentId, GroupId, InstanceCount, InstanceId, Timestamp};

/// A change that is as good as accepted.
struct Proposal {
    version: Timestamp,
    target: Group,
    plan: DeploymentPlan,
    /// The definitions that are new.
    made: Vec<Arc<Made>>,
}

type Sentenced = BTreeMap<AppId, BTreeSet<InstanceId>>;

impl Marathon {
    /// Wants `target`, the whole root group, from now on. Versions in it are overwritten: what
    /// differs from the present root gets a new one.
    ///
    /// # Errors
    ///
    /// When Marathon refuses it: see [`ChangeError`]. Listeners are told of that.
    pub fn change(
        &mut self,
        now: Timestamp,
        target: Group,
        force: Force,
    ) -> Result<Accepted, ChangeError> {
        self.clock(now);
        self.accept(target, &BTreeSet::new(), Sentenced::new(), force)
    }

    /// What a change to `target` would do. Locks are not looked at.
    ///
    /// # Errors
    ///
    /// When Marathon would refuse it whatever else goes on.
    pub fn preview(&self, target: &Group) -> Result<DeploymentPlan, ChangeError> {
        self.propose_change(target.clone(), &BTreeSet::new()).map(|proposal| proposal.plan)
    }

    /// Replaces all instances of some apps.
    ///
    /// # Errors
    ///
    /// [`ChangeError::NoSuchApp`], and what every change can be refused for.
    pub fn restart(
        &mut self,
        now: Timestamp,
        apps: &BTreeSet<AppId>,
        force: Force,
    ) -> Result<Accepted, ChangeError> {
        self.clock(now);
        if let Some(missing) = apps.iter().find(|app| self.app(app).is_none()) {
            return Err(ChangeError::NoSuchApp(missing.clone()));
        }
        self.accept(Group::clone(&self.root), apps, Sentenced::new(), force)
    }

    /// Kills instances; those that are gone already are passed over. Answers with the deployment
    /// when the apps shrink by them. Otherwise they are launched again, whoever holds the app.
    ///
    /// # Errors
    ///
    /// With [`KillMode::Scale`], what every change can be refused for.
    pub fn kill(
        &mut self,
        now: Timestamp,
        instances: &BTreeSet<InstanceId>,
        mode: KillMode,
        force: Force,
    ) -> Result<Option<Accepted>, ChangeError> {
        self.clock(now);
        let places = instances.iter().filter_map(|id| self.places.get(id)).cloned();
        let places: Vec<(AppId, u64)> = places.collect();
        match mode {
            KillMode::Scale => return self.shrink_by(&places, force).map(Some),
            KillMode::Restart => {
                for (app, number) in &places {
                    self.tell_to_stop(app, *number);
                }
            }
            KillMode::Wipe => {
                for (app, number) in &places {
                    self.set_goal(app, *number, Goal::Decommissioned);
                }
            }
        }
        self.settle();
        Ok(None)
    }

    fn shrink_by(
        &mut self,
        chosen: &[(AppId, u64)],
        force: Force,
    ) -> Result<Accepted, ChangeError> {
        let mut sentenced = Sentenced::new();
        for (app, number) in chosen {
            let lives = |one: &&super::Instance| {
                one.goal == Goal::Running && one.condition.is_active() && one.killed_at.is_none()
            };
            if let Some(instance) = self.instance_at(app, *number).filter(lives) {
                sentenced.entry(app.clone()).or_default().insert(instance.id.clone());
            }
        }
        let mut target = Group::clone(&self.root);
        for (id, instances) in &sentenced {
            if let Some(app) = target.app_mut(id) {
                let fewer = InstanceCount::saturating_from(instances.len() as u64);
                *app = app.clone().with_instances(app.instances().saturating_sub(fewer));
            }
        }
        self.accept(target, &BTreeSet::new(), sentenced, force)
    }

    /// Takes a deployment back: another one that leads to where it came from. Always forced.
    ///
    /// # Errors
    ///
    /// [`ChangeError::NoSuchDeployment`], [`ChangeError::NotRevertible`], and what every change can
    /// be refused for.
    pub fn revert(&mut self, now: Timestamp, id: &DeploymentId) -> Result<Accepted, ChangeError> {
        self.clock(now);
        let deployment = self.deployments.iter().find(|one| one.id == *id);
        let Some(deployment) = deployment else {
            return Err(ChangeError::NoSuchDeployment(id.clone()));
        };
        let target = group::revert(&deployment.original, &deployment.target, &self.root)
            .map_err(ChangeError::NotRevertible)?;
        self.accept(target, &BTreeSet::new(), Sentenced::new(), Force::Yes)
    }

    /// Stops a deployment where it is. Instances of both versions may stay.
    ///
    /// # Errors
    ///
    /// [`ChangeError::NoSuchDeployment`].
    pub fn cancel(&mut self, now: Timestamp, id: &DeploymentId) -> Result<(), ChangeError> {
        self.clock(now);
        if self.deployments.iter().all(|one| one.id != *id) {
            return Err(ChangeError::NoSuchDeployment(id.clone()));
        }
        self.abandon(id);
        self.settle();
        Ok(())
    }

    /// Tells listeners that someone changed an app over the API.
    pub fn note_api_post(&mut self, now: Timestamp, client_ip: String, uri: String, app: &AppId) {
        self.clock(now);
        if let Some(app) = self.app(app).cloned() {
            self.tell(What::ApiPost { client_ip, uri, app });
        }
    }

    fn accept(
        &mut self,
        target: Group,
        restarts: &BTreeSet<AppId>,
        sentenced: Sentenced,
        force: Force,
    ) -> Result<Accepted, ChangeError> {
        let proposal = self.propose_change(target, restarts);
        let admitted = proposal.and_then(|proposal| self.admit(proposal, force));
        let proposal = match admitted {
            Ok(proposal) => proposal,
            Err(error) => {
                let version = self.next_version();
                let (group, reason) = (GroupId::root(), error.to_string());
                self.tell(What::GroupChangeFailed { group, version, reason });
                return Err(error);
            }
        };
        let Proposal { version, target, plan, made } = proposal;
        let deployment = Deployment {
            id: self.ids.deployment(),
            version,
            plan: Arc::new(plan),
            original: Arc::clone(&self.root),
            target: Arc::new(target),
            current_step: 0,
            pending: BTreeSet::new(),
            sentenced,
        };
        let accepted = Accepted { deployment: deployment.id.clone(), version };
        self.store(version, Arc::clone(&deployment.target), made);
        self.deployments.push(deployment);
        self.agenda.advance.push_back(accepted.deployment.clone());
        self.settle();
        Ok(accepted)
    }

    fn propose_change(
        &self,
        target: Group,
        restarts: &BTreeSet<AppId>,
    ) -> Result<Proposal, ChangeError> {
        let version = self.next_version();
        let marked = Restarts { apps: restarts, counting: self.settings.counting };
        let target = stamped(&self.root, target, &marked, version)?;
        validate(&target, &self.settings)?;
        let plan = group::plan(&self.root, &target, restarts)?;
        let is_new = |app: &&App| self.app(app.id()).is_none_or(|known| **known != **app);
        let made = target.all_apps().filter(is_new).map(|app| made(app, &self.settings));
        let made = made.collect::<Result<Vec<_>, _>>()?;
        Ok(Proposal { version, target, plan, made })
    }

    /// Lets a change in beside the deployments that go on, or instead of those that it conflicts
    /// with.
    fn admit(&mut self, proposal: Proposal, force: Force) -> Result<Proposal, ChangeError> {
        let max = self.settings.max_running_deployments;
        if self.deployments.len() >= max as usize {
            return Err(ChangeError::TooManyDeployments { max });
        }
        let conflicting = self.deployments.iter();
        let conflicting = conflicting.filter(|one| proposal.plan.conflicts_with(&one.plan));
        let deployments: Vec<DeploymentId> = conflicting.map(|one| one.id.clone()).collect();
        match force {
            Force::Yes => deployments.iter().for_each(|id| self.abandon(id)),
            Force::No if deployments.is_empty() => {}
            Force::No => {
                let error = ChangeError::Locked { deployments };
                let plan = PlanOf {
                    id: self.ids.deployment(),
                    version: proposal.version,
                    plan: Arc::new(proposal.plan),
                    original: Arc::clone(&self.root),
                    target: Arc::new(proposal.target),
                };
                self.tell(What::DeploymentFailed { plan, reason: error.to_string() });
                return Err(error);
            }
        }
        Ok(proposal)
    }

    /// Makes `root` what is wanted.
    fn store(&mut self, version: Timestamp, root: Arc<Group>, made: Vec<Arc<Made>>) {
        let wanted: BTreeSet<&AppId> = root.all_apps().map(App::id).collect();
        let removed = self.fleets.keys().filter(|id| !wanted.contains(id));
        for id in removed.cloned().collect::<Vec<_>>() {
            if let Some(fleet) = self.fleets.get_mut(&id) {
                fleet.newest = None;
            }
        }
        for made in made {
            let id = made.app.id().clone();
            let fleet: &mut Fleet = self.fleets.entry(id).or_default();
            fleet.define(made, self.settings.max_versions);
        }
        self.set_root(version, root);
        self.tell(What::GroupChanged { group: GroupId::root(), version });
    }

    pub(super) fn set_root(&mut self, version: Timestamp, root: Arc<Group>) {
        self.last_version = version;
        self.root_versions.push_front((version, Arc::clone(&root)));
        self.root_versions.truncate(self.settings.max_versions.saturating_add(1));
        self.root = root;
    }

    /// A version that no change had before. Two changes within a millisecond get two of them.
    pub(super) fn next_version(&self) -> Timestamp {
        self.now.max(self.last_version.saturating_add(Duration::from_millis(1)))
    }
}
