//! What a file can hold.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::{iter, slice};

use serde::Serialize;
use serde_json::Value;

use super::cursor::Cursor;
use super::definition::App;
use super::group::{AllApps, Group};
use super::group_read;
use super::problem::{ParseError, Problems};
use super::text;
use crate::units::GroupId;

/// One app, several, or a group.
///
/// | the text holds | it is |
/// | --- | --- |
/// | a list | apps |
/// | `{"apps": [..]}` without `id` and `groups`, as `GET /v2/apps` answers | apps |
/// | `{"*": [..]}`, as `GET /v2/apps/{group}/*` answers | apps |
/// | any other object with `apps` or `groups` | a group, the root if it has no `id` |
/// | `{"app": {..}}` without `id`, as `GET /v2/apps/{id}` answers | that app |
/// | any other object | an app |
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
#[expect(clippy::exhaustive_enums, reason = "what a file holds decides what is done with it")]
pub enum Document {
    /// One app.
    App(Box<App>),
    /// Apps that belong to no common group.
    Apps(Vec<App>),
    /// A group.
    Group(Group),
}

impl Document {
    /// What `text` holds.
    ///
    /// # Errors
    ///
    /// When the text is not JSON, or no definition; with all the problems.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let value = text::parse(text)?;
        read(&value).map_err(|found| ParseError::placed(found, text::without_mark(text)))
    }

    /// What `bytes` hold: UTF-8 text, with or without a byte order mark.
    ///
    /// # Errors
    ///
    /// When the bytes are not UTF-8, not JSON, or no definition.
    pub fn parse_bytes(bytes: &[u8]) -> Result<Self, ParseError> {
        Self::parse(text::decode(bytes)?)
    }

    /// All apps in it, as they are written; those of groups depth first.
    pub fn apps(&self) -> impl Iterator<Item = &App> {
        let (apps, group): (slice::Iter<'_, App>, Option<AllApps<'_>>) = match self {
            Self::App(app) => (slice::from_ref(&**app).iter(), None),
            Self::Apps(apps) => (apps.iter(), None),
            Self::Group(group) => ([].iter(), Some(group.all_apps())),
        };
        apps.chain(iter::once(group).flatten().flatten())
    }
}

fn read(value: &Value) -> Result<Document, Problems> {
    let at = Cursor::top(value);
    if value.is_array() {
        return group_read::apps(&at).map(Document::Apps);
    }
    let has = |key| at.field(key).is_some();
    if !has("id") && !has("groups") {
        for key in ["apps", "*"] {
            if let Some(list) = at.field(key) {
                return group_read::apps(&list).map(Document::Apps);
            }
        }
    }
    if has("apps") || has("groups") {
        return group_read::group(value).map(Document::Group);
    }
    let inner = at.field("app").filter(|_| !has("id"));
    let mut problems = Problems::default();
    App::read(inner.as_ref().unwrap_or(&at), &GroupId::root(), &mut problems)
        .filter(|_| problems.is_empty())
        .map(|app| Document::App(Box::new(app)))
        .ok_or(problems)
}
