//! How many requests each version answered.

use alloc::collections::BTreeMap;
use alloc::string::String;

use libm::sqrt;

/// How many standard deviations to either side hold 95 % of a normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// Answers by version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    by_version: BTreeMap<String, u64>,
}

/// The share of one version in all answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "so many of so many")]
pub struct Share {
    /// Its answers.
    pub count: u64,
    /// All answers; not fewer.
    pub all: u64,
}

/// From one share to another, both parts of 1 and in it.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "two ends")]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Counts {
    /// These counts; those of a version that is named twice are added up.
    pub fn new<V: Into<String>>(counts: impl IntoIterator<Item = (V, u64)>) -> Self {
        let mut by_version: BTreeMap<String, u64> = BTreeMap::new();
        for (version, count) in counts {
            let sum = by_version.entry(version.into()).or_default();
            *sum = sum.saturating_add(count);
        }
        Self { by_version }
    }

    /// All answers.
    pub fn all(&self) -> u64 {
        self.by_version.values().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// The answers of a version; none where it never answered.
    pub fn of(&self, version: &str) -> u64 {
        self.by_version.get(version).copied().unwrap_or(0)
    }

    /// The share of a version, if it was counted at all.
    pub fn share(&self, version: &str) -> Option<Share> {
        let count = self.by_version.get(version)?;
        Some(Share { count: *count, all: self.all() })
    }

    /// Every version with its share, by name.
    pub fn shares(&self) -> impl Iterator<Item = (&str, Share)> {
        let all = self.all();
        self.by_version
            .iter()
            .map(move |(version, count)| (&**version, Share { count: *count, all }))
    }
}

impl Share {
    /// As a part of 1; 0 of nothing.
    pub fn part(self) -> f64 {
        if self.all == 0 { 0.0 } else { real(self.count) / real(self.all) }
    }

    /// Where the true share lies with 95 % confidence, by Wilson's score: it also holds for few
    /// requests, and for shares near 0 and 1. Of nothing it is everything.
    pub fn interval(self) -> Interval {
        if self.all == 0 {
            return Interval { low: 0.0, high: 1.0 };
        }
        let (n, part) = (real(self.all), self.part());
        let shrink = 1.0 + Z * Z / n;
        let middle = (part + Z * Z / (2.0 * n)) / shrink;
        let spread = Z * sqrt(part * (1.0 - part) / n + Z * Z / (4.0 * n * n)) / shrink;
        // What rounding would put beyond the ends, or beyond the share itself.
        let low = if self.count == 0 { 0.0 } else { (middle - spread).max(0.0) };
        let high = if self.count == self.all { 1.0 } else { (middle + spread).min(1.0) };
        Interval { low, high }
    }
}

impl Interval {
    /// Whether `part` lies in it.
    pub fn contains(self, part: f64) -> bool {
        (self.low..=self.high).contains(&part)
    }
}

/// As a real number; exact up to 2⁵³, far more than anybody counts.
#[expect(clippy::cast_precision_loss, reason = "counts of requests are far below 2^53")]
pub(super) const fn real(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interval(count: u64, all: u64) -> (f64, f64) {
        let Interval { low, high } = Share { count, all }.interval();
        let round = |part: f64| libm::round(part * 10_000.0) / 10_000.0;
        (round(low), round(high))
    }

    #[test]
    fn intervals_are_wilsons() {
        // Published values for 95 %.
        assert_eq!(interval(10, 100), (0.0552, 0.1744));
        assert_eq!(interval(0, 10), (0.0, 0.2775));
        assert_eq!(interval(10, 10), (0.7225, 1.0));
        assert_eq!(interval(81, 263), (0.2553, 0.3662));
        assert_eq!(interval(0, 0), (0.0, 1.0));
    }

    #[test]
    fn counts_of_a_version_add_up() {
        let counts = Counts::new([("a", 1), ("b", 2), ("a", 3)]);
        assert_eq!((counts.all(), counts.of("a"), counts.of("c")), (6, 4, 0));
        assert_eq!(counts.share("c"), None);
        assert_eq!(counts.shares().count(), 2);
    }

    proptest::proptest! {
        #[test]
        fn the_share_is_in_its_interval(all in 1..1_000_000_u64, of in 0..=1_000_000_u64) {
            let share = Share { count: of % (all + 1), all };
            let Interval { low, high } = share.interval();
            proptest::prop_assert!(0.0 <= low && low < high && high <= 1.0);
            proptest::prop_assert!(share.interval().contains(share.part()));
        }
    }
}
