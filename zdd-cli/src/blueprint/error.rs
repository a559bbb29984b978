//! Why a blueprint cannot be used.

use serde_saphyr::Location;

/// What is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {what}")]
pub(crate) struct BlueprintError {
    /// From 1.
    pub(crate) line: u64,
    /// From 1, in characters.
    pub(crate) column: u64,
    pub(crate) what: String,
}

impl BlueprintError {
    pub(crate) fn at(place: Location, what: impl Into<String>) -> Self {
        Self { line: place.line(), column: place.column(), what: what.into() }
    }
}

/// The parser's own words, without the lines of the file that it would print below them.
impl From<serde_saphyr::Error> for BlueprintError {
    fn from(error: serde_saphyr::Error) -> Self {
        let place = error.location().unwrap_or(Location::UNKNOWN);
        let text = error.without_snippet().to_string();
        // It names the place once more, at the end of its first line.
        let line = text.lines().next().unwrap_or_default();
        let what = line.split(" at line ").next().unwrap_or(line);
        Self::at(place, what.trim_start_matches("error: "))
    }
}
