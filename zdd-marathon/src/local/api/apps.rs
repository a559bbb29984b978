//! `/v2/apps/{id}`, what is below it, and `POST /v2/apps`.

use axum::extract::Path;
use serde_json::{Map, Value, json};
use zdd_core::app::{App, Group};
use zdd_core::simulate::Marathon;
use zdd_core::units::{AppId, GroupId, Timestamp};

use super::super::definition::{Invalid, Workshop, complete, definition_of, merged};
use super::answer::Answer;
use super::app_path::AppPath;
use super::app_view::{self, AppView};
use super::call::Call;
use super::change::{change, change_app};
use super::embed::AppEmbed;
use super::refusal::Refusal;
use super::tasks;

/// What a `PUT` does with members that it does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unsaid {
    /// They stay as they are.
    Stays,
    /// They take Marathon's defaults.
    Default,
}

impl Unsaid {
    /// The parameter `partialUpdate`.
    pub(super) fn of(call: &Call) -> Result<Self, Refusal> {
        let is_partial = call.query.flag("partialUpdate", true)?;
        Ok(if is_partial { Self::Stays } else { Self::Default })
    }
}

/// `POST /v2/apps`.
pub(super) async fn create(call: Call) -> Result<Answer, Refusal> {
    let given = call.object()?;
    let force = call.query.force(false)?;
    let (id, accepted) = change_app(&call, force, |marathon, root| {
        let mut shop = call.workshop(marathon, root);
        let app = complete(&given, &GroupId::root(), None, &mut shop)?;
        let id = app.id().clone();
        if root.app(&id).is_some() {
            return Err(Refusal::Exists(format!("An app with id [{id}] already exists.")));
        }
        root.insert_app(app)?;
        Ok((id.clone(), id))
    })?;
    // As it was stored, with its version; a moment later somebody may have changed it already.
    let stored = call.shared.read(|marathon, _| {
        let version = |app: &&std::sync::Arc<App>| app.version() == Some(accepted.version);
        marathon.history(&id).find(version).cloned()
    });
    let app = stored.map_or_else(|| json!({}), |app| app_view::created(&app, &accepted.deployment));
    Ok(Answer::of(app).with_deployment(&accepted).created(call.url_of(id.as_str())))
}

/// `GET /v2/apps/…`.
pub(super) async fn get(Path(path): Path<String>, call: Call) -> Result<Answer, Refusal> {
    let path = AppPath::of(&path)?;
    call.shared.read(|marathon, now| match path {
        AppPath::App(id) => {
            let app = app(marathon, &id)?;
            let view = AppView::new(marathon, now, AppEmbed::OF_ONE.and(&call.query));
            Ok(Answer::of(json!({ "app": view.show(app) })))
        }
        AppPath::Group(id) => {
            let group = group(marathon, &id)?;
            let view = AppView::new(marathon, now, AppEmbed::ALWAYS.and(&call.query));
            let apps: Value = group.all_apps().map(|app| view.show(app)).collect();
            Ok(Answer::of(json!({ "*": apps })))
        }
        AppPath::Versions(id) => {
            app(marathon, &id)?;
            let versions = marathon.history(&id).filter_map(|app| app.version());
            Ok(Answer::of(json!({ "versions": versions.collect::<Vec<_>>() })))
        }
        AppPath::Version(id, version) => Ok(Answer::of(json!(version_of(marathon, &id, version)?))),
        AppPath::Tasks(id) => {
            app(marathon, &id)?;
            Ok(Answer::of(json!({ "tasks": tasks::of_apps(marathon, [&id]) })))
        }
        AppPath::GroupTasks(id) => {
            let apps = group(marathon, &id)?.all_apps().map(App::id);
            Ok(Answer::of(json!({ "tasks": tasks::of_apps(marathon, apps) })))
        }
        AppPath::Restart(_) | AppPath::Task(..) => Err(Refusal::Method),
    })
}

/// `POST /v2/apps/{id}/restart`.
pub(super) async fn restart(Path(path): Path<String>, call: Call) -> Result<Answer, Refusal> {
    let AppPath::Restart(id) = AppPath::of(&path)? else {
        return Err(Refusal::Method);
    };
    let force = call.query.force(false)?;
    let apps = [id].into();
    let accepted = call.shared.with(|marathon, now| marathon.restart(now, &apps, force))?;
    Ok(Answer::accepted(&accepted))
}

/// `PUT /v2/apps/{id}`.
pub(super) async fn put(Path(path): Path<String>, call: Call) -> Result<Answer, Refusal> {
    let id = only_app(&path)?;
    let given = call.object()?;
    let (force, unsaid) = (call.query.force(false)?, Unsaid::of(&call)?);
    let (is_new, accepted) = change_app(&call, force, |marathon, root| {
        let mut shop = call.workshop(marathon, root);
        let is_new = put_into(marathon, root, &mut shop, &id, &given, unsaid)?;
        Ok((id.clone(), is_new))
    })?;
    let answer = Answer::accepted(&accepted);
    Ok(if is_new { answer.created(call.url_of(id.as_str())) } else { answer })
}

/// `PATCH /v2/apps/{id}`.
pub(super) async fn patch(Path(path): Path<String>, call: Call) -> Result<Answer, Refusal> {
    let id = only_app(&path)?;
    let given = call.object()?;
    let force = call.query.force(false)?;
    let ((), accepted) = change_app(&call, force, |marathon, root| {
        let mut shop = call.workshop(marathon, root);
        patch_in(marathon, root, &mut shop, &id, &given)?;
        Ok((id.clone(), ()))
    })?;
    Ok(Answer::accepted(&accepted))
}

/// `DELETE /v2/apps/{id}` and its tasks.
pub(super) async fn delete(Path(path): Path<String>, call: Call) -> Result<Answer, Refusal> {
    match AppPath::of(&path)? {
        AppPath::App(id) => {
            // The one call that is forced unless told otherwise.
            let force = call.query.force(true)?;
            let ((), accepted) = change(&call, force, |_, root| {
                root.remove_app(&id).map(drop).ok_or_else(|| Refusal::no_app(&id))
            })?;
            Ok(Answer::accepted(&accepted))
        }
        AppPath::Tasks(id) => tasks::kill_of_app(&call, &id),
        AppPath::Task(app, task) => tasks::kill_one(&call, &app, &task),
        _ => Err(Refusal::Method),
    }
}

/// Puts an app into `root`, or lays `given` over the one that is there. Whether it is new.
pub(super) fn put_into(
    marathon: &Marathon,
    root: &mut Group,
    shop: &mut Workshop<'_>,
    id: &AppId,
    given: &Map<String, Value>,
    unsaid: Unsaid,
) -> Result<bool, Refusal> {
    let known = root.app(id).cloned();
    let app = match (&known, version_in(given)?) {
        (_, Some(version)) => {
            let old = version_of(marathon, id, version)?;
            App::from_object(definition_of(old), &GroupId::root()).map_err(Invalid::from)?
        }
        (Some(app), None) if unsaid == Unsaid::Stays => {
            complete(&merged(app, given), &id.group(), known.as_ref(), shop)?
        }
        (_, None) => {
            let mut given = given.clone();
            given.insert("id".into(), json!(id));
            complete(&given, &id.group(), known.as_ref(), shop)?
        }
    };
    root.insert_app(app)?;
    Ok(known.is_none())
}

/// Lays `given` over an app of `root`, which has to be there.
pub(super) fn patch_in(
    marathon: &Marathon,
    root: &mut Group,
    shop: &mut Workshop<'_>,
    id: &AppId,
    given: &Map<String, Value>,
) -> Result<(), Refusal> {
    if root.app(id).is_none() {
        return Err(Refusal::no_app(id));
    }
    put_into(marathon, root, shop, id, given, Unsaid::Stays).map(drop)
}

/// The version to go back to, if that is what an update is about.
fn version_in(given: &Map<String, Value>) -> Result<Option<Timestamp>, Refusal> {
    let Some(version) = given.get("version").filter(|version| !version.is_null()) else {
        return Ok(None);
    };
    let says_more =
        |(key, value): (&String, &Value)| !value.is_null() && key != "version" && key != "id";
    if given.iter().any(says_more) {
        let error = "The 'version' field may only be combined with the 'id' field.";
        return Err(Invalid::rule("/", error).into());
    }
    let version = version.as_str().and_then(|text| text.parse().ok());
    version.map(Some).ok_or_else(|| Invalid::shape("/version", "expected a time").into())
}

fn version_of<'m>(
    marathon: &'m Marathon,
    id: &AppId,
    version: Timestamp,
) -> Result<&'m App, Refusal> {
    app(marathon, id)?;
    let found = marathon.history(id).find(|app| app.version() == Some(version));
    let missing = || Refusal::NotFound(format!("App '{id}' in version '{version}' does not exist"));
    found.map(|app| &**app).ok_or_else(missing)
}

fn only_app(path: &str) -> Result<AppId, Refusal> {
    match AppPath::of(path)? {
        AppPath::App(id) => Ok(id),
        _ => Err(Refusal::Method),
    }
}

fn app<'m>(marathon: &'m Marathon, id: &AppId) -> Result<&'m App, Refusal> {
    marathon.app(id).map(|app| &**app).ok_or_else(|| Refusal::no_app(id))
}

fn group<'m>(marathon: &'m Marathon, id: &GroupId) -> Result<&'m Group, Refusal> {
    marathon.root().group(id).ok_or_else(|| Refusal::no_group(id))
}
