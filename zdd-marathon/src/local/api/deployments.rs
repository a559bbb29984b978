//! `/v2/deployments`.

use axum::extract::Path;
use axum::http::StatusCode;
use serde_json::Value;
use zdd_core::ports::Force;
use zdd_core::units::DeploymentId;

use super::answer::Answer;
use super::call::Call;
use super::deployment_view::deployment;
use super::refusal::Refusal;

/// All that go on.
pub(super) async fn list(call: Call) -> Answer {
    let deployments = call.shared.read(|marathon, _| {
        marathon.deployments().map(|one| deployment(marathon, one)).collect::<Value>()
    });
    Answer::of(deployments)
}

/// Takes one back; with `force` only stops it.
pub(super) async fn delete(Path(id): Path<String>, call: Call) -> Result<Answer, Refusal> {
    let unknown = || Refusal::NotFound(format!("DeploymentPlan {id} does not exist"));
    let deployment: DeploymentId = id.parse().map_err(|_| unknown())?;
    let force = call.query.force(false)?;
    call.shared.with(|marathon, now| match force {
        Force::No => Ok(Answer::accepted(&marathon.revert(now, &deployment)?)),
        Force::Yes => {
            marathon.cancel(now, &deployment)?;
            Ok(Answer::empty(StatusCode::ACCEPTED))
        }
    })
}
