//! Lengths of time on the command line.

use std::str::FromStr;
use std::time::Duration;

use zdd_core::timeline::Assumptions;

/// A length of time, such as `1m30s`, at most [`Assumptions::MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span(Duration);

/// Why a text is not a length of time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SpanError {
    #[error("not a length of time, such as 5s, 500ms or 1m30s")]
    NotASpan,
    #[error("below zero")]
    Negative,
    #[error("longer than a day")]
    TooLong,
}

impl Span {
    /// So many seconds, a day at most.
    pub(crate) fn seconds(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds).min(Assumptions::MAX))
    }

    /// `30m`.
    pub(crate) const THIRTY_MINUTES: Self = Self(Duration::from_secs(1800));
    /// `5s`.
    pub(crate) const FIVE_SECONDS: Self = Self(Duration::from_secs(5));
    /// `5m`.
    pub(crate) const FIVE_MINUTES: Self = Self(Duration::from_secs(300));

    /// The length itself.
    pub(crate) const fn time(self) -> Duration {
        self.0
    }
}

impl FromStr for Span {
    type Err = SpanError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let span: jiff::SignedDuration = text.parse().map_err(|_| SpanError::NotASpan)?;
        let time = Duration::try_from(span).map_err(|_| SpanError::Negative)?;
        if time > Assumptions::MAX { Err(SpanError::TooLong) } else { Ok(Self(time)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_has_a_unit_and_is_at_most_a_day() {
        let span = |text: &str| text.parse::<Span>().map(|Span(time)| time.as_millis());
        assert_eq!(span("5s"), Ok(5000));
        assert_eq!(span("1m30s"), Ok(90_000));
        assert_eq!(span("500ms"), Ok(500));
        assert_eq!(span("5"), Err(SpanError::NotASpan));
        assert_eq!(span("NaN"), Err(SpanError::NotASpan));
        assert_eq!(span("-5s"), Err(SpanError::Negative));
        assert_eq!(span("25h"), Err(SpanError::TooLong));
    }
}
