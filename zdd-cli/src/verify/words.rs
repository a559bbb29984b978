//! How a report says things, in text and JSON alike.

use std::fmt::Display;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;
use zdd_core::units::Timestamp;
use zdd_core::verify::Kind;

use crate::schema::millis;

/// A line that could not be used.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(super) struct IssueJson {
    /// Line of the recording, from 1.
    line: u64,
    /// What is wrong with it.
    text: String,
}

impl IssueJson {
    pub(super) fn of(line: u64, what: impl Display) -> Self {
        Self { line, text: what.to_string() }
    }
}

pub(super) fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Restart => "restart",
        Kind::Scale => "scale",
        Kind::Start => "start",
        Kind::Stop => "stop",
        _ => "other",
    }
}

/// The time of day, where the day has been said before: `13:31:39.092`.
pub(super) fn clock(at: Timestamp, said: Timestamp) -> String {
    let (text, said) = (at.to_string(), said.to_string());
    match (text.split_once('T'), said.split_once('T')) {
        (Some((day, time)), Some((same, _))) if day == same => time.trim_end_matches('Z').into(),
        _ => text,
    }
}

/// Seconds with three places below a minute, then minutes and hours: `7.618 s`, `1 min 9.534 s`.
pub(super) fn span(duration: Duration) -> String {
    let ms = millis(duration);
    let (minutes, seconds) = (ms / 60_000, format!("{}.{:03} s", ms / 1000 % 60, ms % 1000));
    match (minutes / 60, minutes % 60) {
        (0, 0) => seconds,
        (0, minutes) => format!("{minutes} min {seconds}"),
        (hours, minutes) => format!("{hours} h {minutes} min {seconds}"),
    }
}
