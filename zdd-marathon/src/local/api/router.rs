//! All routes.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{delete, get, post};

use super::super::runtime::Shared;
use super::refusal::Refusal;
use super::{apps, apps_many, deployments, events, groups, info, mesos, queue, tasks};

/// Names the leader, which is this very server.
const LEADER: HeaderName = HeaderName::from_static("x-marathon-leader");

/// All routes.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let all_apps =
        get(apps_many::list).post(apps::create).put(apps_many::put).patch(apps_many::patch);
    let below_apps =
        get(apps::get).post(apps::restart).put(apps::put).patch(apps::patch).delete(apps::delete);
    let root = get(groups::get_root)
        .post(groups::create_in_root)
        .put(groups::put_root)
        .delete(groups::delete_root);
    let below_groups =
        get(groups::get).post(groups::create).put(groups::put).delete(groups::delete);
    Router::new()
        .route("/ping", get(info::ping))
        .route("/v2/apps", all_apps.clone())
        .route("/v2/apps/", all_apps)
        .route("/v2/apps/{*path}", below_apps)
        .route("/v2/tasks", get(tasks::list))
        .route("/v2/tasks/delete", post(tasks::delete))
        .route("/v2/deployments", get(deployments::list))
        .route("/v2/deployments/{id}", delete(deployments::delete))
        .route("/v2/groups", root.clone())
        .route("/v2/groups/", root)
        .route("/v2/groups/{*path}", below_groups)
        .route("/v2/info", get(info::info))
        .route("/v2/leader", get(info::leader))
        .route("/v2/queue", get(queue::list))
        .route("/v2/queue/{*path}", delete(queue::reset_delay))
        .route("/v2/events", get(events::stream))
        .route("/slaves", get(mesos::slaves))
        .route("/master/slaves", get(mesos::slaves))
        .route("/state", get(mesos::state))
        .route("/master/state", get(mesos::state))
        .route("/state-summary", get(mesos::summary))
        .route("/master/state-summary", get(mesos::summary))
        .fallback(no_route)
        .method_not_allowed_fallback(no_method)
        .layer(middleware::from_fn_with_state(shared.clone(), name_leader))
        .with_state(shared)
}

async fn no_route() -> Refusal {
    Refusal::no_route()
}

async fn no_method() -> Refusal {
    Refusal::Method
}

async fn name_leader(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if let Ok(leader) = HeaderValue::try_from(format!("http://{}", shared.address)) {
        response.headers_mut().insert(LEADER, leader);
    }
    response
}
