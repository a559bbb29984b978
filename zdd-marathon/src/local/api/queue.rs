//! `/v2/queue`.

use axum::extract::Path;
use axum::http::StatusCode;
use serde_json::{Map, Value, json};
use zdd_core::ports::QueueItem;
use zdd_core::simulate::Marathon;
use zdd_core::units::AppId;

use super::answer::Answer;
use super::call::Call;
use super::refusal::Refusal;

/// All that waits to be launched. The last offers themselves (`embed=lastUnusedOffers`) are not
/// kept, and not told.
pub(super) async fn list(call: Call) -> Answer {
    let queue: Value = call.shared.read(|marathon, now| {
        marathon.queue(now).iter().map(|waiting| item(marathon, waiting)).collect()
    });
    Answer::of(json!({ "queue": queue }))
}

/// Ends a launch delay: `DELETE /v2/queue/{app}/delay`.
pub(super) async fn reset_delay(Path(path): Path<String>, call: Call) -> Result<Answer, Refusal> {
    let app = path.trim_end_matches('/').strip_suffix("/delay");
    let app = app.ok_or_else(Refusal::no_route)?;
    let app: AppId = app.parse().map_err(|error| Refusal::bad_id(&error))?;
    let waited = call.shared.with(|marathon, now| marathon.reset_delay(now, &app));
    if waited {
        Ok(Answer::empty(StatusCode::NO_CONTENT))
    } else {
        Err(Refusal::NotFound(format!("Application {app} not found in tasks queue.")))
    }
}

fn item(marathon: &Marathon, item: &QueueItem) -> Value {
    let offers = &item.offers;
    let rejected = |declined: &zdd_core::ports::Rejected| {
        json!({
            "reason": declined.reason,
            "declined": declined.declined,
            "processed": declined.processed,
        })
    };
    let rejected: Vec<Value> = offers.rejected.iter().map(rejected).collect();
    let mut summary = Map::from_iter([
        ("processedOffersCount".to_owned(), json!(offers.processed)),
        ("unusedOffersCount".to_owned(), json!(offers.unused)),
        ("rejectSummaryLastOffers".to_owned(), json!(rejected)),
    ]);
    if let Some(at) = offers.last_unused_at {
        summary.insert("lastUnusedOfferAt".to_owned(), json!(at));
    }
    json!({
        "count": item.count,
        "app": app(marathon, item),
        "delay": { "timeLeftSeconds": seconds_left(item), "overdue": item.overdue },
        "since": item.since,
        "processedOffersSummary": summary,
    })
}

/// A started second counts as a whole one: nothing is launched before the delay is over.
fn seconds_left(item: &QueueItem) -> u64 {
    let whole = item.delay.as_secs();
    if item.delay.subsec_nanos() > 0 { whole.saturating_add(1) } else { whole }
}

/// The definition that instances wait with, which may be older than the app's own.
fn app(marathon: &Marathon, item: &QueueItem) -> Value {
    let same = |app: &&std::sync::Arc<zdd_core::app::App>| app.version() == item.version;
    let app = marathon.history(&item.app).find(same);
    app.map_or_else(|| json!({ "id": item.app, "version": item.version }), |app| json!(**app))
}
