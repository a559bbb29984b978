//! Kind `revert`.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use zdd_core::app::{App, Group};
use zdd_core::group;
use zdd_core::units::{AppId, GroupId, InstanceCount, PathId};

use crate::{list, members, texts};

fn put_app(root: &mut Group, id: &str) {
    let app = App::new(id.parse().unwrap(), InstanceCount::ONE);
    assert_eq!(root.insert_app(app), Ok(None));
}

fn paths(ids: &Value) -> Vec<PathId> {
    let ids = texts(ids).into_iter();
    ids.map(|id| id.to_owned().try_into().unwrap()).collect()
}

fn tree(given: &Value) -> Group {
    let mut root = Group::empty_root();
    for id in texts(&given["groups"]) {
        root.ensure_group(&id.parse().unwrap()).unwrap();
    }
    for id in texts(&given["apps"]) {
        put_app(&mut root, id);
    }
    for (id, on) in given["group_dependencies"].as_object().unwrap() {
        let group = root.ensure_group(&id.parse().unwrap()).unwrap();
        group.set_dependencies(paths(on));
    }
    root
}

fn apply(root: &mut Group, changes: &Value) {
    for (change, what) in list(changes).iter().flat_map(members) {
        match change {
            "add_app" => put_app(root, what.as_str().unwrap()),
            "remove_app" => {
                let id: AppId = what.as_str().unwrap().parse().unwrap();
                assert!(root.remove_app(&id).is_some());
            }
            "remove_group" => {
                let id: GroupId = what.as_str().unwrap().parse().unwrap();
                assert!(root.remove_group(&id).is_some());
            }
            "change_group_dependencies" => {
                for (id, change) in members(what) {
                    let group = root.ensure_group(&id.parse().unwrap()).unwrap();
                    let (removed, added) = (paths(&change["remove"]), paths(&change["add"]));
                    let mut dependencies = group.dependencies().to_vec();
                    dependencies.retain(|on| !removed.contains(on));
                    dependencies.extend(added);
                    group.set_dependencies(dependencies);
                }
            }
            _ => panic!("unknown change {change}"),
        }
    }
}

/// The tree as the scenarios write it.
fn written(root: &Group) -> Value {
    let mut groups: Vec<&str> = Vec::new();
    let mut dependencies: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut left = vec![root];
    while let Some(group) = left.pop() {
        left.extend(group.groups());
        if !group.id().is_root() {
            groups.push(group.id().as_str());
        }
        let mut on: Vec<&str> = group.dependencies().iter().map(PathId::as_str).collect();
        on.sort_unstable();
        if !on.is_empty() {
            dependencies.insert(group.id().as_str(), on);
        }
    }
    groups.sort_unstable();
    let mut apps: Vec<&str> = root.all_apps().map(|app| app.id().as_str()).collect();
    apps.sort_unstable();
    json!({"groups": groups, "apps": apps, "group_dependencies": dependencies})
}

pub(crate) fn revert(scenario: &Value) {
    let given = &scenario["given"];
    let original = tree(&given["original"]);
    assert_eq!(written(&original), given["original"]);
    let mut target = original.clone();
    apply(&mut target, &given["first_change"]);
    let mut current = target.clone();
    apply(&mut current, &given["later_changes"]);
    let reverted = group::revert(&original, &target, &current).unwrap();
    assert_eq!(written(&reverted), scenario["expect"][0]["root"]);
}
