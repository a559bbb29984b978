//! Planted: what is not the plan must be told from it.

use zdd_core::app::App;
use zdd_core::capacity::Reading;
use zdd_core::timeline::Timeline;

use super::cases::Case;
use super::deeds::{Deed, Happened};
use super::plan;

fn app(minimum: f64, maximum: f64) -> App {
    App::parse(&format!(
        r#"{{"id": "/a", "cmd": "a", "instances": 2, "upgradeStrategy":
            {{"minimumHealthCapacity": {minimum}, "maximumOverCapacity": {maximum}}}}}"#
    ))
    .unwrap()
}

fn timeline(minimum: f64, maximum: f64) -> Timeline {
    let (old, new) = (app(minimum, maximum), app(minimum, maximum));
    plan::of(&Case { old, new, reading: Reading::Classic })
}

/// One instance more than two, and never fewer.
fn one_by_one() -> Happened {
    let deed = |make: fn(String) -> Deed, instance: &str| make(instance.into());
    let deeds = [
        deed(Deed::Launch, "c"),
        deed(Deed::Run, "c"),
        deed(Deed::BecomeHealthy, "c"),
        deed(Deed::Stop, "a"),
        deed(Deed::Die, "a"),
        deed(Deed::Launch, "d"),
        deed(Deed::Run, "d"),
        deed(Deed::BecomeHealthy, "d"),
        deed(Deed::Stop, "b"),
        deed(Deed::Die, "b"),
    ];
    Happened { deeds: deeds.into(), succeeded: true }
}

#[test]
fn what_was_planned_follows_the_plan_and_no_other() {
    let happened = one_by_one();
    assert_eq!(plan::follows(&happened, &timeline(1.0, 0.5)), Ok(()));
    for (minimum, maximum) in [(1.0, 1.0), (0.5, 0.5), (0.0, 0.5)] {
        let follows = plan::follows(&happened, &timeline(minimum, maximum));
        assert!(follows.is_err(), "{minimum} {maximum}");
    }
    let failed = Happened { succeeded: false, ..one_by_one() };
    assert!(plan::follows(&failed, &timeline(1.0, 0.5)).is_err());
}

/// Any two neighbours the other way round are wrong here, where nothing is left open, and so is any
/// deed that is missing, done twice, or done to another instance.
#[test]
fn every_small_change_is_seen() {
    let plan = timeline(1.0, 0.5);
    let wrong = |change: &dyn Fn(&mut Vec<Deed>)| {
        let mut happened = one_by_one();
        change(&mut happened.deeds);
        assert!(plan::follows(&happened, &plan).is_err(), "{happened:#?}");
    };
    let n = one_by_one().deeds.len();
    for at in 0..n {
        wrong(&|deeds| drop(deeds.remove(at)));
        wrong(&|deeds| deeds.insert(at, deeds[at].clone()));
        wrong(&|deeds| deeds.insert(at, Deed::Other("?".into())));
    }
    for at in 1..n {
        wrong(&|deeds| deeds.swap(at - 1, at));
    }
    wrong(&|deeds| deeds[9] = Deed::Die("a".into()));
    wrong(&|deeds| deeds.push(Deed::Launch("e".into())));
}
