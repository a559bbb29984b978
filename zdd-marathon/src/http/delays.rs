//! How long to wait before the next try.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

/// Delays that double, with jitter: clients that lost the same leader must not come back together.
#[derive(Debug)]
pub(super) struct Delays(ExponentialBackoff);

impl Delays {
    /// From `first`, each up to twice what it would be, none above `longest` before jitter.
    pub(super) fn new(first: Duration, longest: Duration) -> Self {
        let builder = ExponentialBuilder::default()
            .with_min_delay(first)
            .with_max_delay(longest)
            .without_max_times()
            .with_jitter();
        Self(builder.build())
    }

    /// The next one, cut to what is left.
    pub(super) fn next(&mut self, left: Duration) -> Duration {
        self.0.next().map_or(left, |delay| delay.min(left))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_to_a_bound_and_never_pass_what_is_left() {
        let (first, longest) = (Duration::from_millis(100), Duration::from_secs(2));
        let mut delays = Delays::new(first, longest);
        let all: Vec<_> = (0..12).map(|_| delays.next(Duration::MAX)).collect();
        assert!(all[0] >= first && all[0] <= 2 * first, "{all:?}");
        assert!(all[11] >= longest && all[11] <= 2 * longest, "{all:?}");
        assert_eq!(delays.next(Duration::from_millis(3)), Duration::from_millis(3));
    }
}
