//! The clock of this machine.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use tokio::time::sleep;
use zdd_core::ports::Clock;
use zdd_core::units::Timestamp;

/// The clock of this machine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    async fn sleep_until(&self, deadline: Timestamp) {
        // A clock that was set back while something slept must not let it sleep for long.
        const LONGEST: Duration = Duration::from_secs(60);
        sleep(deadline.since(self.now()).min(LONGEST)).await;
    }
}

/// The time, for records.
pub(crate) fn now() -> Timestamp {
    SystemClock.now()
}
