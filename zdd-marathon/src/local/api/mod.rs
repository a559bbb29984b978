//! The REST API.

mod events;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use super::runtime::Shared;

/// All routes.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/ping", get(|| async { "pong" }))
        .route("/v2/events", get(events::stream))
        .with_state(shared)
}
