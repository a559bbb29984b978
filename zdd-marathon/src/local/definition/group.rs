//! Updates of groups.

use serde_json::{Map, Value};
use zdd_core::app::{Group, GroupError};
use zdd_core::units::{GroupId, InstanceCount, PathId, Timestamp};

use super::complete::{Workshop, complete};
use super::invalid::Invalid;

/// What is asked of a group.
#[derive(Debug, PartialEq)]
pub(crate) enum GroupUpdate {
    /// To be what it was in one of its versions.
    GoBack(Timestamp),
    /// To have so many times the instances.
    Scale(f64),
    /// To hold what is written.
    Define(Map<String, Value>),
}

/// Members of which each has to stand alone.
const ALONE: [&str; 2] = ["version", "scaleBy"];

impl GroupUpdate {
    /// The update that `body` is.
    pub(crate) fn read(body: &Value) -> Result<Self, Invalid> {
        let object = body.as_object().ok_or_else(|| expected("", "an object"))?;
        let says = |key: &&str| object.get(*key).is_some_and(|value| !value.is_null());
        let members = ["version", "scaleBy", "apps", "groups", "dependencies"];
        let said: Vec<_> = members.into_iter().filter(says).collect();
        let Some(alone) = ALONE.into_iter().find(says) else {
            return Ok(Self::Define(object.clone()));
        };
        if said.len() > 1 {
            let error = format!("'{alone}' has to stand alone");
            return Err(Invalid::rule("/", error));
        }
        let value = &object[alone];
        if alone == "version" {
            let version = value.as_str().and_then(|text| text.parse().ok());
            return version.map(Self::GoBack).ok_or_else(|| expected("/version", "a time"));
        }
        let factor = value.as_f64().ok_or_else(|| expected("/scaleBy", "a number"))?;
        if factor < 0.0 {
            return Err(Invalid::rule("/scaleBy", format!("got {factor}, expected 0 or more")));
        }
        Ok(Self::Scale(factor))
    }
}

/// The group `id` with what `update` says; `current` is that group as it is now, if there is one.
///
/// A list that is given takes the place of the group's: apps and groups that are not in it go. A list
/// that is not given stays.
///
/// Source: Marathon's `GroupUpdate`.
pub(crate) fn applied(
    update: &Map<String, Value>,
    id: &GroupId,
    current: Option<&Group>,
    shop: &mut Workshop<'_>,
) -> Result<Group, Invalid> {
    let mut group = Group::new(id.clone());
    match list(update, "apps")? {
        Some(apps) => {
            for (index, app) in apps.iter().enumerate() {
                let below = |invalid: Invalid| invalid.below(&format!("/apps/{index}"));
                let app = app.as_object().ok_or_else(|| below(expected("", "an object")))?;
                let made = complete_in(app, id, current, shop).map_err(below)?;
                let twin = group.insert_app(made).map_err(|error| below(misplaced(&error)))?;
                if let Some(twin) = twin {
                    let error = format!("the app `{}` is there twice", twin.id());
                    return Err(below(Invalid::rule("/id", error)));
                }
            }
        }
        None => {
            for app in current.map_or(&[][..], Group::apps) {
                group.insert_app(app.clone()).map_err(|error| misplaced(&error))?;
            }
        }
    }
    match list(update, "groups")? {
        Some(groups) => {
            for (index, inner) in groups.iter().enumerate() {
                let below = |invalid: Invalid| invalid.below(&format!("/groups/{index}"));
                let inner = inner.as_object().ok_or_else(|| below(expected("", "an object")))?;
                let inner_id = id_of(inner, id).map_err(below)?;
                if !inner_id.is_in(id) {
                    let error =
                        GroupError::OutOfPlace { id: inner_id.as_str().into(), group: id.clone() };
                    return Err(below(misplaced(&error)));
                }
                let known = current.and_then(|group| group.group(&inner_id));
                let made = applied(inner, &inner_id, known, shop).map_err(below)?;
                let twin = group.insert_group(made).map_err(|error| below(misplaced(&error)))?;
                if twin.is_some() {
                    let error = format!("the group `{inner_id}` is there twice");
                    return Err(below(Invalid::rule("/id", error)));
                }
            }
        }
        None => {
            for inner in current.map_or(&[][..], Group::groups) {
                group.insert_group(inner.clone()).map_err(|error| misplaced(&error))?;
            }
        }
    }
    group.set_dependencies(match list(update, "dependencies")? {
        Some(paths) => paths.iter().map(|path| dependency(path, id)).collect::<Result<_, _>>()?,
        None => current.map_or_else(Vec::new, |group| group.dependencies().to_vec()),
    });
    Ok(group)
}

/// The id that an update names, taken from `base`; `base` itself where it names none.
pub(crate) fn id_of(update: &Map<String, Value>, base: &GroupId) -> Result<GroupId, Invalid> {
    match update.get("id") {
        None | Some(Value::Null) => Ok(base.clone()),
        Some(Value::String(path)) => {
            GroupId::resolve(path, base).map_err(|error| Invalid::rule("/id", error.to_string()))
        }
        Some(_) => Err(expected("/id", "a text")),
    }
}

/// A group with `factor` times the instances of each of its apps, rounded up.
pub(crate) fn scaled(mut group: Group, factor: f64) -> Group {
    let counts: Vec<_> =
        group.all_apps().map(|app| (app.id().clone(), times(app.instances(), factor))).collect();
    for (id, instances) in counts {
        if let Some(app) = group.app_mut(&id) {
            *app = app.clone().with_instances(instances);
        }
    }
    group
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates, and neither number is below 0"
)]
fn times(instances: InstanceCount, factor: f64) -> InstanceCount {
    InstanceCount::saturating_from((f64::from(instances.get()) * factor).ceil() as u64)
}

fn complete_in(
    given: &Map<String, Value>,
    base: &GroupId,
    current: Option<&Group>,
    shop: &mut Workshop<'_>,
) -> Result<zdd_core::app::App, Invalid> {
    let id = given.get("id").and_then(Value::as_str);
    let id = id.and_then(|path| zdd_core::units::AppId::resolve(path, base).ok());
    let previous = id.and_then(|id| current?.app(&id));
    complete(given, base, previous, shop)
}

fn dependency(path: &Value, base: &GroupId) -> Result<PathId, Invalid> {
    let path = path.as_str().ok_or_else(|| expected("/dependencies", "a text"))?;
    PathId::resolve(path, base).map_err(|error| Invalid::rule("/dependencies", error.to_string()))
}

fn list<'v>(object: &'v Map<String, Value>, key: &str) -> Result<Option<&'v Vec<Value>>, Invalid> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(list)) => Ok(Some(list)),
        Some(_) => Err(expected(&format!("/{key}"), "a list")),
    }
}

fn expected(path: &str, what: &str) -> Invalid {
    Invalid::shape(if path.is_empty() { "/" } else { path }, format!("expected {what}"))
}

fn misplaced(error: &GroupError) -> Invalid {
    Invalid::rule("/id", error.to_string())
}
