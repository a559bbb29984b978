//! Whether plans find their places: the search and the counting against every order there is.
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod brute;
mod case;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use zdd_core::fit::{Basis, Effort, Verdict, fit};

const CLUSTERS: usize = 5_000;

#[test]
fn no_order_is_forgotten() {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let mut counted = 0;
    let mut seen = std::collections::BTreeMap::<Verdict, usize>::new();
    for n in 0..CLUSTERS {
        let case = case::cases().new_tree(&mut runner).unwrap().current();
        let expected = brute::verdict(&case);
        let fit = fit(&case.scene(), Effort::default());
        assert!(fit.basis.is_proven(), "{n}: {:?} {case:#?}", fit.basis);
        assert_eq!(fit.verdict, expected, "{n}: {fit:#?} {case:#?}");
        assert_eq!(fit.stall.is_some(), expected != Verdict::Fits, "{n}: {case:#?}");
        *seen.entry(expected).or_default() += 1;
        counted += usize::from(without_search(&case, expected));
    }
    println!("{seen:?}, {counted} of them without a search");
    assert!(counted > CLUSTERS / 2, "{counted}");
    let least = CLUSTERS / 100;
    assert!(seen.values().all(|n| *n >= least) && seen.len() == 3, "{seen:?}");
}

/// What is said of a case that is too big to be searched. Whether it is proven.
fn without_search(case: &case::Case, expected: Verdict) -> bool {
    let fit = fit(&case.scene(), Effort::default().of_states(0));
    if let Some(stall) = &fit.stall {
        let is_told = stall.rejections.agents.len() == case.agents.len();
        assert!(stall.waiting == 0 || case.keeps_place || is_told, "{fit:#?} {case:#?}");
    }
    if fit.basis.is_proven() {
        assert_eq!(fit.verdict, expected, "{fit:#?} {case:#?}");
    } else if let Basis::Tried { orders, stalled } = fit.basis {
        assert_eq!(fit.verdict, Verdict::MayStall);
        assert!(stalled == 0 || expected != Verdict::Fits, "{fit:#?} {case:#?}");
        assert!(stalled == orders || expected != Verdict::Stalls, "{fit:#?} {case:#?}");
    }
    fit.basis.is_proven()
}
