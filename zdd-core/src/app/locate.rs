//! Where in a text an app is defined.

use alloc::format;
use alloc::string::String;

use serde_json::Value;

use super::place::Place;
use super::text;
use crate::units::{AppId, GroupId};

impl Place {
    /// Where `text` defines the app `id`: its member `member`, or the app where it has no such
    /// member. None where it does not define it. For problems that show only when apps are put
    /// together, a circle of dependencies for one.
    ///
    /// ```
    /// use zdd_core::app::Place;
    ///
    /// let text = r#"{"id": "/shop", "apps": [{"id": "cart", "dependencies": ["/shop/cart"]}]}"#;
    /// let place = Place::of_app(text, &"/shop/cart".parse()?, "dependencies").unwrap();
    /// assert_eq!((place.line, place.column), (1, 57));
    /// # Ok::<(), zdd_core::units::PathError>(())
    /// ```
    pub fn of_app(text: &str, id: &AppId, member: &str) -> Option<Self> {
        let text = text::without_mark(text);
        let value = text::parse(text).ok()?;
        let app = pointer_of(&value, &GroupId::root(), id)?;
        Some(Self::of_pointer(text, &format!("{app}/{member}")))
    }
}

/// The pointer from `value`, whose relative ids are taken from `base`, to the app `id` in it.
fn pointer_of(value: &Value, base: &GroupId, id: &AppId) -> Option<String> {
    let is_wanted = |object: &Value| {
        let own = object.get("id").and_then(Value::as_str);
        own.and_then(|own| AppId::resolve(own, base).ok()).is_some_and(|own| own == *id)
    };
    if let Some(list) = value.as_array() {
        return in_list(list, base, id);
    }
    let has_members = |key| value.get(key).and_then(Value::as_array);
    let is_group = has_members("apps").is_some() || has_members("groups").is_some();
    if !is_group && is_wanted(value) {
        return Some(String::new());
    }
    let own = value.get("id").and_then(Value::as_str);
    let base = own.and_then(|own| GroupId::resolve(own, base).ok()).unwrap_or_else(|| base.clone());
    for key in ["apps", "*", "groups"] {
        let found = has_members(key).and_then(|list| in_list(list, &base, id));
        if let Some(rest) = found {
            return Some(format!("/{key}{rest}"));
        }
    }
    value.get("app").and_then(|app| pointer_of(app, &base, id)).map(|rest| format!("/app{rest}"))
}

fn in_list(list: &[Value], base: &GroupId, id: &AppId) -> Option<String> {
    let mut found = list.iter().enumerate();
    found.find_map(|(n, value)| pointer_of(value, base, id).map(|rest| format!("/{n}{rest}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn apps_are_found_in_every_form_of_a_document() {
        for (text, id, place) in [
            (r#"{"id": "a", "dependencies": []}"#, "/a", Some("1:29")),
            (r#"{"id": "a"}"#, "/a", Some("1:1")),
            (r#"{"app": {"id": "/a", "dependencies": []}}"#, "/a", Some("1:38")),
            ("[{\"id\": \"/b\"},\n {\"id\": \"/a\", \"dependencies\": []}]", "/a", Some("2:31")),
            (r#"{"apps": [{"id": "/a", "dependencies": []}]}"#, "/a", Some("1:40")),
            (
                "{\"id\": \"/g\", \"groups\": [{\"id\": \"h\",\n\"apps\": [{\"id\": \"a\"}]}]}",
                "/g/h/a",
                Some("2:10"),
            ),
            (r#"{"id": "/a"}"#, "/b", None),
            ("{", "/a", None),
        ] {
            let found = Place::of_app(text, &id.parse().unwrap(), "dependencies");
            assert_eq!(found.map(|place| place.to_string()).as_deref(), place, "{text}");
        }
    }
}
