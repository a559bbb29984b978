//! Why a change is refused.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::app::GroupError;
use crate::group::{Cycle, PlanError, Refusal};
use crate::ports::InvalidDetail;
use crate::units::{AppId, DeploymentId};

/// Why a Marathon refuses a change. Nothing has changed then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeError {
    /// Deployments that go on are about the same apps. The text is Marathon's.
    #[error(
        "App is locked by one or more deployments. Override with the option '?force=true'. View details at '/v2/deployments/<DEPLOYMENT_ID>'."
    )]
    Locked {
        /// Which deployments, the oldest first.
        deployments: Vec<DeploymentId>,
    },
    /// Too many deployments go on.
    #[error("max number of running deployments reached: {max}")]
    TooManyDeployments {
        /// So many may.
        max: u32,
    },
    /// Definitions are not acceptable.
    #[error("Object is not valid")]
    Invalid {
        /// Each problem with its place.
        details: Vec<InvalidDetail>,
    },
    /// Apps depend on each other in a circle.
    #[error("Dependency graph has cyclic dependencies.")]
    Cycle(#[source] Cycle),
    /// There is no such deployment, or it has ended.
    #[error("DeploymentPlan {0} does not exist")]
    NoSuchDeployment(DeploymentId),
    /// There is no such app.
    #[error("App '{0}' does not exist")]
    NoSuchApp(AppId),
    /// What a deployment changed cannot be put back: others since gave the place to something else.
    #[error("the deployment cannot be taken back")]
    NotRevertible(#[source] GroupError),
}

impl ChangeError {
    pub(super) fn invalid(path: impl Into<String>, error: &impl ToString) -> Self {
        Self::Invalid { details: [detail(path, error)].into() }
    }
}

pub(super) fn detail(path: impl Into<String>, error: &impl ToString) -> InvalidDetail {
    InvalidDetail { path: path.into(), errors: [error.to_string()].into() }
}

impl From<PlanError> for ChangeError {
    fn from(error: PlanError) -> Self {
        let about = |refusal: &Refusal| detail(refusal.app.as_str(), &refusal.reason);
        match error {
            PlanError::Cycle(cycle) => Self::Cycle(cycle),
            PlanError::Refused(refusals) => {
                Self::Invalid { details: refusals.iter().map(about).collect() }
            }
        }
    }
}
