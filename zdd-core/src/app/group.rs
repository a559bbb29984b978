//! Groups of apps.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::{mem, slice};

use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::definition::App;
use super::problem::ParseError;
use super::{group_read, text};
use crate::units::{AppId, GroupId, PathId};

/// A group: apps, groups inside it, and what all of them depend on.
///
/// Like [`App`], it keeps the members of its JSON object that it does not know, and makes ids
/// absolute. Apps and groups keep the order in which they are written.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    id: GroupId,
    apps: Vec<App>,
    groups: Vec<Group>,
    dependencies: Vec<PathId>,
    /// The members that are none of those above.
    rest: Map<String, Value>,
}

/// Why an app or a group cannot be put into a group.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GroupError {
    /// Its id is not below that of the group.
    #[error("`{id}` is not below the group `{group}`")]
    OutOfPlace {
        /// What was to be put.
        id: String,
        /// Where.
        group: GroupId,
    },
    /// Its id, or one that its id goes through, belongs to an app.
    #[error("`{0}` is an app")]
    IsApp(AppId),
    /// Its id belongs to a group that is not empty.
    #[error("`{0}` is a group with apps in it")]
    IsGroup(GroupId),
}

impl Group {
    /// The group that `text` defines. Without an id it is the root.
    ///
    /// # Errors
    ///
    /// When the text is not JSON, or not a group; with all the problems.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let value = text::parse(text)?;
        group_read::group(&value)
            .map_err(|found| ParseError::placed(found, text::without_mark(text)))
    }

    /// A group with nothing in it.
    pub fn new(id: GroupId) -> Self {
        Self {
            id,
            apps: Vec::new(),
            groups: Vec::new(),
            dependencies: Vec::new(),
            rest: Map::new(),
        }
    }

    /// The root group with nothing in it.
    pub fn empty_root() -> Self {
        Self::new(GroupId::root())
    }

    pub(super) fn from_parts(
        id: GroupId,
        apps: Vec<App>,
        groups: Vec<Self>,
        dependencies: Vec<PathId>,
        rest: Map<String, Value>,
    ) -> Self {
        Self { id, apps, groups, dependencies, rest }
    }

    /// Puts `app` where its id says, in this group or below; groups on the way that are missing come
    /// into being, as in Marathon. Returns the app that had the id before.
    ///
    /// # Errors
    ///
    /// When the id is not below this group, or is taken by a group that is not empty (an empty one
    /// gives way), or goes through an app.
    pub fn insert_app(&mut self, app: App) -> Result<Option<App>, GroupError> {
        if let Some(old) = self.app_mut(app.id()) {
            return Ok(Some(mem::replace(old, app)));
        }
        if !app.id().is_in(&self.id) {
            return Err(self.out_of_place(app.id().as_str()));
        }
        let parent = self.ensure_group(&app.id().group())?;
        let has_its_id = |group: &Self| group.id.as_str() == app.id().as_str();
        if let Some(at) = parent.groups.iter().position(has_its_id) {
            if !parent.groups[at].is_empty() {
                return Err(GroupError::IsGroup(parent.groups[at].id.clone()));
            }
            parent.groups.remove(at);
        }
        parent.apps.push(app);
        Ok(None)
    }

    /// Takes the app out. Groups that become empty stay.
    pub fn remove_app(&mut self, id: &AppId) -> Option<App> {
        if let Some(at) = self.apps.iter().position(|app| app.id() == id) {
            return Some(self.apps.remove(at));
        }
        let mut around = self.groups.iter_mut().filter(|group| id.is_in(&group.id));
        around.find_map(|group| group.remove_app(id))
    }

    /// Puts `group` where its id says, below this group; groups on the way that are missing come
    /// into being. Returns the group that had the id before.
    ///
    /// # Errors
    ///
    /// When the id is not below this group, or belongs to an app, or goes through one.
    pub fn insert_group(&mut self, group: Self) -> Result<Option<Self>, GroupError> {
        if !group.id.is_in(&self.id) {
            return Err(self.out_of_place(group.id.as_str()));
        }
        let place = self.ensure_group(&group.id.clone())?;
        let old = mem::replace(place, group);
        Ok((old != Self::new(old.id.clone())).then_some(old))
    }

    /// Takes a group below this one out, with all that is in it.
    pub fn remove_group(&mut self, id: &GroupId) -> Option<Self> {
        if let Some(at) = self.groups.iter().position(|group| group.id == *id) {
            return Some(self.groups.remove(at));
        }
        let mut around = self.groups.iter_mut().filter(|group| id.is_in(&group.id));
        around.find_map(|group| group.remove_group(id))
    }

    /// The group `id`, this one or one below, made if it is missing, with all groups on the way.
    ///
    /// # Errors
    ///
    /// When the id is neither this group's nor below it, or belongs to an app, or goes through one.
    pub fn ensure_group(&mut self, id: &GroupId) -> Result<&mut Self, GroupError> {
        if *id == self.id {
            return Ok(self);
        }
        if !id.is_in(&self.id) {
            return Err(self.out_of_place(id.as_str()));
        }
        let contains = |group: &Self| group.id == *id || id.is_in(&group.id);
        if let Some(at) = self.groups.iter().position(contains) {
            return self.groups[at].ensure_group(id);
        }
        let next = first_step(&self.id, id);
        let same = |app: &&App| app.id().as_str() == next.as_str();
        if let Some(app) = self.apps.iter().find(same) {
            return Err(GroupError::IsApp(app.id().clone()));
        }
        let at = self.groups.len();
        self.groups.push(Self::new(next));
        self.groups[at].ensure_group(id)
    }

    /// Declares what the apps of this group, and of all groups below, depend on.
    pub fn set_dependencies(&mut self, dependencies: Vec<PathId>) {
        self.dependencies = dependencies;
    }

    /// The app `id`, in this group or below.
    pub fn app_mut(&mut self, id: &AppId) -> Option<&mut App> {
        if let Some(at) = self.apps.iter().position(|app| app.id() == id) {
            return self.apps.get_mut(at);
        }
        let mut around = self.groups.iter_mut().filter(|group| id.is_in(&group.id));
        around.find_map(|group| group.app_mut(id))
    }

    /// The group `id`, this one or one below.
    pub fn group_mut(&mut self, id: &GroupId) -> Option<&mut Self> {
        if *id == self.id {
            return Some(self);
        }
        self.groups.iter_mut().find_map(|group| group.group_mut(id))
    }

    /// The absolute id.
    pub fn id(&self) -> &GroupId {
        &self.id
    }

    /// The apps that are directly in this group.
    pub fn apps(&self) -> &[App] {
        &self.apps
    }

    /// The groups that are directly in this group.
    pub fn groups(&self) -> &[Self] {
        &self.groups
    }

    /// What the apps of this group, and of all groups below, depend on.
    pub fn dependencies(&self) -> &[PathId] {
        &self.dependencies
    }

    /// Whether there is no app in the group, and none below.
    pub fn is_empty(&self) -> bool {
        self.all_apps().next().is_none()
    }

    /// The apps of this group, then those of the groups in it, depth first, as they are written.
    pub fn all_apps(&self) -> AllApps<'_> {
        AllApps { apps: self.apps.iter(), groups: alloc::vec![self.groups.iter()] }
    }

    /// The app `id`, in this group or below.
    pub fn app(&self, id: &AppId) -> Option<&App> {
        let mut around = self.groups.iter().filter(|group| id.is_in(&group.id));
        let here = self.apps.iter().find(|app| app.id() == id);
        here.or_else(|| around.find_map(|group| group.app(id)))
    }

    /// The group `id`, this one or one below.
    pub fn group(&self, id: &GroupId) -> Option<&Self> {
        if *id == self.id {
            return Some(self);
        }
        self.groups.iter().find_map(|group| group.group(id))
    }

    fn out_of_place(&self, id: &str) -> GroupError {
        GroupError::OutOfPlace { id: id.into(), group: self.id.clone() }
    }
}

/// The group directly in `from` that `to`, which is below `from`, is or is in.
fn first_step(from: &GroupId, to: &GroupId) -> GroupId {
    let mut step = to.clone();
    while let Some(parent) = step.parent().filter(|parent| parent != from) {
        step = parent;
    }
    step
}

/// All apps of a group and of the groups below it; see [`Group::all_apps`].
#[derive(Clone, Debug)]
pub struct AllApps<'g> {
    apps: slice::Iter<'g, App>,
    /// What is left of the groups around, the innermost last.
    groups: Vec<slice::Iter<'g, Group>>,
}

impl<'g> Iterator for AllApps<'g> {
    type Item = &'g App;

    fn next(&mut self) -> Option<&'g App> {
        loop {
            if let Some(app) = self.apps.next() {
                return Some(app);
            }
            match self.groups.last_mut()?.next() {
                Some(group) => {
                    self.apps = group.apps.iter();
                    self.groups.push(group.groups.iter());
                }
                None => drop(self.groups.pop()),
            }
        }
    }
}

/// Writes the whole definition.
impl Serialize for Group {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(4 + self.rest.len()))?;
        map.serialize_entry("id", &self.id)?;
        map.serialize_entry("apps", &self.apps)?;
        map.serialize_entry("groups", &self.groups)?;
        map.serialize_entry("dependencies", &self.dependencies)?;
        for (key, value) in &self.rest {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

/// Reads a definition whose relative id is taken from the root.
impl<'de> Deserialize<'de> for Group {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        group_read::group(&value).map_err(|found| {
            let texts: Vec<_> = found.into_vec().iter().map(ToString::to_string).collect();
            serde::de::Error::custom(texts.join("; "))
        })
    }
}
