//! Whether counts are those of wanted shares.

use alloc::string::String;
use alloc::vec::Vec;

use super::counts::{Counts, real};
use super::gamma::upper;

/// How well counts fit wanted shares: Pearson's chi-square test.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Fit {
    /// The sum over all versions of (counted − expected)² ÷ expected.
    pub statistic: f64,
    /// Versions that are expected to answer, less one.
    pub degrees: u32,
    /// How often requests that are sent out in the wanted shares give counts that are as far from them
    /// as these, or farther: from 0 to 1.
    pub p: f64,
    /// Versions that answered though nothing was to be sent to them.
    pub strangers: Vec<String>,
}

/// Why there is nothing to compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FitError {
    /// Nothing is wanted of any version.
    #[error("no version is to get a share of the traffic")]
    NothingWanted,
    /// Nothing was counted.
    #[error("nothing was answered")]
    NothingCounted,
}

/// Counts that come about less often than this are taken for wrong: one in a thousand tests of a
/// balancer that does what it should fails.
const UNLIKELY: f64 = 0.001;

impl Fit {
    /// Compares counts with the weights that were wanted; only how the weights compare is of
    /// importance. A version without a weight, or with weight 0, is to get nothing.
    ///
    /// The test takes each request for a throw of dice. A balancer that goes round in turn hits the
    /// shares much better than that: it passes, and only faults of some size are found. With fewer
    /// than some five expected answers of a version, `p` is only rough.
    ///
    /// # Errors
    ///
    /// When nothing is wanted, or nothing was counted.
    pub fn of<V: AsRef<str>>(
        counts: &Counts,
        wanted: impl IntoIterator<Item = (V, u32)>,
    ) -> Result<Self, FitError> {
        let wanted: Vec<(V, u32)> = wanted.into_iter().filter(|(_, weight)| *weight > 0).collect();
        let weights: u64 = wanted.iter().map(|(_, weight)| u64::from(*weight)).sum();
        let all = counts.all();
        match (weights, all) {
            (0, _) => return Err(FitError::NothingWanted),
            (_, 0) => return Err(FitError::NothingCounted),
            _ => {}
        }
        let is_wanted = |version: &str| wanted.iter().any(|(known, _)| known.as_ref() == version);
        let strangers =
            counts.shares().filter(|(version, share)| share.count > 0 && !is_wanted(version));
        let strangers: Vec<String> = strangers.map(|(version, _)| version.into()).collect();
        let term = |(version, weight): &(V, u32)| {
            let expected = real(all) * f64::from(*weight) / real(weights);
            let difference = real(counts.of(version.as_ref())) - expected;
            difference * difference / expected
        };
        let statistic = wanted.iter().map(term).sum();
        let degrees = u32::try_from(wanted.len() - 1).unwrap_or(u32::MAX);
        let p = match (strangers.is_empty(), degrees) {
            (false, _) => 0.0,
            (true, 0) => 1.0,
            (true, degrees) => upper(f64::from(degrees) / 2.0, statistic / 2.0),
        };
        Ok(Self { statistic, degrees, p, strangers })
    }

    /// Whether the counts may well be those of the wanted shares: `p` is above one in a thousand.
    pub fn is_likely(&self) -> bool {
        self.p > UNLIKELY
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(counts: &[(&str, u64)], wanted: &[(&str, u32)]) -> Fit {
        let counts = Counts::new(counts.iter().copied());
        Fit::of(&counts, wanted.iter().copied()).unwrap()
    }

    #[test]
    fn a_worked_example() {
        // 60 throws of a die: 5, 8, 9, 8, 10, 20 give 13.4 with 5 degrees of freedom, p = 0.0199.
        let counted = [("1", 5), ("2", 8), ("3", 9), ("4", 8), ("5", 10), ("6", 20)];
        let wanted = ["1", "2", "3", "4", "5", "6"].map(|face| (face, 1));
        let fit = fit(&counted, &wanted);
        assert!((fit.statistic - 13.4).abs() < 1e-9 && fit.degrees == 5, "{fit:?}");
        assert!((fit.p - 0.019_9).abs() < 5e-5, "{fit:?}");
        assert!(fit.is_likely());
    }

    #[test]
    fn who_answers_though_nothing_was_sent_there_is_no_accident() {
        let fit = fit(&[("a", 99), ("b", 1)], &[("a", 1), ("b", 0)]);
        assert_eq!(fit.strangers, ["b"]);
        assert!(!fit.is_likely());
    }

    #[test]
    fn one_version_alone_always_fits() {
        assert!(fit(&[("a", 5)], &[("a", 7)]).p > 0.999);
        assert!(!fit(&[("a", 20_000)], &[("a", 99), ("b", 1)]).is_likely());
    }

    #[test]
    fn nothing_fits_nothing() {
        let none: [(&str, u32); 0] = [];
        let counts = Counts::new([("a", 1)]);
        assert_eq!(Fit::of(&counts, none), Err(FitError::NothingWanted));
        assert_eq!(Fit::of(&Counts::default(), [("a", 1)]), Err(FitError::NothingCounted));
    }

    proptest::proptest! {
        #[test]
        fn only_how_weights_compare_counts(
            counts in proptest::array::uniform3(0..10_000_u64),
            weights in proptest::array::uniform3(1..1_000_u32),
            factor in 1..1_000_u32,
        ) {
            proptest::prop_assume!(counts.iter().sum::<u64>() > 0);
            let names = ["a", "b", "c"];
            let counts = Counts::new(names.into_iter().zip(counts));
            let one = Fit::of(&counts, names.into_iter().zip(weights)).unwrap();
            let other =
                Fit::of(&counts, names.into_iter().zip(weights.map(|it| it * factor))).unwrap();
            proptest::prop_assert!((one.p - other.p).abs() < 1e-6);
            proptest::prop_assert!((0.0..=1.0).contains(&one.p));
        }
    }
}
