//! Running deployments as JSON.

use schemars::JsonSchema;
use serde::Serialize;
use zdd_core::ports::RunningDeployment;

use super::app_json::AppReport;
use crate::follow::Seen;
use crate::rollout::{CanaryReport, Sight};
use crate::schema::SCHEMA;

/// What `zdd status -o json` prints without an id.
#[derive(Debug, JsonSchema, Serialize)]
pub(crate) struct DeploymentsReport {
    /// Version of this form.
    schema: u32,
    /// Those that go on.
    deployments: Vec<DeploymentReport>,
    /// Blue/green deployments and canaries that go on.
    rollouts: Vec<CanaryReport>,
}

/// What `zdd status ID -o json` prints of a rollout.
#[derive(Debug, JsonSchema, Serialize)]
pub(crate) struct SightReport {
    #[serde(flatten)]
    rollout: CanaryReport,
    /// The one of its apps that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    app: Option<AppReport>,
}

/// A deployment that goes on.
#[derive(Debug, JsonSchema, Serialize)]
struct DeploymentReport {
    /// Which.
    id: String,
    /// The version of the root group that it leads to.
    version: String,
    /// Which step it is at, from 1; 0 before the first.
    step: u32,
    /// How many there are.
    steps: u32,
    /// The apps that it holds.
    apps: Vec<String>,
    /// What it does now.
    actions: Vec<ActionReport>,
}

/// An action of a deployment.
#[derive(Debug, JsonSchema, Serialize)]
struct ActionReport {
    /// Marathon's word for it.
    action: String,
    /// The app.
    app: String,
}

impl DeploymentsReport {
    pub(super) fn of(deployments: &[RunningDeployment], rollouts: &[Sight]) -> Self {
        Self {
            schema: SCHEMA,
            deployments: deployments.iter().map(report).collect(),
            rollouts: rollouts.iter().map(Sight::report).collect(),
        }
    }
}

impl SightReport {
    pub(super) fn of(rollout: &Sight, seen: Option<&Seen>) -> Self {
        let app = seen.and_then(|seen| seen.apps.first().map(|app| AppReport::of(app, seen)));
        Self { rollout: rollout.report(), app }
    }
}

fn report(deployment: &RunningDeployment) -> DeploymentReport {
    let actions = deployment.current_actions.iter();
    DeploymentReport {
        id: deployment.id.to_string(),
        version: deployment.version.to_string(),
        step: deployment.current_step,
        steps: deployment.total_steps,
        apps: deployment.affected_apps.iter().map(ToString::to_string).collect(),
        actions: actions
            .map(|it| ActionReport { action: it.action.clone(), app: it.app.to_string() })
            .collect(),
    }
}
