//! Deployments that go on.

use alloc::string::String;
use alloc::vec::Vec;

use super::ReadinessResult;
use crate::units::{AppId, DeploymentId, Timestamp};

/// A change that Marathon accepted. The new definition is stored, and the deployment begins.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "all that Marathon answers")]
pub struct Accepted {
    /// The deployment that carries it out. One without a step ends at once.
    pub deployment: DeploymentId,
    /// The version of what was changed.
    pub version: Timestamp,
}

/// A deployment that goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunningDeployment {
    /// Which.
    pub id: DeploymentId,
    /// The version of the root group that it leads to.
    pub version: Timestamp,
    /// The apps that it holds.
    pub affected_apps: Vec<AppId>,
    /// All its steps.
    pub steps: Vec<CurrentStep>,
    /// What it does now; nothing before the first step.
    pub current_actions: Vec<CurrentAction>,
    /// Which step it is at, from 1; 0 before the first.
    pub current_step: u32,
    /// How many there are.
    pub total_steps: u32,
}

impl RunningDeployment {
    /// A deployment before its first step.
    pub const fn new(id: DeploymentId, version: Timestamp) -> Self {
        Self {
            id,
            version,
            affected_apps: Vec::new(),
            steps: Vec::new(),
            current_actions: Vec::new(),
            current_step: 0,
            total_steps: 0,
        }
    }
}

/// One step of a deployment: actions that run at the same time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a step has nothing but actions")]
pub struct CurrentStep {
    /// The actions.
    pub actions: Vec<CurrentAction>,
}

/// One action of a deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "all that Marathon says")]
pub struct CurrentAction {
    /// Marathon's word for it, `RestartApplication` for one. A pod's ends in `Pod`.
    pub action: String,
    /// The app or pod.
    pub app: AppId,
    /// What the readiness checks of its instances said last.
    pub readiness: Vec<ReadinessResult>,
}
