//! What was seen, and should not have been.

use core::fmt;
use core::time::Duration;

use serde::{Deserialize, Serialize};

use super::limits::Part;

/// So many of so many requests failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "so many of so many")]
pub struct Failed {
    /// How many failed.
    pub errors: u64,
    /// Of how many.
    pub requests: u64,
}

/// A limit that was passed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
#[non_exhaustive]
pub enum Failure {
    /// Too many of its requests failed.
    Errors {
        /// Of the new version.
        new: Failed,
        /// The limit.
        limit: Part,
    },
    /// More of its requests failed than of the old version's.
    MoreErrors {
        /// Of the new version.
        new: Failed,
        /// Of the old version.
        old: Failed,
        /// By how much more they may.
        limit: Part,
    },
    /// It answers too slowly.
    Slow {
        /// The new version's average.
        new: Duration,
        /// The limit.
        limit: Duration,
    },
    /// It answers more slowly than the old version.
    Slower {
        /// The new version's average.
        new: Duration,
        /// The old version's average.
        old: Duration,
        /// Which part of it is the limit.
        limit: Part,
    },
    /// Not all of its instances serve.
    Unhealthy {
        /// How many do.
        have: u32,
        /// How many should.
        need: u32,
        /// For how long that has been so.
        age: Duration,
    },
}

impl Failure {
    /// A word for tools; never changes.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Errors { .. } => "errors",
            Self::MoreErrors { .. } => "more-errors",
            Self::Slow { .. } => "slow",
            Self::Slower { .. } => "slower",
            Self::Unhealthy { .. } => "unhealthy",
        }
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { errors, requests } = *self;
        let millionths = u128::from(errors) * 1_000_000 / u128::from(requests.max(1));
        // With one decimal of a percent, or three where that would say nothing.
        let step = if millionths < 1_000 { 10 } else { 1_000 };
        let part = Part::of_millionths(u32::try_from(millionths / step * step).unwrap_or(u32::MAX));
        write!(f, "{errors} of {requests} requests failed, {part}")
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Errors { new, limit } => {
                write!(f, "new version: {new}; at most {limit} may")
            }
            Self::MoreErrors { new, old, limit } => {
                write!(f, "new version: {new}; old version: {old}; at most {limit} more may")
            }
            Self::Slow { new, limit } => write!(
                f,
                "the new version answers in {} ms; at most {} ms it may",
                new.as_millis(),
                limit.as_millis()
            ),
            Self::Slower { new, old, limit } => write!(
                f,
                "the new version answers in {} ms, the old one in {} ms; at most {limit} of it may be",
                new.as_millis(),
                old.as_millis()
            ),
            Self::Unhealthy { have, need, age } => write!(
                f,
                "{have} of {need} instances of the new version serve, for {} s",
                age.as_secs()
            ),
        }
    }
}
