//! The place-holder of templates.

use serde_json::Value;

/// What stands in a template in the place of the image. It is that of bg-deploy, so that its templates
/// can be used as they are.
pub(super) const PLACE_HOLDER: &str = "ThisIsAUniqueKey";

/// The JSON pointer of the first place that has the place-holder in it, as a value or as a name.
pub(super) fn find(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => text.contains(PLACE_HOLDER).then(String::new),
        Value::Array(items) => {
            let mut found = items.iter().enumerate();
            found.find_map(|(at, item)| find(item).map(|rest| format!("/{at}{rest}")))
        }
        Value::Object(members) => members.iter().find_map(|(key, member)| {
            let rest = if key.contains(PLACE_HOLDER) { Some(String::new()) } else { find(member) };
            // The escapes of RFC 6901.
            rest.map(|rest| format!("/{}{rest}", key.replace('~', "~0").replace('/', "~1")))
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn it_is_found_wherever_it_is() {
        let at = |value| find(&value);
        assert_eq!(at(json!({"env": {"IMAGE": "ThisIsAUniqueKey"}})), Some("/env/IMAGE".into()));
        assert_eq!(at(json!({"args": ["a", "-i=ThisIsAUniqueKey"]})), Some("/args/1".into()));
        assert_eq!(
            at(json!({"a/b": {"ThisIsAUniqueKey": 1}})),
            Some("/a~1b/ThisIsAUniqueKey".into())
        );
        assert_eq!(at(json!({"image": "ThisIsAUniqueKe", "instances": 4, "cmd": null})), None);
    }
}
