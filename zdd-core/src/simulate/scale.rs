//! How many instances of an app there should be.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::deployment::Deployment;
use super::instance::{Instance, Made};
use super::marathon::Marathon;
use crate::scaling::{Candidate, Goal, ScalingProposition, even_picks};
use crate::units::{AppId, InstanceCount, InstanceId};

impl Marathon {
    /// Repairs the number of instances of an app that no deployment is about.
    ///
    /// Source: Marathon's `SchedulerActions.scale`, and what it does to instances of unknown apps.
    pub(super) fn scale(&mut self, app: &AppId) {
        let is_held = |one: &Deployment| one.plan.affected().contains(app);
        if self.deployments.iter().any(is_held) {
            return;
        }
        let Some(fleet) = self.fleets.get(app).filter(|fleet| fleet.job.is_none()) else {
            return;
        };
        let Some(made) = fleet.newest.clone() else {
            for number in fleet.instances.keys().copied().collect::<Vec<_>>() {
                self.set_goal(app, number, Goal::Decommissioned);
            }
            return;
        };
        let proposed = self.propose(app, &made, made.app.instances(), &BTreeSet::new());
        self.stop_all(app, &proposed.to_kill);
        self.launch(app, proposed.to_start.get());
    }

    /// What is to be done for an app to have `to` instances, by the core's rule.
    pub(super) fn propose(
        &self,
        app: &AppId,
        made: &Made,
        to: InstanceCount,
        sentenced: &BTreeSet<InstanceId>,
    ) -> ScalingProposition {
        let agent_of = |one: &Instance| one.agent.as_ref().and_then(|id| self.room.agent(id));
        let candidates: Vec<Candidate> =
            self.instances(app).map(|one| one.candidate(agent_of(one))).collect();
        let picks = |left: &[&Candidate], n| even_picks(made.app.constraints(), left, n);
        ScalingProposition::new(&candidates, sentenced, to, made.app.kill_selection(), picks)
    }

    /// Stops instances for good; those of resident apps keep their reservations.
    pub(super) fn stop_all(&mut self, app: &AppId, ids: &[InstanceId]) {
        for id in ids {
            let Some(number) = self.number_of(id) else {
                continue;
            };
            let is_resident =
                self.instance_at(app, number).is_some_and(|one| one.made.app.is_resident());
            let goal = if is_resident { Goal::Stopped } else { Goal::Decommissioned };
            self.set_goal(app, number, goal);
        }
    }
}
