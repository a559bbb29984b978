//! `/v2/apps`: many apps at once.

use serde_json::{Map, Value, json};
use zdd_core::app::App;
use zdd_core::units::{AppId, GroupId};

use super::super::definition::Invalid;
use super::answer::Answer;
use super::app_view::AppView;
use super::apps::{Unsaid, patch_in, put_into};
use super::call::Call;
use super::change::change;
use super::embed::AppEmbed;
use super::refusal::Refusal;
use super::selector::Selector;

/// `GET /v2/apps`.
pub(super) async fn list(call: Call) -> Result<Answer, Refusal> {
    let wanted = Filter::of(&call)?;
    let apps: Value = call.shared.read(|marathon, now| {
        let view = AppView::new(marathon, now, AppEmbed::ALWAYS.and(&call.query));
        let apps = marathon.root().all_apps().filter(|app| wanted.takes(app));
        apps.map(|app| view.show(app)).collect()
    });
    Ok(Answer::of(json!({ "apps": apps })))
}

/// `PUT /v2/apps`.
pub(super) async fn put(call: Call) -> Result<Answer, Refusal> {
    let given = apps_in(&call)?;
    let (force, unsaid) = (call.query.force(false)?, Unsaid::of(&call)?);
    let ((), accepted) = change(&call, force, |marathon, root| {
        let mut shop = call.workshop(marathon, root);
        for (index, (id, app)) in given.iter().enumerate() {
            put_into(marathon, root, &mut shop, id, app, unsaid)
                .map_err(|it| in_list(it, index))?;
        }
        Ok(())
    })?;
    Ok(Answer::accepted(&accepted))
}

/// `PATCH /v2/apps`.
pub(super) async fn patch(call: Call) -> Result<Answer, Refusal> {
    let given = apps_in(&call)?;
    let force = call.query.force(false)?;
    let ((), accepted) = change(&call, force, |marathon, root| {
        let mut shop = call.workshop(marathon, root);
        for (index, (id, app)) in given.iter().enumerate() {
            patch_in(marathon, root, &mut shop, id, app).map_err(|it| in_list(it, index))?;
        }
        Ok(())
    })?;
    Ok(Answer::accepted(&accepted))
}

/// An app and what is to be laid over it.
type Update = (AppId, Map<String, Value>);

/// The updates of a body, each with the app that it is about.
fn apps_in(call: &Call) -> Result<Vec<Update>, Refusal> {
    let Value::Array(list) = call.json()? else {
        return Err(Invalid::shape("/", "expected a list").into());
    };
    let mut apps = Vec::with_capacity(list.len());
    for (index, app) in list.into_iter().enumerate() {
        let Value::Object(app) = app else {
            return Err(Invalid::shape(format!("/{index}"), "expected an object").into());
        };
        let at = format!("/{index}/id");
        let id = app.get("id").and_then(Value::as_str);
        let id = id.ok_or_else(|| Invalid::shape(&at, "expected a text"))?;
        let id = AppId::resolve(id, &GroupId::root())
            .map_err(|it| Invalid::rule(&at, it.to_string()))?;
        apps.push((id, app));
    }
    Ok(apps)
}

fn in_list(refusal: Refusal, index: usize) -> Refusal {
    match refusal {
        Refusal::Invalid(invalid) => Refusal::Invalid(invalid.below(&format!("/{index}"))),
        other => other,
    }
}

/// Which apps are asked for.
#[derive(Debug)]
struct Filter {
    cmd: Option<String>,
    id: Option<String>,
    labels: Option<Selector>,
}

impl Filter {
    fn of(call: &Call) -> Result<Self, Refusal> {
        let text = |key| call.query.one(key).map(str::to_lowercase);
        let labels = call.query.one("label").map(Selector::parse);
        Ok(Self {
            cmd: text("cmd"),
            id: text("id"),
            labels: labels.transpose().map_err(Refusal::Bad)?,
        })
    }

    fn takes(&self, app: &App) -> bool {
        let contains = |part: &Option<String>, text: Option<&str>| {
            let Some(part) = part else { return true };
            text.is_some_and(|text| text.to_lowercase().contains(part))
        };
        contains(&self.cmd, app.as_json().get("cmd").and_then(Value::as_str))
            && contains(&self.id, Some(app.id().as_str()))
            && self.labels.as_ref().is_none_or(|selector| selector.matches(app.labels()))
    }
}
