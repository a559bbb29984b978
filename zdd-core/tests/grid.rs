//! Every strategy on a grid: the engine's run, the verifier's judgement of it and the check's
//! closed forms have to agree.

#![expect(clippy::unwrap_used, reason = "a panic is the report")]

use zdd_core::capacity::{Reading, UpgradeStrategy};
use zdd_core::check::Check;
use zdd_core::guarantee::Guarantee;
use zdd_core::timeline::{Assumptions, End, Model, Timeline};
use zdd_core::units::InstanceCount;
use zdd_core::upgrade::{Health, Kind, Upgrade};
use zdd_core::verify::judge_plan;

fn percent(value: u16) -> f64 {
    f64::from(value) / 100.0
}

fn strategies() -> impl Iterator<Item = UpgradeStrategy> {
    (0..=100).flat_map(|min| {
        (0..=100).map(move |over| UpgradeStrategy {
            minimum_health_capacity: percent(min).try_into().unwrap(),
            maximum_over_capacity: percent(over).try_into().unwrap(),
        })
    })
}

/// The check's verdicts against the verifier's judgement of the nominal run. Returns how many of
/// the three guarantees were kept, so that a caller can see that both answers occur.
fn agrees(upgrade: &Upgrade) -> [bool; 3] {
    let check = Check::of(upgrade);
    let run = Timeline::of(upgrade, Model::Marathon, &Assumptions::default());
    let judged = judge_plan(&run);
    for guarantee in Guarantee::ALL {
        let verdict = check.verdict(guarantee);
        assert_eq!(
            Some(verdict.kept_by_marathon.holds()),
            judged.holds(guarantee),
            "{guarantee} of {upgrade:?}: {verdict:?} against {judged:?}"
        );
        assert!(
            verdict.satisfiable.holds() || !verdict.kept_by_marathon.holds(),
            "{guarantee} of {upgrade:?} is kept and cannot be"
        );
    }
    let hangs = matches!(run.end(), End::Stalled { .. });
    assert_eq!(hangs, !check.verdict(Guarantee::Completes).satisfiable.holds(), "{upgrade:?}");
    Guarantee::ALL.map(|guarantee| check.verdict(guarantee).kept_by_marathon.holds())
}

#[test]
fn on_the_whole_grid_the_run_ends_and_the_verifier_agrees_with_the_check() {
    let halves = [(1..=45_u16), (46..=64)];
    let counts = std::thread::scope(|scope| {
        let threads: Vec<_> = halves
            .into_iter()
            .map(|half| {
                scope.spawn(move || {
                    let mut settings = 0_u32;
                    let mut kept = [0_u32; 3];
                    for (n, strategy) in
                        half.flat_map(|n| strategies().map(move |strategy| (n, strategy)))
                    {
                        let holds = agrees(&Upgrade::new(n.into(), strategy));
                        assert!(holds[0], "{n} {strategy:?} does not end");
                        settings += 1;
                        for (sum, holds) in kept.iter_mut().zip(holds) {
                            *sum += u32::from(holds);
                        }
                    }
                    (settings, kept)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    let settings: u32 = counts.iter().map(|(settings, _)| settings).sum();
    let kept = |i: usize| counts.iter().map(|(_, kept)| kept[i]).sum::<u32>();
    assert_eq!(settings, 64 * 101 * 101);
    assert_eq!(kept(0), settings);
    // Both answers occur for the others.
    assert!(kept(1) < settings && kept(1) > settings / 2, "{}", kept(1));
    assert!(kept(2) < settings / 2 && kept(2) > 0, "{}", kept(2));
}

#[test]
fn the_verifier_agrees_for_every_kind_and_reading() {
    let mut hangs = 0;
    for n in (0..=12_u16).chain([33, 64]) {
        for strategy in strategies() {
            for (kind, reading, health) in [
                (Kind::Resident, Reading::Classic, Health::Unchecked),
                (Kind::Resident, Reading::HealthAware, Health::ByMarathon),
                (Kind::Ordinary, Reading::HealthAware, Health::ByMarathon),
                (Kind::Ordinary, Reading::HealthAware, Health::ByMesos),
                (Kind::SingleInstance, Reading::Classic, Health::Unknown),
            ] {
                let instances = InstanceCount::from(n);
                if kind.refusals(strategy, instances).next().is_some() {
                    continue;
                }
                let upgrade =
                    Upgrade { kind, reading, health, ..Upgrade::new(instances, strategy) };
                hangs += u32::from(!agrees(&upgrade)[0]);
            }
        }
    }
    assert!(hangs > 0, "no strategy hangs");
}
