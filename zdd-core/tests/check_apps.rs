//! Checks of app definitions: what a definition says beside its two fractions.

#![expect(clippy::unwrap_used, reason = "a panic is the report")]

use zdd_core::app::{App, StrategyRefusal};
use zdd_core::capacity::{MarathonVersion, Reading, UpgradeStrategy};
use zdd_core::check::{Check, Satisfiable, Warning};
use zdd_core::guarantee::Guarantee;
use zdd_core::units::{InstanceCount, MaximumOverCapacity};
use zdd_core::upgrade::{Health, Upgrade};

fn app(members: &str) -> App {
    App::parse(&format!(r#"{{"id": "/shop", "cmd": "./shop", {members}}}"#)).unwrap()
}

fn classic(members: &str) -> Check {
    Check::of_app(&app(members), Reading::Classic)
}

fn codes(check: &Check) -> Vec<&'static str> {
    check.warnings().iter().map(Warning::code).collect()
}

const HTTP: &str = r#""healthChecks": [{"protocol": "HTTP"}]"#;
const MESOS: &str = r#""healthChecks": [{"protocol": "MESOS_HTTP"}]"#;
const VOLUME: &str = r#""unreachableStrategy": "disabled", "container": {"type": "MESOS", "volumes":
    [{"containerPath": "data", "mode": "RW", "persistent": {"size": 1}}]}"#;

fn strategy(min: &str, over: &str) -> String {
    format!(
        r#""upgradeStrategy": {{"minimumHealthCapacity": {min}, "maximumOverCapacity": {over}}}"#
    )
}

#[test]
fn versions_of_marathon_count_differently() {
    let version = |text: &str| text.parse::<MarathonVersion>().unwrap();
    for (text, reading) in [
        ("0.8.2", Reading::Classic),
        ("1.3.0", Reading::Classic),
        ("1.9.109", Reading::Classic),
        ("1.10.0", Reading::HealthAware),
        ("1.11.24", Reading::HealthAware),
        ("2.0", Reading::HealthAware),
    ] {
        assert_eq!(version(text).reading(), reading, "{text}");
    }
    assert_eq!(version("v1.10.17-c427ce965").to_string(), "1.10.17");
    for bad in ["", "1", "1.x", "1.2.3.x.y", "one", "1.70000"] {
        let parsed = bad.parse::<MarathonVersion>();
        assert!(parsed.is_err() || bad == "1.2.3.x.y", "{bad}: {parsed:?}");
    }
}

#[test]
fn whoever_checks_the_health_decides_what_marathon_sees() {
    let tight = strategy("0.5", "0");
    for (checks, health, hangs) in [
        (HTTP, Health::ByMarathon, true),
        (MESOS, Health::ByMesos, false),
        (r#""healthChecks": []"#, Health::Unchecked, false),
        (r#""readinessChecks": [{"portName": "default"}]"#, Health::ByMarathon, true),
        (r#""check": {"http": {"path": "/"}}"#, Health::ByMarathon, true),
    ] {
        let app = app(&format!(r#""instances": 4, {checks}, {tight}"#));
        let newer = Check::of_app(&app, Reading::HealthAware);
        assert_eq!(newer.upgrade().health, health, "{checks}");
        assert_eq!(!newer.verdict(Guarantee::Completes).satisfiable.holds(), hangs, "{checks}");
        assert!(
            Check::of_app(&app, Reading::Classic).verdict(Guarantee::Completes).satisfiable.holds()
        );
        for reading in [Reading::Classic, Reading::HealthAware] {
            let warned = codes(&Check::of_app(&app, reading)).contains(&"hangs-since-1.10");
            assert_eq!(warned, hangs, "{checks} {reading:?}");
        }
    }
}

#[test]
fn where_marathon_hangs_one_spare_instance_is_the_fix() {
    let app = app(&format!(r#""instances": 4, {HTTP}, {}"#, strategy("0.5", "0")));
    let check = Check::of_app(&app, Reading::HealthAware);
    let completes = check.verdict(Guarantee::Completes);
    assert_eq!(completes.satisfiable, Satisfiable::Hangs);
    assert_eq!(completes.fix.unwrap().to_string(), "set maximumOverCapacity to 0.25");
    // The bounds leave room for it; Marathon does not use it, and with one spare it would.
    let bounds = check.verdict(Guarantee::Bounds);
    assert!(bounds.satisfiable.holds() && !bounds.kept_by_marathon.holds());
    let nearest = bounds.nearest.unwrap();
    assert_eq!(nearest.maximum_over_capacity.to_string(), "0.25");
    let mended = Check::of_app(&app.with_upgrade_strategy(nearest), Reading::HealthAware);
    assert!(mended.verdict(Guarantee::Bounds).kept_by_marathon.holds());
}

#[test]
fn what_marathon_refuses_is_not_satisfiable_and_mended_where_a_strategy_can() {
    let check = classic(&format!(r#""instances": 4, {VOLUME}, {}"#, strategy("1", "0.5")));
    assert!(matches!(check.refusal(), Some(StrategyRefusal::ResidentOverCapacity(_))));
    for (guarantee, fix) in [
        (Guarantee::Completes, "set maximumOverCapacity to 0"),
        (Guarantee::Bounds, "set minimumHealthCapacity to 0.75 and maximumOverCapacity to 0"),
        (Guarantee::SideBySide, "set minimumHealthCapacity to 0 and maximumOverCapacity to 0"),
    ] {
        let verdict = check.verdict(guarantee);
        assert!(matches!(verdict.satisfiable, Satisfiable::Refused { .. }));
        assert_eq!(verdict.fix.unwrap().to_string(), fix);
    }
    assert_eq!(codes(&check)[0], "refused");

    // No strategy mends an unreachableStrategy or a number of instances.
    let away =
        VOLUME.replace("\"disabled\"", r#"{"inactiveAfterSeconds": 1, "expungeAfterSeconds": 2}"#);
    let check = classic(&format!(r#""instances": 4, {away}, {}"#, strategy("1", "0.5")));
    assert_eq!(check.refusal(), Some(StrategyRefusal::ResidentUnreachable));
    assert!(check.verdicts().iter().all(|verdict| verdict.fix.is_none()));
    let single = r#""labels": {"MARATHON_SINGLE_INSTANCE_APP": "true"}"#;
    let check = classic(&format!(r#""instances": 2, {single}, {}"#, strategy("0", "0")));
    assert!(check.verdicts().iter().all(|verdict| verdict.fix.is_none()));

    // One single instance may have neither number: both change together.
    let check = classic(&format!(r#""instances": 1, {single}"#));
    let fix = check.verdict(Guarantee::Bounds).fix.unwrap();
    assert_eq!(fix.to_string(), "set minimumHealthCapacity to 0 and maximumOverCapacity to 0");
    let check = classic(&format!(r#""instances": 1, {single}, {}"#, strategy("0", "0")));
    assert!(check.refusal().is_none() && codes(&check).contains(&"no-health-check"));
    assert!(check.verdicts().iter().all(|verdict| verdict.satisfiable.holds()));
}

#[test]
fn one_number_of_a_strategy_is_worth_a_warning() {
    let partial = r#""instances": 4, "upgradeStrategy": {"minimumHealthCapacity": 0.5}"#;
    assert!(classic(partial).has_partial_strategy());
    assert!(codes(&classic(partial)).contains(&"partial-strategy"));
    let whole = format!(r#""instances": 4, {}"#, strategy("0.5", "1"));
    assert!(!classic(&whole).has_partial_strategy());
    assert!(!codes(&classic(&whole)).contains(&"partial-strategy"));
}

#[test]
fn a_check_is_about_the_app_whatever_its_size_was_before() {
    let strategy = UpgradeStrategy {
        maximum_over_capacity: MaximumOverCapacity::ZERO,
        ..UpgradeStrategy::default()
    };
    let upgrade = Upgrade::new(InstanceCount::from(4), strategy);
    for old in [0, 1, 3, 10] {
        let resized = Upgrade { old: InstanceCount::from(old), ..upgrade };
        assert_eq!(Check::of(&resized), Check::of(&upgrade), "{old}");
    }
}
