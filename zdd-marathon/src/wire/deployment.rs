//! Deployments.

use serde::Deserialize;
use zdd_core::ports::{CurrentAction, CurrentStep, ReadinessResult, RunningDeployment};
use zdd_core::units::{AppId, DeploymentId, Timestamp};

use super::app::WireReadiness;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WireDeployment {
    id: DeploymentId,
    version: Timestamp,
    affected_apps: Option<Vec<AppId>>,
    affected_pods: Option<Vec<AppId>>,
    steps: Option<Vec<WireStep>>,
    current_actions: Option<Vec<WireAction>>,
    current_step: Option<u32>,
    total_steps: Option<u32>,
}

/// `{"steps": [..]}`: what a dry run answers.
#[derive(Debug, Deserialize)]
pub(crate) struct WireSteps {
    steps: Vec<WireStep>,
}

/// An object, or the bare list of very old releases.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "expected a step with its actions")]
enum WireStep {
    Object { actions: Vec<WireAction> },
    List(Vec<WireAction>),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireAction {
    #[serde(alias = "type")]
    action: String,
    #[serde(alias = "pod")]
    app: AppId,
    readiness_check_results: Option<Vec<WireReadiness>>,
}

impl From<WireDeployment> for RunningDeployment {
    fn from(wire: WireDeployment) -> Self {
        let mut deployment = Self::new(wire.id, wire.version);
        deployment.affected_apps = wire.affected_apps.unwrap_or_default();
        deployment.affected_apps.extend(wire.affected_pods.unwrap_or_default());
        let steps = wire.steps.unwrap_or_default();
        deployment.total_steps =
            wire.total_steps.unwrap_or_else(|| u32::try_from(steps.len()).unwrap_or(u32::MAX));
        deployment.steps = steps.into_iter().map(CurrentStep::from).collect();
        deployment.current_actions = actions(wire.current_actions.unwrap_or_default());
        deployment.current_step = wire.current_step.unwrap_or(0);
        deployment
    }
}

impl From<WireSteps> for Vec<CurrentStep> {
    fn from(wire: WireSteps) -> Self {
        wire.steps.into_iter().map(CurrentStep::from).collect()
    }
}

impl From<WireStep> for CurrentStep {
    fn from(wire: WireStep) -> Self {
        let (WireStep::Object { actions: list } | WireStep::List(list)) = wire;
        Self { actions: actions(list) }
    }
}

fn actions(wire: Vec<WireAction>) -> Vec<CurrentAction> {
    let action = |it: WireAction| CurrentAction {
        action: it.action,
        app: it.app,
        readiness: it
            .readiness_check_results
            .unwrap_or_default()
            .into_iter()
            .map(ReadinessResult::from)
            .collect(),
    };
    wire.into_iter().map(action).collect()
}
