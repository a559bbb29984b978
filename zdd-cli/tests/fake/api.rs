//! The API, as far as it is used.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use futures_util::stream;
use serde_json::{Value, json};

use super::Shared;
use super::world::{Hold, Loses, World};

pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new().fallback(any).with_state(shared)
}

/// Moves on every few milliseconds.
pub(super) async fn carry_out(shared: Arc<Shared>) {
    loop {
        tokio::time::sleep(Duration::from_millis(8)).await;
        shared.world.lock().unwrap().go_on();
        shared.changed.notify_all();
    }
}

async fn any(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if uri.path() == "/v2/events" {
        return events(&shared);
    }
    let n = {
        let mut world = shared.world.lock().unwrap();
        world.requests.push(format!("{method} {}", uri.path()));
        let n = world.requests.len();
        if world.knobs.changed_before == Some(n) {
            world.meddle();
        }
        n
    };
    shared.changed.notify_all();
    let trouble = shared.world.lock().unwrap().trouble(&method);
    if let Some(trouble) = trouble {
        let answer = if trouble.is_done || method == Method::GET {
            carried_out(&shared, &method, &uri, &headers, &body)
        } else {
            Json(json!({"message": "this is cut off somewhere"})).into_response()
        };
        return trouble.answer(answer, &uri, &headers).await;
    }
    let hold = shared.world.lock().unwrap().knobs.holds;
    if hold == Some(Hold::Before(n)) {
        held(&shared, hold).await;
    }
    let answer = carried_out(&shared, &method, &uri, &headers, &body);
    if hold == Some(Hold::After(n)) {
        held(&shared, hold).await;
    }
    answer
}

/// Never ends.
async fn held(shared: &Shared, hold: Option<Hold>) {
    shared.world.lock().unwrap().held = hold;
    shared.changed.notify_all();
    std::future::pending::<()>().await;
}

fn carried_out(
    shared: &Shared,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: &[u8],
) -> Response {
    let mut world = shared.world.lock().unwrap();
    if let Some(password) = world.knobs.password
        && headers.get("authorization").and_then(|it| it.to_str().ok()) != Some(password)
    {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let change = (*method != Method::GET).then(|| world.changes().len());
    if change == Some(1) && world.knobs.loses == Some(Loses::Change) {
        return broken();
    }
    if change.is_some() && world.knobs.refuses {
        let details = json!([{"path": "/container", "errors": ["no command for image `x:1`"]}]);
        let text = json!({"message": "Object is not valid", "details": details});
        return (StatusCode::UNPROCESSABLE_ENTITY, Json(text)).into_response();
    }
    let query = uri.query().unwrap_or("");
    let answer = answer(&mut world, method, uri.path(), query, body);
    if change.is_some() && answer.status().is_success() && !query.contains("dryRun=true") {
        world.carried_out.push(format!("{method} {}", uri.path()));
    }
    if change.is_some() && world.knobs.loses == change.map(Loses::Answer) {
        return broken();
    }
    answer
}

/// An answer that stops in its middle.
fn broken() -> Response {
    let piece: Result<Bytes, std::io::Error> = Err(std::io::Error::other("cut"));
    Response::builder()
        .header("content-length", "100")
        .body(Body::from_stream(stream::iter([piece])))
        .unwrap()
}

fn events(shared: &Shared) -> Response {
    let world = shared.world.lock().unwrap();
    if world.knobs.no_events {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let body = world.knobs.stream.body(world.events.subscribe());
    ([("content-type", "text/event-stream")], body).into_response()
}

fn answer(world: &mut World, method: &Method, path: &str, query: &str, body: &[u8]) -> Response {
    let forced = query.contains("force=true");
    let locked = |world: &World, app: &str| {
        let by: Vec<_> = world.deployments.iter().filter(|it| it.holds(app)).collect();
        (!by.is_empty() && !forced).then(|| {
            let ids: Vec<_> = by.iter().map(|it| json!({"id": it.id})).collect();
            let text =
                json!({"message": "App is locked by one or more deployments.", "deployments": ids});
            (StatusCode::CONFLICT, Json(text)).into_response()
        })
    };
    let posted = || serde_json::from_slice::<Value>(body).unwrap();
    match (method.as_str(), path) {
        ("GET", "/v2/info") => Json(json!({
            "name": "marathon", "version": world.knobs.version, "leader": "127.0.0.1:8080",
            "frameworkId": "f", "marathon_config": {},
        }))
        .into_response(),
        ("GET", "/v2/deployments") => Json(deployments(world)).into_response(),
        ("GET", "/v2/queue") => Json(json!({"queue": []})).into_response(),
        ("DELETE", path) if path.starts_with("/v2/deployments/") => {
            let id = &path["/v2/deployments/".len()..];
            let Some(gone) = world.stop(id) else {
                return missing(&format!("DeploymentPlan {id} does not exist"));
            };
            if forced {
                return StatusCode::ACCEPTED.into_response();
            }
            let back = gone.parts.into_iter();
            let back = back.filter_map(|part| Some((part.app, part.original?))).collect();
            Json(world.deploy_all(back, false)).into_response()
        }
        ("GET", "/v2/apps") => {
            let apps: Vec<_> = world.apps.keys().map(|id| info(world, id)).collect();
            Json(json!({"apps": apps})).into_response()
        }
        ("POST", "/v2/apps") => {
            let app = posted();
            let id = app["id"].as_str().unwrap().to_owned();
            if let Some(locked) = locked(world, &id) {
                return locked;
            }
            if world.apps.contains_key(&id) {
                let text = json!({"message": format!("An app with id [{id}] already exists.")});
                return (StatusCode::CONFLICT, Json(text)).into_response();
            }
            let answer = world.deploy(&id, app, false);
            let mut info = info(world, &id);
            info["deployments"] = json!([{"id": answer["deploymentId"]}]);
            (StatusCode::CREATED, Json(info)).into_response()
        }
        ("GET", path) if path.starts_with("/v2/apps/") && path.ends_with("/*") => {
            let group = path["/v2/apps".len()..].trim_end_matches('*');
            let apps = world.apps.keys().filter(|id| id.starts_with(group));
            let apps: Vec<_> = apps.map(|id| info(world, id)).collect();
            if apps.is_empty() {
                missing("no such group")
            } else {
                Json(json!({"*": apps})).into_response()
            }
        }
        (_, path) if path.starts_with("/v2/apps/") => {
            let id = &path["/v2/apps".len()..];
            let (id, is_restart) = match id.strip_suffix("/restart") {
                Some(id) => (id, true),
                None => (id, false),
            };
            if method == Method::GET {
                if !world.apps.contains_key(id) {
                    return missing(&format!("App '{id}' does not exist"));
                }
                return Json(json!({"app": info(world, id)})).into_response();
            }
            if let Some(locked) = locked(world, id) {
                return locked;
            }
            if forced {
                let held = world.deployments.iter().filter(|it| it.holds(id));
                for deployment in held.map(|it| it.id.clone()).collect::<Vec<_>>() {
                    world.stop(&deployment);
                }
            }
            let app = if is_restart { world.apps[id].json.clone() } else { posted() };
            Json(world.deploy(id, app, is_restart)).into_response()
        }
        (_, path) if path.starts_with("/v2/groups/") => {
            let group = &path["/v2/groups".len()..];
            let is_in = |id: &&String| id.starts_with(&format!("{group}/"));
            if method == Method::GET {
                let apps: Vec<_> =
                    world.apps.keys().filter(is_in).map(|id| info(world, id)).collect();
                if apps.is_empty() {
                    return missing("Group does not exist");
                }
                return Json(json!({"id": group, "apps": apps, "groups": []})).into_response();
            }
            let apps = posted()["apps"].as_array().unwrap().clone();
            let apps: Vec<_> =
                apps.into_iter().map(|app| (app["id"].as_str().unwrap().to_owned(), app)).collect();
            if query.contains("dryRun=true") {
                let parts = apps.iter().filter_map(|(id, app)| world.change(id, app, false));
                let actions: Vec<_> =
                    parts.map(|part| json!({"action": part.action, "app": part.app})).collect();
                return Json(json!({"steps": [{"actions": actions}]})).into_response();
            }
            Json(world.deploy_all(apps, false)).into_response()
        }
        _ => missing("URI not found"),
    }
}

fn missing(message: &str) -> Response {
    (StatusCode::NOT_FOUND, Json(json!({"message": message}))).into_response()
}

fn deployments(world: &World) -> Value {
    let all = world.deployments.iter().map(|it| {
        let actions = it.actions();
        let apps: Vec<_> = it.parts.iter().map(|part| &part.app).collect();
        json!({
            "id": it.id, "version": it.version, "affectedApps": apps, "affectedPods": [],
            "steps": [{"actions": actions}], "currentActions": actions,
            "currentStep": 1, "totalSteps": 1,
        })
    });
    all.collect()
}

fn info(world: &World, id: &str) -> Value {
    let app = &world.apps[id];
    let mut json = app.json.clone();
    json["version"] = app.version.clone().into();
    json["versionInfo"] = json!({"lastScalingAt": app.version, "lastConfigChangeAt": app.config});
    let tasks = app.tasks.iter().map(|task| {
        json!({
            "id": task.id, "appId": id, "host": "127.0.0.1", "slaveId": "agent-0",
            "state": "TASK_RUNNING", "ports": [31000], "version": task.version,
            "stagedAt": task.version, "startedAt": task.version, "healthCheckResults": [],
        })
    });
    json["tasks"] = tasks.collect();
    json["tasksRunning"] = app.tasks.len().into();
    for count in ["tasksStaged", "tasksHealthy", "tasksUnhealthy"] {
        json[count] = 0.into();
    }
    let held = world.deployments.iter().filter(|it| it.holds(id));
    json["deployments"] = held.map(|it| json!({"id": it.id})).collect();
    json
}
