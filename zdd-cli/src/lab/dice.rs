//! Chance, as much as a test service needs.

use std::cell::Cell;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::ops::RangeInclusive;

/// A sequence of numbers that look random. Not for secrets.
#[derive(Debug)]
pub(super) struct Dice(Cell<u64>);

impl Dice {
    /// The sequence that begins at `seed`, or one that differs each time.
    pub(super) fn new(seed: Option<u64>) -> Self {
        // The standard library seeds its hash tables from the operating system.
        Self(Cell::new(seed.unwrap_or_else(|| RandomState::new().build_hasher().finish())))
    }

    /// A number of `range`, each as likely as the others.
    pub(super) fn within(&self, range: RangeInclusive<u32>) -> u32 {
        let (start, end) = range.into_inner();
        let n = u64::from(end.saturating_sub(start)) + 1;
        // The upper half of a product instead of a remainder. For so few numbers neither is biased
        // by more than one in four billion.
        let drawn = (u128::from(self.next()) * u128::from(n)) >> 64;
        start + u32::try_from(drawn).expect("the upper half is below n, at most 2^32")
    }

    /// Yes in a `share` of cases, 0 to 1.
    pub(super) fn chance(&self, share: f64) -> bool {
        // Below all that can be drawn for 0, above for 1.
        f64::from(self.within(0..=u32::MAX - 1)) < share * f64::from(u32::MAX)
    }

    /// splitmix64, which any seed starts equally well.
    fn next(&self) -> u64 {
        self.0.set(self.0.get().wrapping_add(0x9e37_79b9_7f4a_7c15));
        let mut mixed = self.0.get();
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_of_a_range_comes_and_no_other() {
        let dice = Dice::new(Some(1));
        let mut seen = [0; 5];
        for _ in 0..1000 {
            seen[dice.within(3..=7) as usize - 3] += 1;
        }
        assert!(seen.iter().all(|n| (150..=250).contains(n)), "{seen:?}");
        assert_eq!(dice.within(7..=7), 7);
        let _ = dice.within(0..=u32::MAX);
    }

    #[test]
    fn chances_are_kept() {
        let dice = Dice::new(Some(1));
        let happened = |share| (0..1000).filter(|_| dice.chance(share)).count();
        assert_eq!((happened(0.0), happened(1.0)), (0, 1000));
        assert!((250..350).contains(&happened(0.3)));
    }

    #[test]
    fn a_seed_repeats_and_none_does_not() {
        let draw = |seed| Dice::new(seed).within(0..=u32::MAX - 1);
        assert_eq!(draw(Some(7)), draw(Some(7)));
        assert!((0..3).any(|_| draw(None) != draw(None)));
    }
}
