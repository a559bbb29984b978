//! Running deployments as JSON.

use serde::Serialize;
use zdd_core::ports::RunningDeployment;

use crate::schema::SCHEMA;

/// What `zdd status -o json` prints without an id.
#[derive(Debug, Serialize)]
pub(super) struct DeploymentsReport {
    schema: u32,
    deployments: Vec<DeploymentReport>,
}

/// A deployment that goes on.
#[derive(Debug, Serialize)]
struct DeploymentReport {
    id: String,
    version: String,
    /// Which step it is at, from 1; 0 before the first.
    step: u32,
    steps: u32,
    apps: Vec<String>,
    /// What it does now.
    actions: Vec<ActionReport>,
}

#[derive(Debug, Serialize)]
struct ActionReport {
    action: String,
    app: String,
}

impl DeploymentsReport {
    pub(super) fn of(deployments: &[RunningDeployment]) -> Self {
        Self { schema: SCHEMA, deployments: deployments.iter().map(report).collect() }
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
