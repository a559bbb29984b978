//! How deployments go on, step by step.

use super::event::What;
use super::fleet::Fleet;
use super::instance::Made;
use super::marathon::Marathon;
use crate::group::Action;
use crate::units::{AppId, DeploymentId};

/// Marathon's words.
const CANCELLED: &str = "The upgrade has been cancelled";

impl Marathon {
    /// Ends the step of a deployment in which nothing is left to do, and begins the next one.
    pub(super) fn advance(&mut self, id: &DeploymentId) {
        let Some(at) = self.deployments.iter().position(|one| one.id == *id) else {
            return;
        };
        let deployment = &mut self.deployments[at];
        let (plan, step) = (deployment.plan_of(), deployment.current_step);
        deployment.current_step += 1;
        let actions = deployment.current_actions().to_vec();
        deployment.pending = actions.iter().map(|action| action.app().clone()).collect();
        if let Some(step) = step.checked_sub(1) {
            self.tell(What::StepSucceeded { plan: plan.clone(), step });
        }
        if actions.is_empty() {
            self.deployments.remove(at);
            self.tell(What::DeploymentSucceeded { plan });
            return;
        }
        self.tell(What::StepBegins { plan, step });
        for action in &actions {
            self.begin(id, action);
        }
    }

    fn begin(&mut self, id: &DeploymentId, action: &Action) {
        let app = action.app();
        let newest = self.fleets.get(app).and_then(|fleet| fleet.newest.clone());
        match (action, newest) {
            (Action::StopApplication { .. }, _) => self.begin_stop(id, app),
            (Action::ScaleApplication { to, .. }, Some(made)) => {
                self.begin_checks(app, &made);
                self.begin_scale(id, app, &made, *to);
            }
            (Action::RestartApplication { .. }, Some(made)) => {
                self.begin_checks(app, &made);
                self.begin_replacement(id, app, &made);
            }
            // Makes the app known, which it is; and apps of accepted plans are defined as long as
            // their deployment goes on.
            (Action::StartApplication { .. }, _) | (_, None) => self.action_ended(id, app),
        }
    }

    /// Announces the health checks of a version. An action always brings a new one.
    fn begin_checks(&mut self, app: &AppId, made: &Made) {
        let checks = made.app.as_json().get("healthChecks").and_then(|checks| checks.as_array());
        for check in checks.into_iter().flatten().cloned() {
            self.tell(What::HealthCheckAdded { app: app.clone(), version: made.version, check });
        }
    }

    pub(super) fn action_ended(&mut self, id: &DeploymentId, app: &AppId) {
        let Some(deployment) = self.deployments.iter_mut().find(|one| one.id == *id) else {
            return;
        };
        if deployment.pending.remove(app) && deployment.pending.is_empty() {
            self.agenda.advance.push_back(id.clone());
        }
    }

    /// Ends a deployment where it is.
    pub(super) fn abandon(&mut self, id: &DeploymentId) {
        let Some(at) = self.deployments.iter().position(|one| one.id == *id) else {
            return;
        };
        let deployment = self.deployments.remove(at);
        for app in &deployment.pending {
            let is_its =
                |fleet: &Fleet| fleet.job.as_ref().is_some_and(|job| job.deployment == *id);
            if self.fleets.get(app).is_some_and(is_its) {
                self.drop_job(app);
                self.drop_if_over(app);
            }
        }
        let plan = deployment.plan_of();
        self.tell(What::DeploymentFailed { plan, reason: CANCELLED.into() });
    }
}
