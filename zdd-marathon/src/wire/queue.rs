//! The launch queue.

use std::time::Duration;

use serde::Deserialize;
use zdd_core::ports::{Offers, QueueItem, Rejected};
use zdd_core::units::{AppId, Timestamp};

/// `{"queue": [..]}`.
#[derive(Debug, Deserialize)]
pub(crate) struct WireQueue {
    queue: Vec<WireItem>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireItem {
    #[serde(alias = "pod")]
    app: WireRunSpec,
    count: Option<u32>,
    delay: Option<WireDelay>,
    since: Option<Timestamp>,
    processed_offers_summary: Option<WireOffers>,
}

/// All that matters of the definition, which is there as a whole.
#[derive(Debug, Deserialize)]
struct WireRunSpec {
    id: AppId,
    version: Option<Timestamp>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireDelay {
    time_left_seconds: Option<f64>,
    overdue: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireOffers {
    processed_offers_count: Option<u64>,
    unused_offers_count: Option<u64>,
    last_unused_offer_at: Option<Timestamp>,
    reject_summary_last_offers: Option<Vec<WireRejected>>,
}

#[derive(Debug, Deserialize)]
struct WireRejected {
    reason: String,
    declined: Option<u64>,
    processed: Option<u64>,
}

impl From<WireQueue> for Vec<QueueItem> {
    fn from(wire: WireQueue) -> Self {
        wire.queue.into_iter().map(QueueItem::from).collect()
    }
}

impl From<WireItem> for QueueItem {
    fn from(wire: WireItem) -> Self {
        let mut item = Self::new(wire.app.id, wire.count.unwrap_or(0));
        item.version = wire.app.version;
        item.since = wire.since;
        if let Some(delay) = wire.delay {
            // Negative or absurd numbers of seconds mean that nothing is left to wait for.
            let left = delay.time_left_seconds.unwrap_or(0.0);
            item.delay = Duration::try_from_secs_f64(left).unwrap_or(Duration::ZERO);
            item.overdue = delay.overdue.unwrap_or(item.delay.is_zero());
        }
        item.offers = wire.processed_offers_summary.map(Offers::from).unwrap_or_default();
        item
    }
}

impl From<WireOffers> for Offers {
    fn from(wire: WireOffers) -> Self {
        let mut offers = Self::default();
        offers.processed = wire.processed_offers_count.unwrap_or(0);
        offers.unused = wire.unused_offers_count.unwrap_or(0);
        offers.last_unused_at = wire.last_unused_offer_at;
        let rejected = |it: WireRejected| Rejected {
            reason: it.reason,
            declined: it.declined.unwrap_or(0),
            processed: it.processed.unwrap_or(0),
        };
        let summary = wire.reject_summary_last_offers.unwrap_or_default();
        offers.rejected = summary.into_iter().map(rejected).collect();
        offers
    }
}
