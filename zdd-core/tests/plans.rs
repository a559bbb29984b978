//! Plans, carried out on a small world; and what is left when they are taken back.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::json;
use zdd_core::app::{App, Group};
use zdd_core::group::{self, Action, DeploymentPlan, PlanError, Step};
use zdd_core::units::{AppId, GroupId, PathId};

const APPS: [&str; 7] = ["/a", "/b", "/g/a", "/g/b", "/g/h/a", "/k/a", "/k/b"];
const GROUPS: [&str; 4] = ["/g", "/g/h", "/k", "/l/m"];

/// What of an app varies: command, instances, and up to two dependencies.
type Variant = (u8, u32, Vec<usize>);

fn app(n: usize, (cmd, instances, dependencies): &Variant, cycles: bool) -> App {
    // On apps that come before it, there can be no circle.
    let known = if cycles { APPS.len() } else { n };
    let on = dependencies.iter().filter(|on| **on < known);
    let on: BTreeSet<&str> = on.map(|on| APPS[*on]).collect();
    let json = json!({
        "id": APPS[n], "cmd": format!("run {cmd}"), "instances": instances, "dependencies": on,
    });
    App::from_value(&json, &GroupId::root()).unwrap()
}

fn paths(ids: &[usize]) -> Vec<PathId> {
    let ids: BTreeSet<usize> = ids.iter().copied().collect();
    ids.into_iter().map(|n| GROUPS[n].to_owned().try_into().unwrap()).collect()
}

/// Trees without circles, unless `cycles`, with groups that depend on nothing, unless `groups`.
fn tree(cycles: bool, groups: bool) -> impl Strategy<Value = Group> {
    let variant = (0_u8..2, 0_u32..4, prop::collection::vec(0..APPS.len(), 0..3));
    let apps = prop::collection::vec(prop::option::weighted(0.8, variant), APPS.len());
    let on = prop::collection::vec(0..GROUPS.len(), 0..3);
    let on_groups = prop::collection::vec(prop::option::of(on), GROUPS.len());
    (apps, on_groups).prop_map(move |(apps, group_dependencies)| {
        let mut root = Group::empty_root();
        for (n, variant) in apps.iter().enumerate() {
            if let Some(variant) = variant {
                root.insert_app(app(n, variant, cycles)).unwrap();
            }
        }
        for (id, on) in GROUPS.iter().zip(group_dependencies) {
            if let Some(on) = on.filter(|_| groups) {
                let group = root.ensure_group(&id.parse().unwrap()).unwrap();
                group.set_dependencies(paths(&on));
            }
        }
        root
    })
}

fn apps(root: &Group) -> BTreeMap<AppId, App> {
    root.all_apps().map(|app| (app.id().clone(), app.clone())).collect()
}

/// Running instances of each app that is known, by definition and whether the plan started them.
type World = BTreeMap<AppId, Vec<(String, bool)>>;

/// What an instance was started from: the definition without its count.
fn definition(app: &App) -> String {
    let mut json = app.as_json().clone();
    json.remove("instances");
    format!("{json:?}")
}

fn carry_out(action: &Action, target: &BTreeMap<AppId, App>, world: &mut World) {
    let fresh = |app: &AppId| (definition(&target[app]), true);
    match action {
        Action::StartApplication { app } => {
            world.insert(app.clone(), Vec::new());
        }
        Action::StopApplication { app } => {
            world.remove(app).unwrap();
        }
        Action::ScaleApplication { app, to } => {
            let n = usize::try_from(to.get()).unwrap();
            world.get_mut(app).unwrap().resize(n, fresh(app));
        }
        Action::RestartApplication { app } => {
            let n = usize::try_from(target[app].instances().get()).unwrap();
            *world.get_mut(app).unwrap() = vec![fresh(app); n];
        }
    }
}

/// What is wrong with a plan given as steps of actions, if anything.
fn fault(
    steps: &[Vec<Action>],
    original: &Group,
    target: &Group,
    restarts: &BTreeSet<AppId>,
) -> Option<String> {
    let (old, new) = (apps(original), apps(target));
    let running = |app: &App| vec![(definition(app), false); app.instances().get() as usize];
    let mut world: World = old.iter().map(|(id, app)| (id.clone(), running(app))).collect();
    let mut changed_in: BTreeMap<&AppId, usize> = BTreeMap::new();
    for (n, step) in steps.iter().enumerate() {
        let mut in_step = BTreeSet::new();
        for action in step {
            if !in_step.insert(action.app()) {
                return Some(format!("{} twice in a step", action.app()));
            }
            match action {
                Action::StopApplication { app } if new.contains_key(app) => {
                    return Some(format!("{app} is stopped"));
                }
                Action::ScaleApplication { app, .. } | Action::RestartApplication { app }
                    if !world.contains_key(app) =>
                {
                    return Some(format!("{app} is not known yet"));
                }
                Action::ScaleApplication { app, .. } | Action::RestartApplication { app } => {
                    changed_in.insert(app, n);
                }
                Action::StartApplication { .. } | Action::StopApplication { .. } => {}
            }
            carry_out(action, &new, &mut world);
            // Absolute values: a second time changes nothing. A stopped app is not there any more.
            if !matches!(action, Action::StopApplication { .. }) {
                let once = world.clone();
                carry_out(action, &new, &mut world);
                assert_eq!(once, world);
            }
        }
    }
    if !world.keys().eq(new.keys()) {
        return Some("not the apps of the target".to_owned());
    }
    for (id, app) in &new {
        let instances = &world[id];
        if instances.len() != app.instances().get() as usize {
            return Some(format!("{} of {id}", instances.len()));
        }
        if instances.iter().any(|(running, _)| *running != definition(app)) {
            return Some(format!("{id} is not the new one"));
        }
        // Whoever is only scaled keeps the instances that stay, restart or not.
        let is_scaled = old.get(id).is_some_and(|old| app.is_only_scaled_from(old));
        let all_fresh = instances.iter().all(|(_, fresh)| *fresh);
        if restarts.contains(id) && !is_scaled && !all_fresh {
            return Some(format!("{id} is not restarted"));
        }
        for on in app.dependencies() {
            let below = changed_in.get(&on.as_str().parse::<AppId>().unwrap());
            if below.zip(changed_in.get(id)).is_some_and(|(on, it)| on >= it) {
                return Some(format!("{id} before {on}"));
            }
        }
    }
    None
}

fn steps_of(plan: &DeploymentPlan) -> Vec<Vec<Action>> {
    plan.steps().iter().map(|step| step.actions().to_vec()).collect()
}

fn restarts() -> impl Strategy<Value = BTreeSet<AppId>> {
    let app = prop::sample::select(&APPS[..]).prop_map(|id| id.parse().unwrap());
    prop::collection::btree_set(app, 0..3)
}

/// A tree without the order of its lists.
fn normal(root: &Group) -> (BTreeMap<AppId, App>, BTreeMap<GroupId, BTreeSet<PathId>>) {
    let mut groups = BTreeMap::new();
    let mut left = vec![root];
    while let Some(group) = left.pop() {
        left.extend(group.groups());
        let on = group.dependencies().iter().cloned().collect();
        assert!(groups.insert(group.id().clone(), on).is_none());
    }
    (apps(root), groups)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn a_plan_leads_to_the_target(
        original in tree(false, true),
        target in tree(false, false),
        restarts in restarts(),
    ) {
        let plan = group::plan(&original, &target, &restarts).unwrap();
        prop_assert_eq!(fault(&steps_of(&plan), &original, &target, &restarts), None);
        prop_assert!(plan.steps().iter().all(|step| !step.actions().is_empty()));
        let acted: BTreeSet<&AppId> =
            plan.steps().iter().flat_map(Step::actions).map(Action::app).collect();
        prop_assert!(acted.into_iter().eq(plan.affected()));
    }

    #[test]
    fn a_wrong_plan_is_caught(
        original in tree(false, false),
        target in tree(false, false),
        step: prop::sample::Index,
        action: prop::sample::Index,
    ) {
        let none = BTreeSet::new();
        let mut steps = steps_of(&group::plan(&original, &target, &none).unwrap());
        prop_assume!(!steps.is_empty());
        let step = step.index(steps.len());
        let action = action.index(steps[step].len());
        let forgotten = steps[step].remove(action);
        // Scaling an app to where it is already, which is none, is no loss.
        let is_idle = matches!(&forgotten, Action::ScaleApplication { to, .. } if to.is_zero());
        prop_assume!(!is_idle);
        prop_assert!(fault(&steps, &original, &target, &none).is_some(), "{:?}", forgotten);
    }

    #[test]
    fn a_target_with_a_circle_has_no_plan(target in tree(true, true)) {
        let graph = group::DependencyGraph::from(&target);
        let plan = group::plan(&Group::empty_root(), &target, &BTreeSet::new());
        match graph.layers() {
            Ok(_) => prop_assert!(plan.is_ok()),
            Err(cycle) => prop_assert_eq!(plan, Err(PlanError::Cycle(cycle))),
        }
    }

    #[test]
    fn taking_a_plan_back_restores_what_was(
        original in tree(true, true),
        target in tree(true, true),
    ) {
        let reverted = group::revert(&original, &target, &target).unwrap();
        prop_assert_eq!(normal(&reverted), normal(&original));
        let unchanged = group::revert(&target, &target, &original).unwrap();
        prop_assert_eq!(unchanged, original);
    }

    #[test]
    fn taking_a_plan_back_keeps_what_others_did(
        original in tree(true, true),
        target in tree(true, true),
    ) {
        let add_theirs = |root: &mut Group| {
            let theirs = App::parse(r#"{"id": "/theirs/app"}"#).unwrap();
            root.insert_app(theirs).unwrap();
            let on = vec!["/elsewhere".to_owned().try_into().unwrap()];
            root.ensure_group(&"/theirs".parse().unwrap()).unwrap().set_dependencies(on);
        };
        let (mut current, mut expected) = (target.clone(), original.clone());
        add_theirs(&mut current);
        add_theirs(&mut expected);
        let reverted = group::revert(&original, &target, &current).unwrap();
        prop_assert_eq!(normal(&reverted), normal(&expected));
    }
}

fn one(json: &str) -> Group {
    let mut root = Group::empty_root();
    root.insert_app(App::parse(json).unwrap()).unwrap();
    root
}

fn plan_one(old: &str, new: &str) -> Result<Vec<Vec<Action>>, String> {
    group::plan(&one(old), &one(new), &BTreeSet::new())
        .map(|plan| steps_of(&plan))
        .map_err(|error| error.to_string())
}

#[test]
fn a_plan_is_written_as_on_the_wire() {
    let plan = group::plan(
        &one(r#"{"id": "/a"}"#),
        &one(r#"{"id": "/b", "instances": 3}"#),
        &BTreeSet::new(),
    );
    assert_eq!(
        serde_json::to_value(plan.unwrap()).unwrap(),
        json!({
            "affectedApps": ["/a", "/b"],
            "steps": [
                {"actions": [{"action": "StopApplication", "app": "/a"}]},
                {"actions": [{"action": "StartApplication", "app": "/b"}]},
                {"actions": [{"action": "ScaleApplication", "app": "/b"}]},
            ],
        })
    );
}

#[test]
fn another_version_alone_is_a_restart_only_if_both_are_stated() {
    let (stated, other, none) = (
        r#"{"id": "/a", "version": "2016-10-13T13:31:39.067Z"}"#,
        r#"{"id": "/a", "version": "2016-10-14T13:31:39.067Z"}"#,
        r#"{"id": "/a"}"#,
    );
    let restart = Action::RestartApplication { app: "/a".parse().unwrap() };
    assert_eq!(plan_one(stated, other), Ok(vec![vec![restart]]));
    assert_eq!(plan_one(stated, stated), Ok(vec![]));
    assert_eq!(plan_one(stated, none), Ok(vec![]));
}

#[test]
fn a_change_that_needs_nothing_done_still_locks_the_app() {
    let plan = group::plan(
        &one(r#"{"id": "/a"}"#),
        &one(r#"{"id": "/a", "executorResources": {"cpus": 1}}"#),
        &BTreeSet::new(),
    )
    .unwrap();
    assert!(plan.is_empty() && plan.affected().len() == 1 && plan.conflicts_with(&plan));
}

#[test]
fn reverting_over_an_app_that_is_in_the_way_is_refused() {
    let (original, target) = (one(r#"{"id": "/x/app"}"#), Group::empty_root());
    let current = one(r#"{"id": "/x"}"#);
    let error = group::revert(&original, &target, &current).unwrap_err();
    assert_eq!(error.to_string(), "`/x` is an app");
}

const RESIDENT: &str = r#""id": "/db", "cmd": "db", "unreachableStrategy": "disabled", "container":
    {"type": "MESOS", "volumes": [{"containerPath": "d", "mode": "RW", "persistent": {"size": 9}}]}"#;

#[test]
fn what_keeps_volumes_keeps_its_resources() {
    let resident = |more: &str| format!("{{{RESIDENT}{more}}}");
    let old = resident("");
    for (new, refused) in [
        (resident(r#", "cpus": 2"#), "cpus"),
        (resident(r#", "mem": 2"#), "mem"),
        (resident(r#", "disk": 2"#), "disk"),
        (resident(r#", "gpus": 2"#), "gpus"),
        (resident(r#", "requirePorts": true"#), "requirePorts"),
        (resident(r#", "ports": [1, 2]"#), "host ports"),
        (old.replace("\"size\": 9", "\"size\": 8"), "volumes"),
        (r#"{"id": "/db", "cmd": "db"}"#.to_owned(), "volumes"),
    ] {
        let text = format!(
            "app `/db`: {refused} may not change while the app has persistent local volumes"
        );
        assert_eq!(plan_one(&old, &new), Err(text));
    }
    let over = r#", "upgradeStrategy": {"minimumHealthCapacity": 0, "maximumOverCapacity": 0.5}"#;
    let text = "app `/db`: /upgradeStrategy/maximumOverCapacity: 0.5 is above 0, \
                which an app with persistent local volumes may not have";
    assert_eq!(plan_one(&old, &resident(over)), Err(text.to_owned()));
    assert_eq!(plan_one(r#"{"id": "/a"}"#, &resident(over)), Err(text.to_owned()));
    // A stored app that breaks the rule is not this plan's matter until it changes.
    assert_eq!(plan_one(&resident(over), &resident(over)), Ok(vec![]));
    for allowed in [r#", "instances": 2"#, r#", "env": {"A": "b"}"#] {
        assert_eq!(plan_one(&old, &resident(allowed)).unwrap().len(), 1);
    }
}

#[test]
fn errors_say_what_to_do() {
    let circle = one(r#"{"id": "/a", "dependencies": ["/a"]}"#);
    let error = group::plan(&circle, &circle, &BTreeSet::new()).unwrap_err();
    assert_eq!(error.to_string(), "the dependencies go in a circle: `/a` depends on `/a`");
    assert_eq!(error.hint(), "take one of these dependencies out");
    let over = r#", "upgradeStrategy": {"minimumHealthCapacity": 0, "maximumOverCapacity": 0.5}"#;
    let old = one(&format!("{{{RESIDENT}}}"));
    let hint = |more: &str| {
        let new = one(&format!("{{{RESIDENT}{more}}}"));
        group::plan(&old, &new, &BTreeSet::new()).unwrap_err().hint()
    };
    assert_eq!(hint(over), "set maximumOverCapacity to 0");
    let moved = "deploy the change under a new id, and move the data over";
    assert_eq!(hint(r#", "cpus": 2"#), moved);
}
