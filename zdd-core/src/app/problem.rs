//! What is wrong with a definition, and where.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::{self, Write};

use serde_json::Value;

use super::place::Place;
use crate::units::{GroupId, PathError, TimestampError};

/// A document that is not a definition. Holds at least one problem.
#[derive(Clone, Debug, PartialEq)]
pub struct ParseError {
    problems: Vec<Problem>,
    left_out: usize,
}

impl ParseError {
    /// The first twenty problems, in the order in which they were found.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// How many more problems there are.
    pub const fn left_out(&self) -> usize {
        self.left_out
    }

    pub(super) fn one(problem: Problem) -> Self {
        Self { problems: alloc::vec![problem], left_out: 0 }
    }

    /// The first problem.
    pub(super) fn into_first(self) -> Problem {
        self.problems.into_iter().next().expect("an error holds at least one problem")
    }

    /// The problems of `found`, placed in `text`.
    pub(super) fn placed(found: Problems, text: &str) -> Self {
        let Problems { mut list, left_out } = found;
        for problem in &mut list {
            problem.place = Some(Place::of_pointer(text, &problem.pointer));
        }
        Self { problems: list, left_out }
    }
}

/// The first problem, and how many more there are.
impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let more = self.problems.len().saturating_sub(1) + self.left_out;
        if let Some(first) = self.problems.first() {
            fmt::Display::fmt(first, f)?;
        }
        match more {
            0 => Ok(()),
            1 => f.write_str(" (and 1 more problem)"),
            _ => write!(f, " (and {more} more problems)"),
        }
    }
}

impl core::error::Error for ParseError {}

/// One thing that is wrong with a definition.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub struct Problem {
    /// Where in the text; none for a value that never was a text.
    pub place: Option<Place>,
    /// JSON pointer (RFC 6901) of the value; empty for the whole document.
    pub pointer: String,
    /// What is wrong.
    #[source]
    pub fault: Fault,
}

/// `12:30: /upgradeStrategy/minimumHealthCapacity: 1.2 is above 1`; without what is not known.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        located(f, self.place, &self.pointer, &self.fault)
    }
}

/// What is wrong, after where it is: `12:30: /instances: …`.
pub(crate) fn located(
    f: &mut fmt::Formatter<'_>,
    place: Option<Place>,
    pointer: &str,
    fault: &dyn fmt::Display,
) -> fmt::Result {
    if let Some(place) = place {
        write!(f, "{place}: ")?;
    }
    for step in pointer.split('/').skip(1) {
        write!(OneLine(f), "/{}", excerpt(step))?;
    }
    if !pointer.is_empty() {
        f.write_str(": ")?;
    }
    write!(OneLine(f), "{fault}")
}

/// Writes control characters escaped: a problem is one line, and harmless to a terminal, whatever
/// stands in the file.
pub(crate) struct OneLine<'a, 'f>(pub(crate) &'a mut fmt::Formatter<'f>);

impl Write for OneLine<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|c| {
            if c.is_control() {
                write!(self.0, "{}", c.escape_default())
            } else {
                self.0.write_char(c)
            }
        })
    }
}

/// What can be wrong with a definition. Texts taken from the input are cut to 60 characters.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// There is no text.
    #[error("the file is empty")]
    Empty,
    /// The bytes are not UTF-8.
    #[error("byte {byte:#04x} is not UTF-8 text")]
    NotUtf8 {
        /// The first byte that does not fit.
        byte: u8,
    },
    /// The text is not JSON, or an object has the same key twice.
    #[error("{0}")]
    Syntax(String),
    /// The JSON is nested deeper than 127 levels.
    #[error("nested deeper than 127 levels")]
    TooDeep,
    /// A value has the wrong type.
    #[error("expected {expected}, found {found}")]
    Type {
        /// What belongs there.
        expected: &'static str,
        /// What stands there.
        found: String,
    },
    /// A number is too small or too large.
    #[error("{found} is {limit}")]
    OutOfRange {
        /// The number.
        found: String,
        /// The limit that it breaks, such as `above 1`.
        limit: &'static str,
    },
    /// A word is none of those that are allowed.
    #[error("`{found}` is none of {allowed}")]
    Word {
        /// The word.
        found: String,
        /// The words that are allowed.
        allowed: &'static str,
    },
    /// A group stands where an app belongs.
    #[error("expected an app, found a group")]
    GroupNotApp,
    /// A required member is missing.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// A constraint has too many parts, or too few for its operator.
    #[error("{0}")]
    Constraint(&'static str),
    /// A text is not a path id.
    #[error(transparent)]
    Id(#[from] PathError),
    /// A text is not a time.
    #[error(transparent)]
    Time(#[from] TimestampError),
    /// An app or a group is not below the group that it is written in.
    #[error("`{id}` is not below the group `{group}` that it is written in")]
    OutOfPlace {
        /// The app or the group.
        id: String,
        /// The group around it.
        group: GroupId,
    },
    /// Two apps or two groups have the same id.
    #[error("`{id}` is given twice, first at {first}")]
    Twice {
        /// The id.
        id: String,
        /// Pointer of the first of the two.
        first: String,
    },
    /// An app has the id of a group.
    #[error("`{id}` is an app and a group; the group is at {group}")]
    AppAndGroup {
        /// The id.
        id: String,
        /// Pointer of the group, or of an app inside it.
        group: String,
    },
}

impl Fault {
    pub(super) fn wrong_type(expected: &'static str, found: &Value) -> Self {
        Self::Type { expected, found: described(found) }
    }

    pub(super) fn out_of_range(found: &Value, limit: &'static str) -> Self {
        Self::OutOfRange { found: excerpt(&found.to_string()), limit }
    }

    pub(super) fn word(found: &str, allowed: &'static str) -> Self {
        Self::Word { found: excerpt(found), allowed }
    }
}

/// Problems as they are found, at most [`Problems::KEPT`] of them.
#[derive(Debug, Default)]
pub(super) struct Problems {
    list: Vec<Problem>,
    left_out: usize,
}

impl Problems {
    /// A person repairs a file from the top; after a screenful of problems the next ones are only
    /// noise. The bound also keeps a hostile file from filling memory, and time, with them.
    pub(super) const KEPT: usize = 20;

    pub(super) fn push(&mut self, pointer: impl FnOnce() -> String, fault: Fault) {
        if self.list.len() == Self::KEPT {
            self.left_out += 1;
        } else {
            self.list.push(Problem { place: None, pointer: pointer(), fault });
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(super) fn into_vec(self) -> Vec<Problem> {
        self.list
    }
}

/// The value as a message names it.
fn described(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => alloc::format!("the number {}", excerpt(&number.to_string())),
        Value::String(text) => alloc::format!("the text \"{}\"", excerpt(text)),
        Value::Array(_) => "a list".into(),
        Value::Object(_) => "an object".into(),
    }
}

/// At most 60 characters of a text of the input.
pub(crate) fn excerpt(text: &str) -> String {
    const MAX: usize = 60;
    match text.char_indices().nth(MAX) {
        Some((end, _)) => alloc::format!("{}…", &text[..end]),
        None => text.into(),
    }
}
