//! Which shares integer weights can give. By search, and in whole numbers: nothing here is the
//! engine's.

/// The share of the new app: `new` of `old + new`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Share {
    old: u64,
    new: u64,
}

/// The largest weight of a server.
const MOST: u64 = 256;

impl Share {
    /// None where there is nothing to share.
    pub(super) const fn new(old: u64, new: u64) -> Option<Self> {
        if old == 0 && new == 0 { None } else { Some(Self { old, new }) }
    }

    /// As a part of 1.
    #[expect(clippy::cast_precision_loss, reason = "only to be shown")]
    pub(super) fn part(self) -> f64 {
        self.new as f64 / (self.old as f64 + self.new as f64)
    }

    /// Whether it is further away from `wanted` than `other` is.
    pub(super) fn is_further(self, other: Self, wanted: Self) -> bool {
        let (ours, theirs) = (self.distance(wanted), other.distance(wanted));
        ours.0 * theirs.1 > theirs.0 * ours.1
    }

    /// The distance of two shares, as a fraction, but for a factor that is the same for all distances
    /// from `wanted`.
    fn distance(self, wanted: Self) -> (u128, u128) {
        let all = u128::from(self.old) + u128::from(self.new);
        let of = u128::from(wanted.old) + u128::from(wanted.new);
        let (is, should) = (u128::from(self.new) * of, u128::from(wanted.new) * all);
        (is.abs_diff(should), all)
    }
}

/// The nearest share that so many servers of each side can give, with weights of 0 to 256. A side that is to get
/// anything gets something.
pub(super) fn nearest(wanted: Share, [old, new]: [u32; 2]) -> Share {
    if wanted.old == 0 || wanted.new == 0 || old == 0 || new == 0 {
        return wanted;
    }
    let (most_old, most_new) = (u64::from(old) * MOST, u64::from(new) * MOST);
    let mut best = Share { old: most_old, new: most_new };
    // Of one side every sum is tried; of the other one the two next to what would be exact.
    for sum in 1..=most_new {
        let exact = u128::from(sum) * u128::from(wanted.old) / u128::from(wanted.new);
        let below = u64::try_from(exact).unwrap_or(u64::MAX).clamp(1, most_old);
        for other in [below, (below + 1).min(most_old)] {
            let it = Share { old: other, new: sum };
            if best.is_further(it, wanted) {
                best = it;
            }
        }
        if best.distance(wanted).0 == 0 {
            break;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(old: u64, new: u64) -> Share {
        Share::new(old, new).unwrap()
    }

    #[test]
    fn the_nearest_share_is_found() {
        // One and one: 99.9 % is out of reach, 256 of 257 is nearest.
        let best = nearest(share(999, 1), [1, 1]);
        assert_eq!(best, share(256, 1));
        // Two and one: 512 of 513.
        assert_eq!(nearest(share(999, 1), [2, 1]), share(512, 1));
        assert!((nearest(share(80, 20), [3, 1]).part() - 0.2).abs() < 1e-12);
        assert_eq!(nearest(share(1, 0), [3, 1]), share(1, 0));
    }

    #[test]
    fn distances_are_compared_exactly() {
        let wanted = share(2, 1);
        assert!(share(3, 1).is_further(share(4, 2), wanted));
        assert!(!share(4, 2).is_further(share(2, 1), wanted));
        assert!(share(1, 0).is_further(share(3, 1), wanted));
    }
}
