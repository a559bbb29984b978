//! The body of a refusal.

use serde::Deserialize;
use serde_json::Value;
use zdd_core::ports::InvalidDetail;
use zdd_core::units::DeploymentId;

use super::accepted::WireId;

/// `{"message": .., "details": .., "deployments": ..}`, in the shapes that releases gave it.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Message {
    #[serde(rename = "message")]
    text: Option<Value>,
    details: Option<Value>,
    /// How releases before 0.14 named what is invalid.
    errors: Option<Value>,
    deployments: Option<Vec<WireId>>,
}

/// Longest text of Marathon that goes into an error, in characters.
const LONGEST: usize = 600;

/// Most details, and most errors of one: a screenful.
const MOST: usize = 20;

impl Message {
    /// The message of a body. None when the body is not one of Marathon's.
    pub(crate) fn read(body: &[u8]) -> Option<Self> {
        let message: Self = serde_json::from_slice(body).ok()?;
        let says = message.text.is_some() || message.errors.is_some();
        (says || message.deployments.is_some()).then_some(message)
    }

    /// Marathon's words, in one line, with `details` where they are a text.
    pub(crate) fn words(&self) -> String {
        let message = match &self.text {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        match &self.details {
            Some(Value::String(details)) => shortened(&format!("{message}: {details}"), LONGEST),
            _ => shortened(&message, LONGEST),
        }
    }

    /// The deployments that hold an app; none where the message is not about a lock.
    pub(crate) fn locked_by(&self) -> Option<Vec<DeploymentId>> {
        match &self.deployments {
            Some(ids) => Some(ids.iter().map(|it| it.id.clone()).collect()),
            // Old releases only say it in words.
            None if self.words().contains("locked by one or more deployments") => Some(Vec::new()),
            None => None,
        }
    }

    /// What is invalid, and where.
    pub(crate) fn invalid(&self) -> Vec<InvalidDetail> {
        let lists = [&self.details, &self.errors];
        let entries = lists.into_iter().flatten().filter_map(Value::as_array).flatten();
        entries.take(MOST).map(detail).collect()
    }
}

fn detail(entry: &Value) -> InvalidDetail {
    let text = |key: &str| entry.get(key).and_then(Value::as_str);
    let path = text("path").or_else(|| text("attribute")).unwrap_or_default();
    let errors = match entry.get("errors").or_else(|| entry.get("error")) {
        Some(Value::Array(errors)) => errors.iter().take(MOST).map(words_of).collect(),
        Some(error) => vec![words_of(error)],
        None => vec![words_of(entry)],
    };
    InvalidDetail { path: shortened(path, LONGEST), errors }
}

fn words_of(value: &Value) -> String {
    match value {
        Value::String(text) => shortened(text, LONGEST),
        other => shortened(&other.to_string(), LONGEST),
    }
}

/// `text` in one line of at most `longest` characters, harmless to a terminal.
pub(crate) fn shortened(text: &str, longest: usize) -> String {
    let mut line = String::new();
    let mut gap = false;
    for (n, c) in text.trim().chars().enumerate() {
        if n == longest {
            line.push('…');
            break;
        }
        if c.is_whitespace() || c.is_control() {
            gap = true;
        } else {
            if gap {
                line.push(' ');
                gap = false;
            }
            line.push(c);
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Message {
        Message::read(body.as_bytes()).unwrap()
    }

    #[test]
    fn locks_are_told_by_their_deployments_or_by_old_words() {
        let new = read(r#"{"message": "App is locked", "deployments": [{"id": "d-1"}]}"#);
        assert_eq!(new.locked_by(), Some(vec!["d-1".parse().unwrap()]));
        let old = read(
            r#"{"message": "App is locked by one or more deployments. Override with the option '?force=true'."}"#,
        );
        assert_eq!(old.locked_by(), Some(Vec::new()));
        assert_eq!(read(r#"{"message": "An app with id [/a] already exists."}"#).locked_by(), None);
    }

    #[test]
    fn details_come_in_several_shapes() {
        let invalid = read(
            r#"{"message": "Object is not valid", "details":
                [{"path": "/upgradeStrategy/minimumHealthCapacity", "errors": ["got 1.2"]}]}"#,
        );
        assert_eq!(invalid.invalid()[0].path, "/upgradeStrategy/minimumHealthCapacity");
        assert_eq!(invalid.invalid()[0].errors, ["got 1.2"]);
        let old = read(r#"{"errors": [{"attribute": "id", "error": "is missing"}]}"#);
        assert_eq!(old.invalid()[0].path, "id");
        assert_eq!(old.invalid()[0].errors, ["is missing"]);
        let parser = read(r#"{"message": "Invalid JSON", "details": "expected\n a value"}"#);
        assert_eq!(parser.words(), "Invalid JSON: expected a value");
        assert!(parser.invalid().is_empty());
    }

    #[test]
    fn other_bodies_are_not_marathons() {
        for body in ["", "<html>", "[]", "{}", r#"{"status": 404}"#, "{\"message\": \"cut"] {
            assert!(Message::read(body.as_bytes()).is_none(), "{body}");
        }
    }

    #[test]
    fn texts_are_one_line_harmless_and_short() {
        assert_eq!(shortened(" a\r\n\tb\u{1b}[31mc ", 60), "a b [31mc");
        assert_eq!(shortened(&"x".repeat(1000), 3), "xxx…");
    }
}
