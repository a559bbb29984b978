//! One call: what is asked of Marathon.

use std::fmt::Write;

use bytes::Bytes;
use reqwest::Method;
use reqwest::header::HeaderValue;
use serde::Serialize;
use zdd_core::ports::Force;

/// What happens when a call is carried out a second time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeat {
    /// It changes nothing.
    Reads,
    /// The second time does nothing; it may answer that there is nothing to do.
    Harmless,
    /// It changes something again.
    Never,
}

/// One call.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) method: Method,
    /// Below the base path, percent-encoded, with its leading slash.
    pub(super) path: String,
    pub(super) query: Vec<(&'static str, &'static str)>,
    pub(super) body: Option<Bytes>,
    pub(super) repeat: Repeat,
    /// The header `Last-Event-ID`.
    pub(super) last_event_id: Option<HeaderValue>,
}

impl Call {
    pub(super) fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path, Repeat::Reads)
    }

    /// A call that changes something and is sent once.
    pub(super) fn change(method: Method, path: impl Into<String>) -> Self {
        Self::new(method, path, Repeat::Never)
    }

    fn new(method: Method, path: impl Into<String>, repeat: Repeat) -> Self {
        Self {
            method,
            path: path.into(),
            query: Vec::new(),
            body: None,
            repeat,
            last_event_id: None,
        }
    }

    pub(super) fn repeated(mut self, repeat: Repeat) -> Self {
        self.repeat = repeat;
        self
    }

    pub(super) fn query(mut self, key: &'static str, value: &'static str) -> Self {
        self.query.push((key, value));
        self
    }

    /// Says whether to force: never left to Marathon's defaults, which differ from call to call.
    pub(super) fn force(self, force: Force) -> Self {
        self.query(
            "force",
            match force {
                Force::No => "false",
                Force::Yes => "true",
            },
        )
    }

    pub(super) fn body(mut self, body: &impl Serialize) -> Result<Self, serde_json::Error> {
        self.body = Some(serde_json::to_vec(body)?.into());
        Ok(self)
    }

    /// Whether it is known to change nothing.
    pub(super) fn reads(&self) -> bool {
        self.repeat == Repeat::Reads
    }
}

/// `text` as one segment of a path.
pub(super) fn segment(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b':' => {
                encoded.push(char::from(byte));
            }
            _ => {
                // Writing to a string cannot fail.
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
    }
    // These two would be resolved away.
    match encoded.as_str() {
        "." => "%2E".into(),
        ".." => "%2E%2E".into(),
        _ => encoded,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_stays_one() {
        assert_eq!(segment("2026-01-01T00:00:00.000Z"), "2026-01-01T00:00:00.000Z");
        assert_eq!(segment("a/../b?c#d e"), "a%2F..%2Fb%3Fc%23d%20e");
        assert_eq!(segment("é"), "%C3%A9");
    }
}
