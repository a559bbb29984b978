//! What Marathon says about itself: `/v2/info`, `/v2/leader`, `/ping`.

use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use zdd_core::capacity::Reading;
use zdd_core::simulate::Settings;

use super::answer::Answer;
use super::call::Call;

/// Releases that behave like this one.
const CLASSIC: &str = "1.9.136";
const HEALTH_AWARE: &str = "1.11.24";

/// The framework as which Mesos knows it. A lab has no Mesos, and so only this one.
pub(super) const FRAMEWORK: &str = "00000000-0000-4000-8000-000000000000-0000";

/// `/v2/info`.
pub(super) async fn info(call: Call) -> Answer {
    let leader = call.shared.address.to_string();
    let info = call.shared.read(|marathon, _| {
        let settings = marathon.settings();
        json!({
            "name": "marathon",
            "version": version(settings),
            "buildref": concat!("zdd-lab-", env!("CARGO_PKG_VERSION")),
            "elected": true,
            "leader": leader,
            "frameworkId": FRAMEWORK,
            "marathon_config": marathon_config(settings, &call),
            "zookeeper_config": {},
            "http_config": { "http_port": call.shared.address.port(), "https_port": null },
        })
    });
    Answer::of(info)
}

/// `/v2/leader`.
pub(super) async fn leader(call: Call) -> Answer {
    Answer::of(json!({ "leader": call.shared.address.to_string() }))
}

/// `/ping`: text unless only JSON is accepted.
pub(super) async fn ping(headers: HeaderMap) -> Response {
    let accepts = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    match accepts {
        Some("application/json") => axum::Json("pong").into_response(),
        _ => "pong".into_response(),
    }
}

fn version(settings: &Settings) -> &'static str {
    match settings.reading {
        Reading::Classic => CLASSIC,
        // What is still to come is newer.
        _ => HEALTH_AWARE,
    }
}

fn marathon_config(settings: &Settings, call: &Call) -> Value {
    json!({
        "framework_name": "marathon",
        "hostname": call.shared.address.ip(),
        "ha": false,
        "checkpoint": false,
        "executor": "//cmd",
        "mesos_role": "*",
        // The lab answers for the master, too.
        "mesos_leader_ui_url": call.url_of("/"),
        "local_port_min": 10_000,
        "local_port_max": 20_000,
        "scale_apps_interval": settings.scale_check_every.as_millis(),
        "features": [],
    })
}
