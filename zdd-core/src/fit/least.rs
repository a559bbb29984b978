//! The smallest of many numbers with which something holds, without asking for all of them.

/// So many are asked for one by one.
const ONE_BY_ONE: u32 = 8;

/// A number with which it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Least {
    pub(super) value: u32,
    /// Whether all that are smaller were asked for. If not, it is the smallest only where it holds for
    /// all that are greater, too.
    pub(super) is_proven: bool,
}

/// The smallest number from 1 to `most` with which `holds`: the first few are asked for one by one,
/// then doubled until one holds, and the gap below that one is halved. At most eight questions and
/// about twice as many as `most` has binary digits.
pub(super) fn least(most: u32, mut holds: impl FnMut(u32) -> bool) -> Option<Least> {
    if let Some(value) = (1..=most.min(ONE_BY_ONE)).find(|value| holds(*value)) {
        return Some(Least { value, is_proven: true });
    }
    let (mut fails, mut found) = (ONE_BY_ONE, None);
    while found.is_none() && fails < most {
        let next = fails.saturating_mul(2).min(most);
        if holds(next) {
            found = Some(next);
        } else {
            fails = next;
        }
    }
    let mut found = found?;
    let mut is_proven = fails == ONE_BY_ONE && found == ONE_BY_ONE + 1;
    while found - fails > 1 {
        let middle = fails + (found - fails) / 2;
        if holds(middle) {
            found = middle;
        } else {
            fails = middle;
        }
        // Right above those that were asked for one by one, nothing is left out.
        is_proven = fails == ONE_BY_ONE && found == ONE_BY_ONE + 1;
    }
    Some(Least { value: found, is_proven })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_smallest_is_found_where_greater_ones_hold(most in 0_u32..5000, from in 1_u32..6000) {
            let mut n_asked = 0;
            let found = least(most, |value| {
                n_asked += 1;
                assert!((1..=most).contains(&value));
                value >= from
            });
            prop_assert_eq!(found.map(|least| least.value), (from <= most).then_some(from));
            prop_assert!(found.is_none_or(|least| least.is_proven == (least.value <= 9)));
            prop_assert!(n_asked <= 8 + 2 * 13);
        }

        #[test]
        fn one_that_is_called_the_smallest_is(holding in prop::collection::btree_set(1_u32..40, 0..6)) {
            if let Some(found) = least(40, |value| holding.contains(&value)) {
                prop_assert!(holding.contains(&found.value));
                prop_assert!(!found.is_proven || holding.first() == Some(&found.value));
            }
        }
    }
}
