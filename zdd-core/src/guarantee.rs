//! What can be promised about a replacement.

use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

/// A promise about the replacement of an app's instances. They are in ascending order of strength:
/// each includes the ones before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(
    clippy::exhaustive_enums,
    reason = "a new guarantee must be answered by every check and every verdict"
)]
pub enum Guarantee {
    /// It gets to the end: as many new instances as the definition says, all through their checks,
    /// and no old one.
    Completes,
    /// It also never goes below the floor of healthy nor above the ceiling of running instances.
    Bounds,
    /// It also leaves every old instance alone until the new version carries the floor by itself.
    SideBySide,
}

/// A text that is not the name of a guarantee.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is none of completes, bounds, side-by-side")]
pub struct GuaranteeError(String);

impl Guarantee {
    /// All of them, the weakest first.
    pub const ALL: [Self; 3] = [Self::Completes, Self::Bounds, Self::SideBySide];

    /// The name as it is written in commands and reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Completes => "completes",
            Self::Bounds => "bounds",
            Self::SideBySide => "side-by-side",
        }
    }
}

impl fmt::Display for Guarantee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Guarantee {
    type Err = GuaranteeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|guarantee| guarantee.as_str() == text)
            .ok_or_else(|| GuaranteeError(text.chars().take(40).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn names_round_trip() {
        for guarantee in Guarantee::ALL {
            assert_eq!(guarantee.to_string().parse(), Ok(guarantee));
            assert_eq!(
                serde_json::to_string(&guarantee).unwrap(),
                alloc::format!("\"{guarantee}\"")
            );
        }
        assert_eq!(
            "sidebyside".parse::<Guarantee>().unwrap_err().to_string(),
            "`sidebyside` is none of completes, bounds, side-by-side"
        );
    }
}
