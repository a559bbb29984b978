//! A short name for what a plan follows from.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::app::App;
use crate::rollout::labels;

/// A short name for what a plan follows from.
///
/// It is a checksum: 64 bits, FNV-1a. Two different ones were made from different things; that two equal
/// ones were made from the same is very likely unless somebody wants it to be otherwise. It is no
/// protection against malice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest(u64);

/// A text that is no digest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a digest of 16 hexadecimal digits")]
pub struct DigestError;

impl Digest {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;

    /// Of an app, without what is noted in it about when: its version, and when its rollout began.
    pub fn of_app(app: &App) -> Self {
        let mut json = app.as_json().clone();
        json.remove("version");
        json.remove("versionInfo");
        if let Some(Value::Object(labels)) = json.get_mut("labels") {
            labels.remove(labels::STARTED_AT);
        }
        Self::of_json(&Value::Object(json))
    }

    pub(super) fn of_json(value: &Value) -> Self {
        let mut digest = Self(Self::OFFSET);
        digest.add_json(value);
        digest
    }

    /// Adds a value, whatever the order of its fields.
    fn add_json(&mut self, value: &Value) {
        match value {
            Value::Object(fields) => {
                let fields: BTreeMap<_, _> = fields.iter().collect();
                self.add(b"{");
                for (name, value) in fields {
                    self.add(&length(name.len()));
                    self.add(name.as_bytes());
                    self.add_json(value);
                }
                self.add(b"}");
            }
            Value::Array(items) => {
                self.add(b"[");
                for item in items {
                    self.add_json(item);
                }
                self.add(b"]");
            }
            Value::String(text) => {
                self.add(b"\"");
                self.add(&length(text.len()));
                self.add(text.as_bytes());
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {
                self.add(value.to_string().as_bytes());
                self.add(b",");
            }
        }
    }

    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(Self::PRIME);
        }
    }
}

/// Before a text, so that two texts in a row never read as two others.
fn length(of: usize) -> [u8; 8] {
    u64::try_from(of).unwrap_or(u64::MAX).to_le_bytes()
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let is_hex = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let digits = is_hex.then(|| u64::from_str_radix(text, 16).ok()).flatten();
        digits.map(Self).ok_or(DigestError)
    }
}

impl TryFrom<String> for Digest {
    type Error = DigestError;

    fn try_from(text: String) -> Result<Self, DigestError> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_fnv() {
        let mut digest = Digest(Digest::OFFSET);
        digest.add(b"foobar");
        assert_eq!(digest.to_string(), "85944171f73967e8");
        for wrong in ["", "0", "85944171f73967e88", "+5944171f73967e8"] {
            assert_eq!(wrong.parse::<Digest>(), Err(DigestError), "{wrong}");
        }
    }
}
