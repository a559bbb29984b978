//! Growth within the bounds of an app's `upgradeStrategy`.

use super::growth::Growth;
use crate::capacity::Bounds;

/// What an `upgradeStrategy` lets two apps together do while one takes over from the other.
///
/// Marathon's words for one app are read for both: never do fewer than `⌈n × minimumHealthCapacity⌉` of
/// them serve, never are there more than `n + ⌊n × maximumOverCapacity⌋`, where `n` is how many the new app
/// is to have. Where the old one has fewer than the floor, or more than the ceiling, it is as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a result")]
pub struct Waves {
    /// How many instances of both have to serve at any time.
    pub floor: u32,
    /// How many of both there may be at any time.
    pub most: u32,
    /// How many the new app begins with.
    pub first: u32,
}

/// Why there are no waves: no instance may be added before one is stopped, and none may be stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "no room for a wave: {floor} instances have to serve, and there may be {most}; \
     another one needs room for {}", floor + 1
)]
#[expect(clippy::exhaustive_structs, reason = "two numbers")]
pub struct NoRoom {
    /// How many have to serve.
    pub floor: u32,
    /// How many there may be.
    pub most: u32,
}

impl Waves {
    /// From `before` old instances to `full` new ones within `bounds`, which are those of the new app.
    ///
    /// `is_taken_out` is whether the balancer takes old instances out by itself, as marathon-lb does: it
    /// takes out only as many as there are too many, so that all have to serve.
    ///
    /// # Errors
    ///
    /// When nothing could ever move.
    pub fn of(before: u32, full: u32, bounds: Bounds, is_taken_out: bool) -> Result<Self, NoRoom> {
        let floor = bounds.floor.get().min(before).min(full);
        let most = bounds.ceiling.get().max(before).max(full);
        // It takes none out before another one is there, too.
        let serve = if is_taken_out { full.max(before) } else { floor };
        let room = most.saturating_sub(before);
        let first = if room > 0 { room } else { most.saturating_sub(serve.min(before)) };
        // Each wave after the first has the room that is above those that serve.
        if full > 0 && (first == 0 || (first < full && most <= serve)) {
            return Err(NoRoom { floor: serve, most });
        }
        Ok(Self { floor, most, first: first.min(full) })
    }

    /// How the new app grows.
    pub const fn growth(self) -> Growth {
        Growth::Waves { most: self.most }
    }
}
