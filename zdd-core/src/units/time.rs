//! Moments. The core never asks what time it is; it is told.

use alloc::string::{String, ToString};
use core::fmt;
use core::str::FromStr;
use core::time::Duration;

use serde::{Deserialize, Serialize};

use super::moment::marathons;

/// A moment in milliseconds since 1970-01-01T00:00:00Z, between the years 1 and 9999.
///
/// Text form is Marathon's, `2016-10-13T13:31:39.067Z`: UTC, always three digits of milliseconds.
/// Parsing also takes fewer or more digits (cut to milliseconds).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(try_from = "String", into = "String")]
pub struct Timestamp(i64);

/// A text that is not a moment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a time of the form 2016-10-13T13:31:39.067Z")]
pub struct TimestampError(String);

impl Timestamp {
    /// 1970-01-01T00:00:00.000Z.
    pub const EPOCH: Self = Self(0);
    /// 0001-01-01T00:00:00.000Z.
    pub const MIN: Self = Self(-62_135_596_800_000);
    /// 9999-12-30T22:00:00.000Z, the last moment that `jiff` can write in every time zone.
    pub const MAX: Self = Self(253_402_207_200_000);

    /// The moment `ms` milliseconds after the epoch, clamped to the range.
    pub fn from_millis(ms: i64) -> Self {
        Self(ms.clamp(Self::MIN.0, Self::MAX.0))
    }

    /// Milliseconds since the epoch.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// The moment `by` later, at most [`MAX`](Self::MAX).
    #[must_use]
    pub fn saturating_add(self, by: Duration) -> Self {
        Self::from_millis(self.0.saturating_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX)))
    }

    /// How long after `earlier` this is; zero when it is not after it.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0 - earlier.0).unwrap_or(0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment = jiff::Timestamp::from_millisecond(self.0).map_err(|_| fmt::Error)?;
        write!(f, "{moment:.3}")
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(ms) = marathons(text.as_bytes()) {
            return Ok(Self(ms));
        }
        // The text may be anything; an error need not repeat a megabyte of it.
        let refused = || TimestampError(text.chars().take(40).collect());
        // jiff reads more than Marathon writes: other separators, other offsets.
        if text.as_bytes().get(10) != Some(&b'T') || !text.ends_with('Z') {
            return Err(refused());
        }
        let moment: jiff::Timestamp = text.parse().map_err(|_| refused())?;
        let ms = moment.as_nanosecond().div_euclid(1_000_000);
        i64::try_from(ms)
            .ok()
            .filter(|ms| (Self::MIN.0..=Self::MAX.0).contains(ms))
            .map(Self)
            .ok_or_else(refused)
    }
}

impl TryFrom<String> for Timestamp {
    type Error = TimestampError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Timestamp> for String {
    fn from(moment: Timestamp) -> Self {
        moment.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_and_writes_marathons_form() {
        let text = "2016-10-13T13:31:39.067Z";
        let moment: Timestamp = text.parse().unwrap();
        assert_eq!(moment.as_millis(), 1_476_365_499_067);
        assert_eq!(moment.to_string(), text);
        assert_eq!("2016-10-13T13:31:39Z".parse::<Timestamp>().unwrap().as_millis() % 1000, 0);
        assert_eq!("2016-10-13T13:31:39.5Z".parse::<Timestamp>().unwrap().as_millis() % 1000, 500);
        for bad in [
            "",
            "now",
            "2016-13-01T00:00:00Z",
            "2015-02-29T00:00:00Z",
            "2016-10-13T13:31:39.Z",
            "2016-10-13T13:31:39.067+01:00",
            "2016-10-13 13:31:39.067Z",
            "é016-10-13T13:31:39.067Z",
        ] {
            assert!(bad.parse::<Timestamp>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_ends_of_the_range_have_a_text() {
        assert_eq!(Timestamp::MIN.to_string(), "0001-01-01T00:00:00.000Z");
        assert_eq!(Timestamp::MAX.to_string(), "9999-12-30T22:00:00.000Z");
    }

    proptest! {
        #[test]
        fn text_round_trips(ms in Timestamp::MIN.0..=Timestamp::MAX.0) {
            let moment = Timestamp::from_millis(ms);
            prop_assert_eq!(moment.to_string().parse::<Timestamp>(), Ok(moment));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,40}") {
            let _ = text.parse::<Timestamp>();
        }
    }
}
