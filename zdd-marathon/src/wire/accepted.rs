//! What Marathon answers to a change.

use serde::Deserialize;
use zdd_core::ports::Accepted;
use zdd_core::units::{DeploymentId, Timestamp};

/// `{"version": .., "deploymentId": ..}`, or the app that was created, with `deployments`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WireAccepted {
    version: Option<Timestamp>,
    deployment_id: Option<DeploymentId>,
    deployments: Option<Vec<WireId>>,
}

/// `{"id": ..}`.
#[derive(Debug, Deserialize)]
pub(super) struct WireId {
    pub(super) id: DeploymentId,
}

impl WireAccepted {
    /// What was accepted. `header` is the answer's `Marathon-Deployment-Id`. None where the answer
    /// names no deployment or no version.
    pub(crate) fn accepted(self, header: Option<DeploymentId>) -> Option<Accepted> {
        let listed = || self.deployments.and_then(|all| all.into_iter().next()).map(|it| it.id);
        let deployment = self.deployment_id.or(header).or_else(listed)?;
        Some(Accepted { deployment, version: self.version? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str, header: Option<&str>) -> Option<(String, String)> {
        let wire: WireAccepted = serde_json::from_str(json).unwrap();
        let accepted = wire.accepted(header.map(|id| id.parse().unwrap()))?;
        Some((accepted.deployment.to_string(), accepted.version.to_string()))
    }

    #[test]
    fn a_result_an_app_or_a_header_names_the_deployment() {
        let at = "2026-01-01T00:00:00.000Z";
        let expected = |id: &str| Some((id.to_owned(), at.to_owned()));
        let result = format!(r#"{{"version": "{at}", "deploymentId": "d-1"}}"#);
        assert_eq!(read(&result, None), expected("d-1"));
        let app = format!(r#"{{"id": "/a", "version": "{at}", "deployments": [{{"id": "d-2"}}]}}"#);
        assert_eq!(read(&app, None), expected("d-2"));
        assert_eq!(read(&format!(r#"{{"version": "{at}"}}"#), Some("d-3")), expected("d-3"));
        assert_eq!(read(&format!(r#"{{"version": "{at}", "deployments": []}}"#), None), None);
        assert_eq!(read(r#"{"deploymentId": "d-1"}"#, None), None);
    }
}
