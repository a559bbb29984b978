//! Answers to calls that succeed.

use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use zdd_core::ports::Accepted;
use zdd_core::units::DeploymentId;

/// Names the deployment that a call began.
const DEPLOYMENT: HeaderName = HeaderName::from_static("marathon-deployment-id");

/// The answer to a call that succeeds.
#[derive(Debug)]
pub(super) struct Answer {
    status: StatusCode,
    body: Option<Value>,
    location: Option<String>,
    deployment: Option<DeploymentId>,
}

impl Answer {
    /// Status 200 and this.
    pub(super) fn of(body: Value) -> Self {
        Self { status: StatusCode::OK, body: Some(body), location: None, deployment: None }
    }

    /// A status and no more.
    pub(super) fn empty(status: StatusCode) -> Self {
        Self { status, body: None, location: None, deployment: None }
    }

    /// A change was accepted.
    pub(super) fn accepted(accepted: &Accepted) -> Self {
        let result = json!({ "version": accepted.version, "deploymentId": accepted.deployment });
        Self::of(result).with_deployment(accepted)
    }

    /// Names the deployment of a change in the head.
    pub(super) fn with_deployment(mut self, accepted: &Accepted) -> Self {
        self.deployment = Some(accepted.deployment.clone());
        self
    }

    /// Something came into being, and is there.
    pub(super) fn created(mut self, location: String) -> Self {
        self.status = StatusCode::CREATED;
        self.location = Some(location);
        self
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = match self.body {
            Some(body) => (self.status, Json(body)).into_response(),
            None => self.status.into_response(),
        };
        let values = [
            (header::LOCATION, self.location),
            (DEPLOYMENT, self.deployment.map(|id| id.as_str().to_owned())),
        ];
        for (name, value) in values {
            // Both are paths and ids, which have no character that a header cannot have.
            if let Some(value) = value.and_then(|text| HeaderValue::try_from(text).ok()) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}
