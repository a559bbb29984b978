//! Groups in JSON.

use serde_json::{Map, Value, json};
use zdd_core::app::Group;
use zdd_core::units::Timestamp;

use super::app_view::AppView;
use super::embed::GroupEmbed;

/// A group, and what is in it. All groups have the version of the root group.
pub(super) fn group(
    group: &Group,
    version: Timestamp,
    embed: GroupEmbed,
    apps: &AppView<'_>,
) -> Value {
    let mut json = Map::from_iter([
        ("id".to_owned(), json!(group.id())),
        ("version".to_owned(), json!(version)),
        ("dependencies".to_owned(), json!(group.dependencies())),
    ]);
    if embed.apps {
        let apps = group.apps().iter().map(|app| apps.show(app)).collect();
        json.insert("apps".to_owned(), apps);
    }
    if embed.groups {
        let groups = group.groups().iter();
        let groups = groups.map(|inner| self::group(inner, version, embed, apps)).collect();
        json.insert("groups".to_owned(), groups);
    }
    if embed.pods {
        json.insert("pods".to_owned(), json!([]));
    }
    Value::Object(json)
}
