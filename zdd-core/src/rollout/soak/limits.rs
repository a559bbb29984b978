//! How long to watch, and what must not be seen.

use core::fmt;
use core::time::Duration;

use serde::{Deserialize, Serialize};

/// A part of a whole, in millionths. May be more than the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Part(u32);

impl Part {
    /// So many millionths.
    pub const fn of_millionths(millionths: u32) -> Self {
        Self(millionths)
    }

    /// As a real number; 1 is the whole.
    pub fn real(self) -> f64 {
        f64::from(self.0) / 1_000_000.0
    }
}

/// In percent, with as many decimals as it has: `0.5 %`.
impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, mut rest, mut digits) = (self.0 / 10_000, self.0 % 10_000, 4);
        while digits > 0 && rest % 10 == 0 {
            rest /= 10;
            digits -= 1;
        }
        match digits {
            0 => write!(f, "{whole} %"),
            _ => write!(f, "{whole}.{rest:0digits$} %"),
        }
    }
}

/// Until when everything is kept as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(clippy::exhaustive_enums, reason = "time, or somebody")]
pub enum Pause {
    /// So long.
    For(Duration),
    /// Until somebody says to go on.
    Approval,
}

/// What must not be seen of the new version. What is `None` is not looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
#[expect(clippy::exhaustive_structs, reason = "all that can be chosen")]
pub struct Limits {
    /// More than this part of its requests fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub errors: Option<Part>,
    /// The part of its requests that fails is larger than the old version's by more than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub more_errors: Option<Part>,
    /// It takes longer than this to answer, on average.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_time: Option<Duration>,
    /// It takes longer than this part of the old version's time, on average: 1.5 is half as long again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slower: Option<Part>,
    /// Not all of its instances serve for longer than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unhealthy: Option<Duration>,
    /// With fewer requests to the new version than this, nothing is said about errors and times, and the
    /// pause is not over.
    #[serde(skip_serializing_if = "is_none")]
    pub requests: u64,
}

/// A pause, and what is watched in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "all that can be chosen")]
pub struct Soak {
    /// How long.
    pub pause: Pause,
    /// What must not be seen.
    #[serde(default)]
    pub limits: Limits,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants it so")]
const fn is_none(requests: &u64) -> bool {
    *requests == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString as _;

    #[test]
    fn parts_are_shown_in_percent() {
        let texts = [0, 1, 5_000, 10_000, 12_300, 1_500_000].map(|it| Part(it).to_string());
        assert_eq!(texts, ["0 %", "0.0001 %", "0.5 %", "1 %", "1.23 %", "150 %"]);
    }
}
