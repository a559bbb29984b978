//! What of a template nobody has put anything for.

use serde_json::Value;
use zdd_core::app::App;

/// The place-holder of bg-deploy's templates.
const UNIQUE: &str = "ThisIsAUniqueKey";

/// The first place-holder in an id, an image or a label, and the JSON pointer of the place.
pub(super) fn find(app: &App) -> Option<(String, String)> {
    let json = app.as_json();
    let id = json.get("id").and_then(Value::as_str).and_then(place_holder);
    if let Some(found) = id {
        return Some(("/id".into(), found.into()));
    }
    let image = json.get("container").and_then(|it| it.get("docker")?.get("image")?.as_str());
    if let Some(found) = image.and_then(place_holder) {
        return Some(("/container/docker/image".into(), found.into()));
    }
    app.labels().iter().find_map(|(name, value)| {
        let found = place_holder(name).or_else(|| place_holder(value))?;
        // The escapes of RFC 6901.
        let name = name.replace('~', "~0").replace('/', "~1");
        Some((format!("/labels/{name}"), found.into()))
    })
}

/// The first place-holder of any of the usual forms: `__NAME__`, `%NAME%`, `{{name}}` and `${NAME}`. What
/// has something else between its marks is left alone: templates of HAProxy in labels have marks, too.
pub(super) fn place_holder(text: &str) -> Option<&str> {
    let forms = [("__", "__"), ("%", "%"), ("{{", "}}"), ("${", "}")];
    let unique = text.find(UNIQUE).map(|at| &text[at..at + UNIQUE.len()]);
    unique.or_else(|| forms.iter().find_map(|(open, close)| between(text, open, close)))
}

fn between<'t>(text: &'t str, open: &str, close: &str) -> Option<&'t str> {
    let is_loud = open == "__" || open == "%";
    let is_name = |name: &str| {
        let name = name.trim();
        let is_inner = |it: char| it.is_ascii_alphanumeric() || matches!(it, '_' | '-' | '.');
        let is_first =
            |it: char| if is_loud { it.is_ascii_uppercase() } else { it.is_alphabetic() };
        let is_quiet = |it: char| it.is_ascii_lowercase();
        name.len() > 1
            && name.starts_with(is_first)
            && name.chars().all(is_inner)
            && !(is_loud && name.contains(is_quiet))
    };
    let opens = text.match_indices(open).map(|(at, _)| at);
    opens.into_iter().find_map(|at| {
        let inner = at + open.len();
        let len = text.get(inner..)?.find(close)?;
        let whole = text.get(at..inner + len + close.len())?;
        is_name(&text[inner..inner + len]).then_some(whole)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use zdd_core::units::GroupId;

    use super::*;

    #[test]
    fn place_holders_of_all_forms_are_found() {
        for (text, found) in [
            ("shop:__REVISION__", "__REVISION__"),
            ("shop:%REVISION%", "%REVISION%"),
            ("100% of %TAG%", "%TAG%"),
            ("shop:{{ revision }}", "{{ revision }}"),
            ("{{.Tag}} {{tag}}", "{{tag}}"),
            ("${REGISTRY}/shop", "${REGISTRY}"),
            ("x/ThisIsAUniqueKey", "ThisIsAUniqueKey"),
        ] {
            assert_eq!(place_holder(text), Some(found), "{text}");
        }
        for text in [
            "shop:1",
            "a__b__c",
            "__",
            "%[src] %ci:%cp %ST %B",
            "backend {backend}\n  balance {balance}",
            "50% and 60%",
            "{{}}",
            "${",
            "$HOME",
        ] {
            assert_eq!(place_holder(text), None, "{text}");
        }
    }

    #[test]
    fn the_place_is_a_pointer() {
        let find = |json| super::find(&App::from_value(&json, &GroupId::root()).unwrap());
        assert_eq!(
            find(json!({"id": "/a", "labels": {"a/b": "v__REV__"}})),
            Some(("/labels/a~1b".into(), "__REV__".into()))
        );
        assert_eq!(
            find(json!({"id": "/a", "container": {"docker": {"image": "a:${TAG}"}}})),
            Some(("/container/docker/image".into(), "${TAG}".into()))
        );
        // What a program makes of its own environment is its own affair.
        assert_eq!(find(json!({"id": "/a", "cmd": "echo ${HOME}", "env": {"A": "{{b}}"}})), None);
    }
}
