//! Answers to calls that fail.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use zdd_core::app::GroupError;
use zdd_core::ports::InvalidDetail;
use zdd_core::simulate::ChangeError;
use zdd_core::units::{AppId, GroupId, PathError};

use super::super::definition::Invalid;

/// Why a call fails.
#[derive(Debug)]
pub(super) enum Refusal {
    /// The body is not JSON. The text is the parser's.
    Syntax(String),
    /// The body is larger than this many bytes.
    TooLarge(usize),
    /// A definition is refused.
    Invalid(Invalid),
    /// The call makes no sense.
    Bad(String),
    /// What it is about is not there.
    NotFound(String),
    /// What it would create is there.
    Exists(String),
    /// The path does not take this method.
    Method,
    /// The model refuses the change.
    Change(ChangeError),
}

impl Refusal {
    /// There is no such app.
    pub(super) fn no_app(id: &AppId) -> Self {
        Self::NotFound(format!("App '{id}' does not exist"))
    }

    /// There is no such group.
    pub(super) fn no_group(id: &GroupId) -> Self {
        Self::NotFound(format!("Group '{id}' does not exist"))
    }

    /// There is no such task.
    pub(super) fn no_task(id: &str) -> Self {
        Self::NotFound(format!("Task '{id}' does not exist"))
    }

    /// There is nothing at the path of the call.
    pub(super) fn no_route() -> Self {
        Self::NotFound("URI not found".into())
    }

    /// The path of the call is none that an app or a group can have.
    pub(super) fn bad_id(error: &PathError) -> Self {
        Self::Invalid(Invalid::rule("/id", error.to_string()))
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Syntax(_) | Self::Bad(_) => StatusCode::BAD_REQUEST,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Exists(_) => StatusCode::CONFLICT,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Change(error) => match error {
                ChangeError::Locked { .. } => StatusCode::CONFLICT,
                ChangeError::TooManyDeployments { .. } => StatusCode::FORBIDDEN,
                ChangeError::NoSuchDeployment(_) | ChangeError::NoSuchApp(_) => {
                    StatusCode::NOT_FOUND
                }
                // What is invalid, circular or not to be taken back, and what else is to come.
                _ => StatusCode::UNPROCESSABLE_ENTITY,
            },
        }
    }

    fn body(&self) -> Value {
        match self {
            Self::Syntax(text) => json!({ "message": "Invalid JSON", "details": text }),
            Self::TooLarge(most) => {
                json!({ "message": format!("the body is larger than {most} bytes") })
            }
            Self::Invalid(Invalid::Shape(list)) => {
                json!({ "message": "Invalid JSON", "details": details(list) })
            }
            Self::Invalid(Invalid::Rules(list)) => {
                json!({ "message": "Object is not valid", "details": details(list) })
            }
            Self::Bad(message) | Self::NotFound(message) | Self::Exists(message) => {
                json!({ "message": message })
            }
            Self::Method => json!({ "message": "HTTP 405 Method Not Allowed" }),
            Self::Change(error) => change_body(error),
        }
    }
}

fn change_body(error: &ChangeError) -> Value {
    let message = error.to_string();
    match error {
        ChangeError::Locked { deployments } => {
            let deployments: Vec<_> = deployments.iter().map(|id| json!({ "id": id })).collect();
            json!({ "message": message, "deployments": deployments })
        }
        ChangeError::Invalid { details: list } => {
            json!({ "message": message, "details": details(list) })
        }
        ChangeError::Cycle(cycle) => {
            let errors = [cycle.to_string()];
            json!({ "message": message, "details": [{ "path": "/dependencies", "errors": errors }] })
        }
        ChangeError::NotRevertible(cause) => json!({ "message": format!("{message}: {cause}") }),
        _ => json!({ "message": message }),
    }
}

fn details(list: &[InvalidDetail]) -> Value {
    let one = |detail: &InvalidDetail| json!({ "path": detail.path, "errors": detail.errors });
    list.iter().map(one).collect()
}

impl From<Invalid> for Refusal {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid)
    }
}

impl From<ChangeError> for Refusal {
    fn from(error: ChangeError) -> Self {
        Self::Change(error)
    }
}

/// An app and a group may not have the same id.
impl From<GroupError> for Refusal {
    fn from(error: GroupError) -> Self {
        Self::Invalid(Invalid::rule("/id", error.to_string()))
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status(), Json(self.body())).into_response()
    }
}
