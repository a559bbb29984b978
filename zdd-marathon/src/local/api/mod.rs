//! The REST API.

use std::sync::Arc;

use axum::Router;

use super::runtime::Shared;

/// All routes.
pub(crate) fn router(_shared: Arc<Shared>) -> Router {
    Router::new()
}
