//! The port to time.

use alloc::boxed::Box;

use async_trait::async_trait;

use crate::units::Timestamp;

/// What time it is, and how to let it pass.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The time. It may run backwards; that costs time at most.
    fn now(&self) -> Timestamp;

    /// Lets time pass until `deadline`, or a little longer.
    async fn sleep_until(&self, deadline: Timestamp);
}
