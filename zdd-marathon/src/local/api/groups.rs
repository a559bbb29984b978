//! `/v2/groups`.

use axum::extract::Path;
use serde_json::{Value, json};
use zdd_core::app::Group;
use zdd_core::simulate::Marathon;
use zdd_core::units::{AppId, GroupId, Timestamp};

use super::super::definition::{GroupUpdate, Workshop, applied, id_of, scaled};
use super::answer::Answer;
use super::app_view::AppView;
use super::call::Call;
use super::change::change;
use super::embed::GroupEmbed;
use super::group_view;
use super::refusal::Refusal;

/// `GET /v2/groups`.
pub(super) async fn get_root(call: Call) -> Result<Answer, Refusal> {
    show(&call, GroupPath::Group(GroupId::root()))
}

/// `GET /v2/groups/{id}`, and `…/versions`.
pub(super) async fn get(Path(path): Path<String>, call: Call) -> Result<Answer, Refusal> {
    show(&call, GroupPath::of(&path)?)
}

/// `POST /v2/groups`.
pub(super) async fn create_in_root(call: Call) -> Result<Answer, Refusal> {
    create_in(&call, &GroupId::root())
}

/// `POST /v2/groups/{id}`.
pub(super) async fn create(Path(path): Path<String>, call: Call) -> Result<Answer, Refusal> {
    create_in(&call, &only_group(&path)?)
}

/// `PUT /v2/groups`. A body that names a group inside is about that one.
pub(super) async fn put_root(call: Call) -> Result<Answer, Refusal> {
    let id = id_of(&call.object()?, &GroupId::root())?;
    put_at(&call, &id)
}

/// `PUT /v2/groups/{id}`.
pub(super) async fn put(Path(path): Path<String>, call: Call) -> Result<Answer, Refusal> {
    put_at(&call, &only_group(&path)?)
}

/// `DELETE /v2/groups`: all apps and groups.
pub(super) async fn delete_root(call: Call) -> Result<Answer, Refusal> {
    delete_at(&call, &GroupId::root())
}

/// `DELETE /v2/groups/{id}`.
pub(super) async fn delete(Path(path): Path<String>, call: Call) -> Result<Answer, Refusal> {
    delete_at(&call, &only_group(&path)?)
}

fn show(call: &Call, path: GroupPath) -> Result<Answer, Refusal> {
    let embed = GroupEmbed::of(&call.query);
    call.shared.read(|marathon, now| {
        let view = AppView::new(marathon, now, embed.of_apps);
        let show = |root: &Group, id: &GroupId, version: Timestamp| {
            let group = root.group(id)?;
            Some(Answer::of(group_view::group(group, version, embed, &view)))
        };
        match path {
            GroupPath::Group(id) => show(marathon.root(), &id, marathon.root_version())
                .ok_or_else(|| Refusal::no_group(&id)),
            GroupPath::Versions(id) => {
                marathon.root().group(&id).ok_or_else(|| Refusal::no_group(&id))?;
                let versions = marathon.root_versions();
                let versions = versions.filter(|(_, root)| root.group(&id).is_some());
                Ok(Answer::of(versions.map(|(version, _)| json!(version)).collect()))
            }
            GroupPath::Version(id, version) => {
                let root = marathon.root_versions().find(|(known, _)| *known == version);
                root.and_then(|(_, root)| show(root, &id, version))
                    .ok_or_else(|| no_version(&id, version))
            }
        }
    })
}

fn create_in(call: &Call, base: &GroupId) -> Result<Answer, Refusal> {
    let body = call.object()?;
    let id = id_of(&body, base)?;
    let update = GroupUpdate::read(&Value::Object(body))?;
    let force = call.query.force(false)?;
    let ((), accepted) = change(call, force, |marathon, root| {
        if root.group(&id).is_some() {
            let message = format!("Group {id} is already created. Use PUT to change this group.");
            return Err(Refusal::Exists(message));
        }
        if id.as_str().parse::<AppId>().is_ok_and(|app| root.app(&app).is_some()) {
            return Err(Refusal::Exists(format!("An app with the path {id} already exists.")));
        }
        put_into(marathon, root, &mut call.workshop(marathon, root), &id, &update)
    })?;
    Ok(Answer::accepted(&accepted).created(call.url_of(id.as_str())))
}

fn put_at(call: &Call, id: &GroupId) -> Result<Answer, Refusal> {
    let update = GroupUpdate::read(&call.json()?)?;
    let force = call.query.force(false)?;
    if call.query.flag("dryRun", false)? {
        return call.shared.read(|marathon, _| {
            let mut target = marathon.root().clone();
            let mut shop = call.workshop(marathon, &target);
            put_into(marathon, &mut target, &mut shop, id, &update)?;
            let plan = marathon.preview(&target)?;
            Ok(Answer::of(json!({ "steps": plan.steps() })))
        });
    }
    let ((), accepted) = change(call, force, |marathon, root| {
        put_into(marathon, root, &mut call.workshop(marathon, root), id, &update)
    })?;
    Ok(Answer::accepted(&accepted))
}

fn delete_at(call: &Call, id: &GroupId) -> Result<Answer, Refusal> {
    let force = call.query.force(false)?;
    let ((), accepted) = change(call, force, |_, root| {
        if id.is_root() {
            *root = Group::empty_root();
            return Ok(());
        }
        root.remove_group(id).map(drop).ok_or_else(|| Refusal::no_group(id))
    })?;
    Ok(Answer::accepted(&accepted))
}

/// Has the group `id` of `root` be what `update` says.
fn put_into(
    marathon: &Marathon,
    root: &mut Group,
    shop: &mut Workshop<'_>,
    id: &GroupId,
    update: &GroupUpdate,
) -> Result<(), Refusal> {
    let current = root.group(id).cloned();
    let group = match update {
        GroupUpdate::GoBack(version) => {
            let old = marathon.root_versions().find(|(known, _)| known == version);
            let old = old.and_then(|(_, root)| root.group(id)).cloned();
            old.ok_or_else(|| no_version(id, *version))?
        }
        GroupUpdate::Scale(factor) => {
            scaled(current.ok_or_else(|| Refusal::no_group(id))?, *factor)
        }
        GroupUpdate::Define(given) => applied(given, id, current.as_ref(), shop)?,
    };
    if id.is_root() {
        *root = group;
    } else {
        root.insert_group(group)?;
    }
    Ok(())
}

fn no_version(id: &GroupId, version: Timestamp) -> Refusal {
    Refusal::NotFound(format!("Group '{id}' in version '{version}' does not exist"))
}

fn only_group(path: &str) -> Result<GroupId, Refusal> {
    match GroupPath::of(path)? {
        GroupPath::Group(id) => Ok(id),
        GroupPath::Versions(_) | GroupPath::Version(..) => Err(Refusal::Method),
    }
}

/// What a path below `/v2/groups` is about.
#[derive(Debug)]
enum GroupPath {
    Group(GroupId),
    Versions(GroupId),
    Version(GroupId, Timestamp),
}

impl GroupPath {
    fn of(path: &str) -> Result<Self, Refusal> {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let id = |parts: &[&str]| -> Result<GroupId, Refusal> {
            format!("/{}", parts.join("/")).parse().map_err(|error| Refusal::bad_id(&error))
        };
        Ok(match parts.as_slice() {
            [group @ .., "versions"] => Self::Versions(id(group)?),
            [group @ .., "versions", version] => {
                let version = version.parse::<Timestamp>();
                Self::Version(id(group)?, version.map_err(|it| Refusal::Bad(it.to_string()))?)
            }
            group => Self::Group(id(group)?),
        })
    }
}
