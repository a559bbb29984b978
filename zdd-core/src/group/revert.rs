//! Taking one deployment back, and nothing else.

use alloc::vec::Vec;

use super::tree::{apps_of, groups_of};
use crate::app::{Group, GroupError};
use crate::units::{GroupId, PathId};

/// `current` with the changes from `original` to `target` undone, and those that others made since
/// kept.
///
/// An app that the deployment changed or removed gets its original definition back, even if it was
/// changed again since; one that it added goes. Groups, the innermost first: one that it removed
/// comes back, with the dependencies it had added to those it has now; where dependencies changed,
/// those taken away come back and those added go; one that it added goes if it is empty now and has
/// just the dependencies that it came with, and otherwise loses these.
///
/// Source: Marathon's `DeploymentPlanReverter`. One difference: a group that others removed since is
/// not made anew for the sake of its dependencies.
///
/// # Errors
///
/// When an app or a group cannot come back because others since gave its id, or one on its path, to
/// something else.
pub fn revert(original: &Group, target: &Group, current: &Group) -> Result<Group, GroupError> {
    let mut root = current.clone();
    // Apps first: whether an added group is empty is asked when those added with it are gone.
    revert_apps(original, target, &mut root)?;
    revert_groups(original, target, &mut root)?;
    Ok(root)
}

fn revert_apps(original: &Group, target: &Group, root: &mut Group) -> Result<(), GroupError> {
    let (old, new) = (apps_of(original), apps_of(target));
    // What was added goes before anything comes back, for it may be in the way.
    for id in new.keys().filter(|id| !old.contains_key(*id)) {
        root.remove_app(id);
    }
    for (id, app) in &old {
        if new.get(id) != Some(app) {
            root.insert_app((*app).clone())?;
        }
    }
    Ok(())
}

fn revert_groups(original: &Group, target: &Group, root: &mut Group) -> Result<(), GroupError> {
    let (old, new) = (groups_of(original), groups_of(target));
    // Backwards, a group comes after those inside it.
    for (id, added) in new.iter().rev().filter(|(id, _)| !old.contains_key(*id)) {
        revert_addition(id, added, root);
    }
    for (id, old) in old.iter().rev() {
        match new.get(id) {
            None => {
                let group = root.ensure_group(id)?;
                let mut dependencies = group.dependencies().to_vec();
                add(&mut dependencies, old.dependencies());
                group.set_dependencies(dependencies);
            }
            Some(new) => revert_dependencies(id, old.dependencies(), new.dependencies(), root),
        }
    }
    Ok(())
}

fn revert_addition(id: &GroupId, added: &Group, root: &mut Group) {
    let Some(group) = root.group_mut(id) else {
        return;
    };
    let is_bare = group.apps().is_empty() && group.groups().is_empty();
    if is_bare && is_same_set(group.dependencies(), added.dependencies()) {
        root.remove_group(id);
    } else {
        let mut dependencies = group.dependencies().to_vec();
        dependencies.retain(|on| !added.dependencies().contains(on));
        group.set_dependencies(dependencies);
    }
}

fn revert_dependencies(id: &GroupId, old: &[PathId], new: &[PathId], root: &mut Group) {
    if is_same_set(old, new) {
        return;
    }
    if let Some(group) = root.group_mut(id) {
        let mut dependencies = group.dependencies().to_vec();
        dependencies.retain(|on| old.contains(on) || !new.contains(on));
        let removed: Vec<PathId> = old.iter().filter(|on| !new.contains(on)).cloned().collect();
        add(&mut dependencies, &removed);
        group.set_dependencies(dependencies);
    }
}

fn add(dependencies: &mut Vec<PathId>, more: &[PathId]) {
    for on in more {
        if !dependencies.contains(on) {
            dependencies.push(on.clone());
        }
    }
}

fn is_same_set(a: &[PathId], b: &[PathId]) -> bool {
    a.iter().all(|on| b.contains(on)) && b.iter().all(|on| a.contains(on))
}
