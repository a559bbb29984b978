//! Reads groups, and checks that no id is taken twice.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::Value;

use super::cursor::Cursor;
use super::definition::App;
use super::group::Group;
use super::problem::{Fault, Problems};
use super::read::read_dependencies;
use crate::units::GroupId;

/// The group that `value` is.
pub(super) fn group(value: &Value) -> Result<Group, Problems> {
    let mut problems = Problems::default();
    let mut ids = Ids::default();
    let at = Cursor::top(value);
    let group = read(&at, None, &mut ids, &mut problems);
    ids.check(&mut problems);
    group.filter(|_| problems.is_empty()).ok_or(problems)
}

/// The apps that the list at `at` holds, in no group.
pub(super) fn apps(at: &Cursor<'_>) -> Result<Vec<App>, Problems> {
    let mut problems = Problems::default();
    let mut ids = Ids::default();
    let apps = read_apps(at, &GroupId::root(), &mut ids, &mut problems);
    ids.check(&mut problems);
    if problems.is_empty() { Ok(apps) } else { Err(problems) }
}

fn read(
    at: &Cursor<'_>,
    around: Option<&GroupId>,
    ids: &mut Ids,
    problems: &mut Problems,
) -> Option<Group> {
    let object = at.object(problems)?;
    let id = read_id(at, around, problems)?;
    ids.groups.push((id.clone(), at.pointer()));
    let apps = at.field("apps").map_or_else(Vec::new, |list| read_apps(&list, &id, ids, problems));
    let mut groups = Vec::new();
    if let Some(list) = at.field("groups") {
        for group in list.elements(problems) {
            groups.extend(read(&group, Some(&id), ids, problems));
        }
    }
    let dependencies = at
        .field("dependencies")
        .map_or_else(Vec::new, |list| read_dependencies(&list, &id, problems));
    let known = ["id", "apps", "groups", "dependencies"];
    let rest = object
        .iter()
        .filter(|(key, _)| !known.contains(&key.as_str()))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    Some(Group::from_parts(id, apps, groups, dependencies, rest))
}

/// The id of a group: the root unless given at the top, required inside a group.
fn read_id(at: &Cursor<'_>, around: Option<&GroupId>, problems: &mut Problems) -> Option<GroupId> {
    let root = GroupId::root();
    let Some(field) = at.field("id") else {
        if around.is_some() {
            at.fault(Fault::Missing("id"), problems);
            return None;
        }
        return Some(root);
    };
    let resolved = GroupId::resolve(field.text(problems)?, around.unwrap_or(&root));
    let id = field.or_fault(resolved, problems)?;
    match around {
        Some(group) if !id.is_in(group) => {
            field.fault(out_of_place(id.as_str(), group), problems);
            None
        }
        _ => Some(id),
    }
}

fn read_apps(at: &Cursor<'_>, group: &GroupId, ids: &mut Ids, problems: &mut Problems) -> Vec<App> {
    let mut apps = Vec::new();
    for element in at.elements(problems) {
        let Some(app) = App::read(&element, group, problems) else {
            continue;
        };
        if !app.id().is_in(group) {
            let fault = out_of_place(app.id().as_str(), group);
            problems.push(|| element.pointer() + "/id", fault);
        }
        ids.apps.push((app.id().as_str().into(), element.pointer()));
        apps.push(app);
    }
    apps
}

fn out_of_place(id: &str, group: &GroupId) -> Fault {
    Fault::OutOfPlace { id: id.into(), group: group.clone() }
}

/// The ids of a document, each with its pointer, as they are written.
#[derive(Debug, Default)]
struct Ids {
    apps: Vec<(String, String)>,
    groups: Vec<(GroupId, String)>,
}

impl Ids {
    fn check(self, problems: &mut Problems) {
        let mut groups = BTreeMap::new();
        for (id, pointer) in &self.groups {
            if let Some(first) = groups.insert(id.as_str(), pointer.as_str()) {
                twice(id.as_str(), pointer, first, problems);
            }
        }
        let mut apps = BTreeMap::new();
        for (id, pointer) in &self.apps {
            if let Some(first) = apps.insert(id.as_str(), pointer.as_str()) {
                twice(id, pointer, first, problems);
            }
        }
        // A group also comes into being by the apps in it.
        for (id, pointer) in &self.apps {
            for (at, _) in id.match_indices('/').skip(1) {
                groups.entry(&id[..at]).or_insert(pointer);
            }
        }
        for (id, pointer) in &self.apps {
            if let Some(group) = groups.get(id.as_str()) {
                let fault = Fault::AppAndGroup { id: id.clone(), group: (*group).into() };
                problems.push(|| pointer.clone() + "/id", fault);
            }
        }
    }
}

fn twice(id: &str, pointer: &str, first: &str, problems: &mut Problems) {
    let fault = Fault::Twice { id: id.into(), first: first.into() };
    problems.push(|| String::from(pointer) + "/id", fault);
}
