//! What is said about an upgrade comes true: random scenarios are asked about and carried out by the
//! Marathon without processes, in virtual time. One that fits ends in every order that is tried, one
//! that stalls stands still in every order, with the reasons that were predicted in its queue; and one
//! that may stall is made to do both, by the orders that the answer shows.
//!
//! A hundred of them, a third of each kind; more with
//!
//! ```sh
//! ZDD_SCENARIOS=5000 cargo test -p zdd-core --test fit_scenarios
//! ```
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

#[path = "../simulate_model/answers.rs"]
mod answers;
mod dice;
mod follow;
mod scenario;
mod world;

use std::collections::BTreeMap;

use dice::Dice;
use follow::Told;
use scenario::Scenario;
use world::{End, World};
use zdd_core::fit::{Effort, Fit, Verdict, fit};

const VERDICTS: [Verdict; 3] = [Verdict::Fits, Verdict::MayStall, Verdict::Stalls];

fn n_scenarios() -> usize {
    std::env::var("ZDD_SCENARIOS").map_or(100, |n| n.parse().expect("a number of scenarios"))
}

/// What the scenarios were like.
#[derive(Debug, Default)]
struct Seen {
    verdicts: BTreeMap<Verdict, usize>,
    /// Words of Marathon's queue where it stood still, and in how many scenarios.
    words: BTreeMap<String, usize>,
    /// Those that stood still without waiting for a place.
    without_reason: usize,
    by_itself: BTreeMap<Verdict, usize>,
    restarts: usize,
    residents: usize,
    /// Drawn again, because the order that was predicted cannot be made.
    unmade: usize,
}

#[test]
fn what_is_predicted_comes_true() {
    let mut seen = Seen::default();
    let n_scenarios = n_scenarios();
    for n in 0..n_scenarios {
        let dice = &mut Dice::new(n as u64);
        println!("scenario {n}");
        let wanted = VERDICTS[n % VERDICTS.len()];
        // Few clusters are as tight as that.
        while !play(wanted, dice, &mut seen) {}
    }
    println!("{seen:#?}");
    assert_eq!(seen.verdicts.values().sum::<usize>(), n_scenarios);
    let least = |share: usize| n_scenarios / share;
    for word in ["InsufficientCpus", "InsufficientPorts", "UnfulfilledConstraint"] {
        assert!(seen.words.get(word).is_some_and(|n| *n >= least(20)), "{word}: {seen:#?}");
    }
    assert!(seen.by_itself.values().sum::<usize>() > n_scenarios / 2, "{seen:#?}");
    assert!(seen.restarts >= least(20) && seen.residents >= least(50), "{seen:#?}");
    assert!(seen.without_reason < n_scenarios / 10 && seen.unmade < n_scenarios / 20, "{seen:#?}");
}

fn answer(scenario: &Scenario, world: &World) -> Fit {
    let question = scenario.question(world).unwrap();
    let fit = fit(&question.scene, Effort::default());
    assert!(fit.basis.is_proven(), "{fit:#?}");
    fit
}

/// Draws a scenario. Whether it is one of those that are wanted, and all is as predicted.
fn play(wanted: Verdict, dice: &mut Dice, seen: &mut Seen) -> bool {
    let Some(scenario) = Scenario::random(dice) else {
        return false;
    };
    let world = scenario.make(&scenario.olds).unwrap();
    let fit = answer(&scenario, &world);
    if fit.verdict != wanted {
        return false;
    }
    let told = Told { scenario: &scenario, fit: &fit };
    if !told.can_be_made() {
        seen.unmade += 1;
        return false;
    }
    match fit.verdict {
        Verdict::Fits => assert_eq!(fit.stall, None),
        Verdict::MayStall | Verdict::Stalls => told.stands_still(),
    }
    match fit.verdict {
        Verdict::Stalls => assert_eq!(fit.finish, None),
        Verdict::Fits | Verdict::MayStall => told.finishes(),
    }
    in_any_order(&scenario, dice);
    *seen.verdicts.entry(fit.verdict).or_default() += 1;
    seen.restarts += usize::from(scenario.new.is_none());
    seen.residents += usize::from(scenario.app.is_resident());
    if let Some(stall) = &fit.stall {
        seen.without_reason += usize::from(stall.waiting == 0);
        let summary = stall.rejections.summary();
        for rejected in summary.into_iter().filter(|one| one.declined > 0) {
            *seen.words.entry(rejected.reason).or_default() += 1;
        }
    }
    if let Some(verdict) = by_itself(&scenario) {
        *seen.by_itself.entry(verdict).or_default() += 1;
    }
    true
}

/// So many orders are tried beside those that are shown.
const ORDERS: usize = 8;

/// Offers and deaths come in Marathon's own order, and in any other.
fn in_any_order(scenario: &Scenario, dice: &mut Dice) {
    let mut world = scenario.make(&scenario.olds).unwrap();
    comes_true(scenario, &mut world, World::run_in_marathons_order);
    for _ in 0..ORDERS {
        // Which instance is told first to stop goes by age.
        let olds = dice.shuffled(&scenario.olds);
        let Some(mut world) = scenario.make(&olds) else { continue };
        comes_true(scenario, &mut world, |world| world.run_in_some_order(dice));
    }
}

/// What is said of a world comes true in it.
fn comes_true(
    scenario: &Scenario,
    world: &mut World,
    run: impl FnOnce(&mut World) -> End,
) -> Verdict {
    let fit = answer(scenario, world);
    scenario.begin(world);
    let end = run(world);
    let expected = match fit.verdict {
        Verdict::Fits => End::Finished,
        Verdict::Stalls => End::StandsStill,
        Verdict::MayStall => end,
    };
    assert_eq!(end, expected, "{fit:#?} {scenario:#?} {:#?}", world.marathon.room());
    match end {
        End::Finished => world.assert_upgraded(scenario.id()),
        End::StandsStill => assert!(world.marathon.queue(world.now()).len() <= 1),
    }
    fit.verdict
}

/// What a Marathon says and does to which nobody gives orders. None if there is no room for the app
/// in the order that it chooses.
fn by_itself(scenario: &Scenario) -> Option<Verdict> {
    let mut world = scenario.make_at_once()?;
    Some(comes_true(scenario, &mut world, World::run_in_marathons_order))
}
