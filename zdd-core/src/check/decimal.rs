//! Fractions for people: the decimals with the fewest digits that give a wanted count.

use crate::units::{InstanceCount, MaximumOverCapacity, MinimumHealthCapacity};

/// Digits after the point, from whole percents on. Twelve tell any two counts of an app apart.
const DIGITS: core::ops::RangeInclusive<u32> = 2..=12;

/// The smallest over-capacity that lets `spare` be added to `instances`, in whole percents if one of
/// them gives just that many, otherwise with as many digits as it takes. `None` if even `1` does not.
pub(crate) fn smallest_over(
    instances: InstanceCount,
    spare: InstanceCount,
) -> Option<MaximumOverCapacity> {
    if spare.is_zero() {
        return Some(MaximumOverCapacity::ZERO);
    }
    // Marathon's counts end where its integers do, and a ceiling with them.
    let wanted = u64::from(instances.get()) + u64::from(spare.get());
    let reach = |over: MaximumOverCapacity| u64::from(over.ceiling_of(instances).get());
    if reach(MaximumOverCapacity::ONE) < wanted {
        return None;
    }
    let mut best = MaximumOverCapacity::ONE;
    for scale in DIGITS.map(|digits| 10_u64.pow(digits)) {
        let units = div_ceil(u64::from(spare.get()), scale, u64::from(instances.get()));
        // The product in doubles can fall short of the exact one: then the next step up is meant.
        let candidate = (units..=units + 1)
            .filter_map(|units| MaximumOverCapacity::try_from(ratio(units, scale)).ok())
            .find(|over| reach(*over) >= wanted);
        if let Some(over) = candidate {
            best = over;
            if reach(over) == wanted {
                break;
            }
        }
    }
    Some(best)
}

/// The largest minimum that needs at most `floor` of `instances`, in whole percents if one of them
/// needs just that many, otherwise with as many digits as it takes.
pub(crate) fn largest_minimum(
    instances: InstanceCount,
    floor: InstanceCount,
) -> MinimumHealthCapacity {
    if floor >= instances {
        return MinimumHealthCapacity::ONE;
    }
    let need = |min: MinimumHealthCapacity| min.floor_of(instances);
    let mut best = MinimumHealthCapacity::ZERO;
    for scale in DIGITS.map(|digits| 10_u64.pow(digits)) {
        let exact = u128::from(floor.get()) * u128::from(scale) / u128::from(instances.get());
        let units = u64::try_from(exact).unwrap_or(scale);
        let candidate = (units.saturating_sub(1)..=units)
            .rev()
            .filter_map(|units| MinimumHealthCapacity::try_from(ratio(units, scale)).ok())
            .find(|min| need(*min) <= floor);
        if let Some(min) = candidate {
            best = min;
            if need(min) == floor {
                break;
            }
        }
    }
    best
}

/// `a * b / c`, rounded up. `c` is not zero: an app without instances has no fraction to look for.
fn div_ceil(a: u64, b: u64, c: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    u64::try_from(product.div_ceil(u128::from(c.max(1)))).unwrap_or(u64::MAX)
}

/// The decimal `units / scale`, as the double that its text is read as: both are exact, so the
/// quotient is the double nearest to it.
#[expect(clippy::cast_precision_loss, reason = "both are at most 10^12 and so exact")]
fn ratio(units: u64, scale: u64) -> f64 {
    units as f64 / scale as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_smallest_over_capacity_is_enough_and_a_percent_less_is_not(
            n in 1_u32..100_000, share in 0.0..=1.0,
        ) {
            let n = InstanceCount::try_from(u64::from(n)).unwrap();
            let spare = MaximumOverCapacity::try_from(share).unwrap().ceiling_of(n).saturating_sub(n);
            let over = smallest_over(n, spare).unwrap();
            prop_assert_eq!(over.ceiling_of(n).saturating_sub(n), spare.max(over.ceiling_of(n).saturating_sub(n)));
            prop_assert!(over.ceiling_of(n).saturating_sub(n) >= spare);
            let less = MaximumOverCapacity::try_from((over.get() - 0.01).max(0.0)).unwrap();
            prop_assert!(spare.is_zero() || less.ceiling_of(n).saturating_sub(n) < spare);
        }

        #[test]
        fn the_largest_minimum_is_low_enough_and_a_percent_more_is_not(
            n in 1_u32..100_000, share in 0.0..1.0,
        ) {
            let n = InstanceCount::try_from(u64::from(n)).unwrap();
            let floor = MinimumHealthCapacity::try_from(share).unwrap().floor_of(n);
            let min = largest_minimum(n, floor);
            prop_assert!(min.floor_of(n) <= floor);
            let more = MinimumHealthCapacity::try_from((min.get() + 0.01).min(1.0)).unwrap();
            prop_assert!(floor >= n || more.floor_of(n) > floor);
        }
    }

    #[test]
    fn few_digits_where_few_are_enough() {
        let n = InstanceCount::from;
        assert_eq!(smallest_over(n(4), n(2)).unwrap().to_string(), "0.5");
        assert_eq!(smallest_over(n(3), n(1)).unwrap().to_string(), "0.34");
        // 1000 × 1.001 falls short of 1001 in doubles.
        assert_eq!(smallest_over(n(1000), n(1)).unwrap().to_string(), "0.0011");
        // 100 × 1.15 falls short of 115, and 100 × 1.16 of 116.
        assert_eq!(smallest_over(n(100), n(15)).unwrap().to_string(), "0.16");
        assert_eq!(largest_minimum(n(5), n(4)).to_string(), "0.8");
        assert_eq!(largest_minimum(n(3), n(1)).to_string(), "0.33");
        assert_eq!(largest_minimum(n(25), n(7)).to_string(), "0.27");
    }
}
