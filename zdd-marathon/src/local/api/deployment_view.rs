//! Deployments in JSON.

use serde_json::{Value, json};
use zdd_core::group::Action;
use zdd_core::simulate::{Deployment, Marathon};

use super::app_view::readiness;

/// A deployment that goes on.
pub(super) fn deployment(marathon: &Marathon, deployment: &Deployment) -> Value {
    let action = |action: &Action| {
        json!({
            "action": action.name(),
            "app": action.app(),
            "readinessCheckResults": readiness(marathon, action.app()),
        })
    };
    let current: Vec<Value> = deployment.current_actions().iter().map(action).collect();
    json!({
        "id": deployment.id,
        "version": deployment.version,
        "affectedApps": deployment.plan.affected(),
        "affectedPods": [],
        "steps": deployment.plan.steps(),
        "currentActions": current,
        "currentStep": deployment.current_step,
        "totalSteps": deployment.plan.steps().len(),
    })
}
