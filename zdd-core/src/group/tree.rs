//! Looking at a whole tree of groups.

use alloc::collections::BTreeMap;
use alloc::vec;

use super::graph::DependencyGraph;
use crate::app::{App, Group};
use crate::units::{AppId, GroupId};

/// All apps in and below `root`, by id.
pub(crate) fn apps_of(root: &Group) -> BTreeMap<&AppId, &App> {
    root.all_apps().map(|app| (app.id(), app)).collect()
}

/// `root` and all groups below it, by id. Sorted so, a group comes before those inside it.
pub(super) fn groups_of(root: &Group) -> BTreeMap<&GroupId, &Group> {
    let mut groups = BTreeMap::new();
    let mut left = vec![root];
    while let Some(group) = left.pop() {
        groups.insert(group.id(), group);
        left.extend(group.groups());
    }
    groups
}

impl<'a> From<&'a Group> for DependencyGraph<'a> {
    /// What the apps in and below `root` depend on.
    fn from(root: &'a Group) -> Self {
        let mut graph = Self::new();
        for app in root.all_apps() {
            graph.add_app(app.id(), app.dependencies());
        }
        for (id, group) in groups_of(root) {
            graph.add_group(id, group.dependencies());
        }
        graph
    }
}
