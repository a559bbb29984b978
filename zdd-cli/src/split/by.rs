//! What tells the version that answered.

use std::str::FromStr;

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, HeaderName};
use serde_json::Value;

/// No version has a longer name; what is longer is cut, so that a page of text that was taken for one
/// fills no screen.
const MAX_NAME: usize = 64;

/// Where in an answer the version is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum By {
    /// In its JSON, behind these names and indices.
    Json(Vec<String>),
    /// In a header.
    Header(HeaderName),
    /// It is the status.
    Status,
}

/// Why a text does not say where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ByError {
    #[error("neither json:PATH, header:NAME nor status")]
    Unknown,
    #[error("a path has names or numbers, with a dot between them, as in json:app.version")]
    Path,
    #[error("not the name of a header")]
    Header,
}

impl FromStr for By {
    type Err = ByError;

    fn from_str(text: &str) -> Result<Self, ByError> {
        match text.split_once(':') {
            Some(("json", path)) => {
                let names: Vec<String> = path.split('.').map(String::from).collect();
                if names.iter().any(String::is_empty) {
                    return Err(ByError::Path);
                }
                Ok(Self::Json(names))
            }
            Some(("header", name)) => name.parse().map(Self::Header).map_err(|_| ByError::Header),
            None if text == "status" => Ok(Self::Status),
            _ => Err(ByError::Unknown),
        }
    }
}

impl By {
    /// The version in an answer, or why there is none.
    ///
    /// An answer that is an error counts as none, unless the status is what is asked for.
    pub(super) fn version(
        &self,
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<String, String> {
        let told = || format!("status {}", status.as_u16());
        let name = match self {
            Self::Status => status.as_u16().to_string(),
            Self::Json(_) | Self::Header(_) if !status.is_success() => return Err(told()),
            Self::Json(path) => in_json(path, body)?,
            Self::Header(name) => {
                let value = headers.get(name).ok_or_else(|| format!("no header {name}"))?;
                String::from_utf8_lossy(value.as_bytes()).into_owned()
            }
        };
        Ok(shown(&name))
    }
}

fn in_json(path: &[String], body: &[u8]) -> Result<String, String> {
    let mut value: &Value =
        &serde_json::from_slice(body).map_err(|_| String::from("an answer that is not JSON"))?;
    for name in path {
        let inner = match value {
            Value::Object(object) => object.get(name),
            Value::Array(list) => name.parse().ok().and_then(|index: usize| list.get(index)),
            _ => None,
        };
        value = inner.ok_or_else(|| format!("no {} in the answer", path.join(".")))?;
    }
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(_) | Value::Bool(_) => Ok(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => {
            Err(format!("{} is neither a text nor a number", path.join(".")))
        }
    }
}

/// A name that can be printed: control characters are of no use in one.
fn shown(name: &str) -> String {
    let kept =
        name.chars().filter(|letter| !letter.is_control()).take(MAX_NAME).collect::<String>();
    kept.trim().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(by: &str, status: u16, body: &str) -> Result<String, String> {
        let headers = HeaderMap::from_iter([
            ("x-version".parse().unwrap(), "1.0".parse().unwrap()),
            ("x-odd".parse().unwrap(), "a\tb".parse().unwrap()),
        ]);
        by.parse::<By>().unwrap().version(
            StatusCode::from_u16(status).unwrap(),
            &headers,
            body.as_bytes(),
        )
    }

    #[test]
    fn versions_are_where_they_are_said_to_be() {
        let ok = |text: &str| Ok(text.to_string());
        assert_eq!(version("json:version", 200, r#"{"version": "0.9"}"#), ok("0.9"));
        assert_eq!(version("json:a.1.b", 200, r#"{"a": [0, {"b": 2}]}"#), ok("2"));
        assert_eq!(version("header:X-Version", 204, ""), ok("1.0"));
        assert_eq!(version("header:x-odd", 200, ""), ok("ab"));
        assert_eq!(version("status", 503, ""), ok("503"));
        let long = format!(r#"{{"version": "{}"}}"#, "x".repeat(1_000));
        assert_eq!(version("json:version", 200, &long), ok(&"x".repeat(MAX_NAME)));
    }

    #[test]
    fn what_has_no_version_says_why() {
        let no = |text: &str| Err(text.to_string());
        assert_eq!(version("json:version", 503, r#"{"version": "0.9"}"#), no("status 503"));
        assert_eq!(version("json:version", 200, "<html>"), no("an answer that is not JSON"));
        assert_eq!(version("json:a.b", 200, r#"{"a": 1}"#), no("no a.b in the answer"));
        let told = no("a is neither a text nor a number");
        assert_eq!(version("json:a", 200, r#"{"a": null}"#), told);
        assert_eq!(version("header:server", 200, ""), no("no header server"));
    }

    #[test]
    fn what_is_no_place_is_refused() {
        for (text, error) in [
            ("", ByError::Unknown),
            ("body", ByError::Unknown),
            ("xml:a", ByError::Unknown),
            ("json:", ByError::Path),
            ("json:a..b", ByError::Path),
            ("header:", ByError::Header),
            ("header:a b", ByError::Header),
        ] {
            assert_eq!(text.parse::<By>(), Err(error), "{text}");
        }
    }
}
