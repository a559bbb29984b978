use alloc::string::ToString;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::{Side, Weight, Weights, WeightsError};

fn totals(sides: &[(u32, u32)]) -> Vec<u64> {
    let sides: Vec<Side> =
        sides.iter().map(|(share, servers)| Side::new(*share, *servers)).collect();
    Weights::of(&sides).unwrap().sides().iter().map(super::SideWeights::total).collect()
}

fn weights(sides: &[(u32, u32)]) -> Weights {
    let sides: Vec<Side> =
        sides.iter().map(|(share, servers)| Side::new(*share, *servers)).collect();
    Weights::of(&sides).unwrap()
}

#[test]
fn the_canary_of_the_lab() {
    let weights = weights(&[(80, 3), (20, 1)]);
    let of = |side: usize| weights.sides()[side].servers().map(Weight::get).collect::<Vec<_>>();
    assert_eq!((of(0), of(1)), (alloc::vec![256; 3], alloc::vec![192]));
    assert!(weights.is_exact() && weights.largest_error() == 0.0);
    assert_eq!(weights.share(1), Some(0.2));
    assert_eq!(weights.share(2), None);
}

#[test]
fn all_or_nothing() {
    assert_eq!(totals(&[(100, 3), (0, 1)]), [768, 0]);
    assert_eq!(totals(&[(1, 1), (0, 0)]), [256, 0]);
    let nothing = Weights::of(&[Side::new(0, 3)]);
    assert_eq!(nothing, Err(WeightsError::NothingWanted));
    assert_eq!(Weights::of(&[]), Err(WeightsError::NothingWanted));
    let nobody = Weights::of(&[Side::new(80, 3), Side::new(20, 0)]);
    assert_eq!(nobody, Err(WeightsError::NoServer { side: 2 }));
}

#[test]
fn shares_that_are_finer_than_weights() {
    // 0.1 % of one server beside one: 1 of 257 is as near as it gets.
    let fine = weights(&[(999, 1), (1, 1)]);
    assert_eq!(totals(&[(999, 1), (1, 1)]), [256, 1]);
    assert!(!fine.is_exact());
    assert!((fine.largest_error() - (1.0 / 257.0 - 0.001)).abs() < 1e-12);
    assert_eq!(fine.servers_to_be_exact(), [4, 1]);
    assert!(weights(&[(999, 4), (1, 1)]).is_exact());
    let three = weights(&[(9_990, 1), (9, 1), (1, 1)]);
    assert!(three.largest_error() < 0.007, "{three:?}");
    assert!(three.sides().iter().all(|side| side.total() > 0));
}

#[test]
fn some_servers_may_get_nothing() {
    // 1 % for 99 beside 99 % for one.
    let weights = weights(&[(99, 1), (1, 99)]);
    assert!(weights.is_exact());
    assert_eq!((weights.sides()[0].total(), weights.sides()[1].total()), (198, 2));
    assert_eq!(weights.sides()[1].idle(), 97);
}

#[test]
fn a_change_has_its_effect_within_a_thousand_requests_where_that_can_be() {
    // 24 and 62 each; 12 and 31 would do, 96 and 248 would take four times as long.
    assert_eq!(totals(&[(80, 31), (20, 3)]), [744, 186]);
    // Equal weights outweigh that, and so does it that every server gets something.
    assert_eq!(totals(&[(99, 50), (1, 50)]), [4950, 50]);
    assert_eq!(totals(&[(50, 600), (50, 601)]), [601, 601]);
    assert_eq!(totals(&[(1, 31), (0, 1)]), [1023, 0]);
}

/// Every percentage for every pair of sizes is exact.
#[test]
fn whole_percents_are_exact_for_up_to_fifty_servers_a_side() {
    for (one, other) in (1..=50).flat_map(|one| (1..=50).map(move |other| (one, other))) {
        for percent in [1, 5, 20, 33, 50, 75, 90, 99] {
            let weights = weights(&[(100 - percent, one), (percent, other)]);
            assert!(weights.is_exact(), "{one} and {other} at {percent} %: {weights:?}");
        }
    }
}

#[test]
fn weights_are_from_0_to_256() {
    assert_eq!(Weight::try_from(256).map(Weight::get), Ok(256));
    assert_eq!(Weight::try_from(257).unwrap_err().0, 257);
    assert_eq!(
        Weight::try_from(u64::MAX).unwrap_err().to_string(),
        "18446744073709551615 is not a weight from 0 to 256"
    );
}

proptest! {
    /// No other pair of totals is nearer.
    #[test]
    fn of_two_sides_nothing_is_nearer(
        shares in (1..5_000_u32, 1..5_000_u32),
        servers in (1..3_u32, 1..3_u32),
    ) {
        let weights = weights(&[(shares.0, servers.0), (shares.1, servers.1)]);
        let wanted = f64::from(shares.0) / f64::from(shares.0 + shares.1);
        let mut best = f64::INFINITY;
        for one in 1..=256 * servers.0 {
            for other in 1..=256 * servers.1 {
                let share = f64::from(one) / f64::from(one + other);
                best = best.min((share - wanted).abs());
            }
        }
        prop_assert!(weights.largest_error() <= best + 1e-12, "{weights:?}, best {best}");
    }

    #[test]
    fn only_how_shares_compare_counts(
        sides in prop::collection::vec((0..1_000_u32, 1..100_u32), 1..6),
        factor in 1..1_000_u32,
    ) {
        prop_assume!(sides.iter().any(|(share, _)| *share > 0));
        let scaled: Vec<_> = sides.iter().map(|(share, servers)| (share * factor, *servers)).collect();
        prop_assert_eq!(totals(&sides), totals(&scaled));
    }

    #[test]
    fn weights_add_up_and_differ_by_one_at_most(
        sides in prop::collection::vec((0..100_000_u32, 1..1_000_u32), 1..6),
    ) {
        prop_assume!(sides.iter().any(|(share, _)| *share > 0));
        let weights = weights(&sides);
        for (side, (share, servers)) in weights.sides().iter().zip(&sides) {
            let each: Vec<u64> = side.servers().map(|weight| weight.get().into()).collect();
            prop_assert_eq!(each.len(), *servers as usize);
            prop_assert_eq!(each.iter().sum::<u64>(), side.total());
            prop_assert!(each.iter().max().unwrap() - each.iter().min().unwrap() <= 1);
            prop_assert_eq!(side.total() > 0, *share > 0);
            let idle = each.iter().filter(|weight| **weight == 0).count();
            prop_assert_eq!(side.idle() as usize, idle);
        }
        prop_assert_eq!(weights.is_exact(), weights.largest_error() < 1e-12);
    }
}
