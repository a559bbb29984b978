//! The strategies reach every class that they promise, and nothing that Marathon refuses.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::app::{App, Group};
use crate::units::InstanceCount;

/// What a class of apps is called, and whether an app is in it.
type Class = (&'static str, fn(&App) -> bool);

fn samples<T: core::fmt::Debug>(strategy: &impl Strategy<Value = T>, n: usize) -> Vec<T> {
    let mut runner = TestRunner::deterministic();
    let mut one = || strategy.new_tree(&mut runner).unwrap().current();
    core::iter::repeat_with(&mut one).take(n).collect()
}

#[test]
fn apps_of_every_class_are_reached_and_none_is_refused() {
    let apps = samples(&super::apps(), 1000);
    let classes: [Class; 14] = [
        ("empty", |app| app.instances().is_zero()),
        ("small", |app| (1..=16).contains(&app.instances().get())),
        ("huge", |app| app.instances().get() > 1_000_000),
        ("largest", |app| app.instances() == InstanceCount::MAX),
        ("resident", App::is_resident),
        ("external volume", App::has_external_volume),
        ("single instance", App::is_single_instance),
        ("default strategy", |app| app.declared_upgrade_strategy().is_none()),
        ("declared strategy", |app| app.declared_upgrade_strategy().is_some()),
        ("no check", |app| app.health_checks().is_empty() && app.readiness_check().is_none()),
        ("check in Marathon", |app| {
            app.health_checks().iter().any(|check| !check.protocol.runs_in_mesos())
        }),
        ("check in Mesos", |app| {
            app.health_checks().iter().any(|check| check.protocol.runs_in_mesos())
        }),
        ("both checks", |app| !app.health_checks().is_empty() && app.readiness_check().is_some()),
        ("general check", App::has_general_check),
    ];
    for (class, is_in_it) in classes {
        let n = apps.iter().filter(|app| is_in_it(app)).count();
        assert!(n >= 10, "{n} of 1000 apps: {class}");
    }
    for app in &apps {
        assert_eq!(app.refusals(), [], "{app:?}");
        assert!(!app.has_partial_upgrade_strategy());
    }
}

#[test]
fn strategies_reach_the_ends_and_the_middle() {
    let strategies = samples(&super::upgrade_strategies(), 1000);
    let pairs: Vec<(f64, f64)> = strategies
        .iter()
        .map(|s| (s.minimum_health_capacity.get(), s.maximum_over_capacity.get()))
        .collect();
    let count = |matches: fn(&(f64, f64)) -> bool| pairs.iter().filter(|p| matches(p)).count();
    assert!(count(|p| p.0 <= 0.0) > 30 && count(|p| p.0 >= 1.0) > 30);
    assert!(count(|p| p.1 <= 0.0) > 30 && count(|p| p.1 >= 1.0) > 30);
    assert!(count(|p| p.0 > 0.0 && p.0 < 1.0 && p.1 > 0.0 && p.1 < 1.0) > 200);
}

#[test]
fn groups_are_deep_linked_and_without_cycles() {
    let groups = samples(&super::groups(), 200);
    let depth_of = |app: &App| app.id().as_str().matches('/').count();
    assert!(groups.iter().any(Group::is_empty));
    assert!(groups.iter().any(|group| group.all_apps().any(|app| depth_of(app) == 3)));
    let links = groups.iter().flat_map(Group::all_apps);
    assert!(links.filter(|app| app.dependencies().len() > 1).count() > 100);
    for group in &groups {
        assert!(is_acyclic(group), "{group:?}");
    }
}

/// Takes away apps whose dependencies are gone until nothing changes.
fn is_acyclic(group: &Group) -> bool {
    let mut left: Vec<&App> = group.all_apps().collect();
    loop {
        let ids: BTreeSet<&str> = left.iter().map(|app| app.id().as_str()).collect();
        let before = left.len();
        left.retain(|app| app.dependencies().iter().any(|id| ids.contains(id.as_str())));
        if left.len() == before {
            return left.is_empty();
        }
    }
}
