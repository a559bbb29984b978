//! When Marathon gives up a task that is out of reach.

use core::time::Duration;

use super::instance::Instance;
use crate::units::Timestamp;

/// When an instance that is out of reach since `now` is replaced, and when it is given up; `None` if
/// never.
///
/// Source: `unreachableStrategy`, whose defaults are 0 s for both, and never for apps with
/// persistent local volumes.
pub(super) fn timers(instance: &Instance, now: Timestamp) -> Option<(Timestamp, Timestamp)> {
    let app = instance.definition();
    let strategy = match app.as_json().get("unreachableStrategy") {
        None => None,
        Some(value) if value.is_null() => None,
        Some(value) if value.is_object() => Some(value),
        Some(_) => return None,
    };
    if strategy.is_none() && app.is_resident() {
        return None;
    }
    let seconds = |key: &str| {
        let given = strategy.and_then(|strategy| strategy.get(key)?.as_u64());
        Duration::from_secs(given.unwrap_or(0))
    };
    let inactive = seconds("inactiveAfterSeconds");
    let expunge = seconds("expungeAfterSeconds").max(inactive);
    Some((now.saturating_add(inactive), now.saturating_add(expunge)))
}
