//! What can be wrong with statistics.

use std::fmt;

/// A place in a CSV text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a line and a column")]
pub struct Place {
    /// Line, from 1. The headings are in the first.
    pub line: u64,
    /// Number of the cell in its line, from 1.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// Why a text is not the statistics of a HAProxy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StatsError {
    /// There is nothing, not even headings.
    #[error("the statistics are empty")]
    Empty,
    /// The first line is not the headings of statistics.
    #[error("no statistics: the first line has no heading `{missing}` but begins with `{found}`")]
    NoHeadings {
        /// The heading that is missed.
        missing: &'static str,
        /// How the line begins.
        found: String,
    },
    /// A cell does not hold what its column has to.
    #[error("{at}: `{heading}` is `{found}`, not {wanted}")]
    Cell {
        /// Where.
        at: Place,
        /// The heading of the column.
        heading: &'static str,
        /// What is in the cell, shortened.
        found: String,
        /// What has to be in it.
        wanted: &'static str,
    },
    /// The text ends within a line: the rest of it was lost on the way.
    #[error("the statistics are cut off in line {line}")]
    Cut {
        /// The line that is not whole.
        line: u64,
    },
    /// A quotation mark that nothing closes: where its cell ends is unknown.
    #[error("a quotation mark in line {line} or before is not closed")]
    Unclosed {
        /// The line in which the last row begins.
        line: u64,
    },
    /// There is more than we are ready to read.
    #[error("the statistics have more than {limit} {what}")]
    TooLarge {
        /// How many are read.
        limit: usize,
        /// Of what.
        what: &'static str,
    },
}

impl StatsError {
    /// What can be done about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Empty | Self::Cut { .. } => Some(
                "ask again; if it stays so, look at the log of HAProxy and of proxies before it"
                    .into(),
            ),
            Self::NoHeadings { .. } => Some(
                "point to the listener with `stats enable`, whose CSV is at /haproxy?stats;csv"
                    .into(),
            ),
            Self::TooLarge { .. } => Some("raise the limit if HAProxy really is that large".into()),
            Self::Cell { .. } | Self::Unclosed { .. } => None,
        }
    }
}
