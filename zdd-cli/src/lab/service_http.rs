//! What the test service answers.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;
use tokio::time::sleep;

use super::dice::Dice;
use super::error::LabError;
use super::service::millis;
use crate::args::ServiceArgs;

/// How the service behaves.
#[derive(Debug)]
pub(super) struct Behaviour {
    version: String,
    /// How long `/health` takes, in milliseconds.
    health: RangeInclusive<u32>,
    slow: Duration,
    failure_rate: f64,
    dice: Mutex<Dice>,
}

impl Behaviour {
    /// # Errors
    ///
    /// When the most time that `/health` takes is less than the least.
    pub(super) fn of(args: &ServiceArgs) -> Result<Self, LabError> {
        let min = args.health_min;
        let max = args.health_max.unwrap_or(min);
        if max < min {
            return Err(LabError::HealthTimes { min, max });
        }
        Ok(Self {
            version: args.service_version.clone(),
            health: min..=max,
            slow: millis(args.trouble.slow),
            failure_rate: args.trouble.failure_rate,
            dice: Mutex::new(Dice::new(args.trouble.seed)),
        })
    }

    /// The longest that an answer takes.
    pub(super) fn slowest(&self) -> Duration {
        self.slow.max(millis(*self.health.end()))
    }

    fn draw<T>(&self, draw: impl FnOnce(&Dice) -> T) -> T {
        draw(&self.dice.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes the time that an answer takes, and says whether it shall fail.
    async fn work(&self) -> Result<(), Response> {
        let fails = self.draw(|dice| dice.chance(self.failure_rate));
        pause(self.slow).await;
        if !fails {
            return Ok(());
        }
        let told = Json(json!({ "version": self.version, "result": "failed, as asked for" }));
        Err((StatusCode::INTERNAL_SERVER_ERROR, told).into_response())
    }
}

/// The paths that the service answers.
pub(super) fn router(behaviour: Behaviour) -> Router {
    Router::new()
        .route("/endpoint0", get(endpoint0))
        .route("/info", get(info))
        .route("/health", get(health))
        .with_state(Arc::new(behaviour))
}

async fn endpoint0(
    State(behaviour): State<Arc<Behaviour>>,
    headers: HeaderMap,
) -> Result<Response, Response> {
    behaviour.work().await?;
    let version = &behaviour.version;
    let told = json!({ "host": host(&headers), "version": version, "result": "all is well" });
    Ok(Json(told).into_response())
}

async fn info(
    State(behaviour): State<Arc<Behaviour>>,
    ConnectInfo(client): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Result<Response, Response> {
    behaviour.work().await?;
    let version = &behaviour.version;
    let told = json!({ "host": host(&headers), "version": version, "from": client.ip() });
    Ok(Json(told).into_response())
}

async fn health(State(behaviour): State<Arc<Behaviour>>) -> Response {
    let takes = behaviour.draw(|dice| dice.within(behaviour.health.clone()));
    pause(millis(takes)).await;
    Json(json!({ "healthy": true })).into_response()
}

/// Waits; not even a moment where there is nothing to wait for, as a timer would.
async fn pause(time: Duration) {
    if !time.is_zero() {
        sleep(time).await;
    }
}

/// As whom the client addressed us.
fn host(headers: &HeaderMap) -> &str {
    headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default()
}
