//! Where instances may be placed.

use alloc::string::String;

use super::cursor::Cursor;
use super::problem::{Fault, Problems};

/// What a constraint asks of an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "Marathon's own list, which no longer grows")]
pub enum Operator {
    /// No two instances have the same value.
    Unique,
    /// All instances have the same value.
    Cluster,
    /// Instances are spread evenly over the values.
    GroupBy,
    /// The value matches a pattern.
    Like,
    /// The value does not match a pattern.
    Unlike,
    /// At most so many instances have the same value.
    MaxPer,
    /// The value is this one.
    Is,
}

impl Operator {
    const WORDS: &str = "UNIQUE, CLUSTER, GROUP_BY, LIKE, UNLIKE, MAX_PER and IS";

    /// Marathon's word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unique => "UNIQUE",
            Self::Cluster => "CLUSTER",
            Self::GroupBy => "GROUP_BY",
            Self::Like => "LIKE",
            Self::Unlike => "UNLIKE",
            Self::MaxPer => "MAX_PER",
            Self::Is => "IS",
        }
    }

    /// Like Marathon, whatever the case of the letters.
    fn from_word(word: &str) -> Option<Self> {
        [
            Self::Unique,
            Self::Cluster,
            Self::GroupBy,
            Self::Like,
            Self::Unlike,
            Self::MaxPer,
            Self::Is,
        ]
        .into_iter()
        .find(|operator| operator.as_str().eq_ignore_ascii_case(word))
    }
}

/// A rule about the agents that an app's instances may run on: `["hostname", "UNIQUE"]`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Constraint {
    /// `hostname`, `@hostname`, `@region`, `@zone`, or an attribute of the agents.
    pub field: String,
    /// What is asked of it.
    pub operator: Operator,
    /// What it is compared with.
    pub value: Option<String>,
}

impl Constraint {
    pub(super) fn read(at: &Cursor<'_>, problems: &mut Problems) -> Option<Self> {
        let elements = at.elements(problems);
        let refused = |fault, problems: &mut Problems| {
            at.fault(Fault::Constraint(fault), problems);
            None
        };
        if !at.value.is_array() {
            return None;
        }
        if !(2..=3).contains(&elements.len()) {
            return refused("a constraint is a field, an operator and sometimes a value", problems);
        }
        let mut field = None;
        let mut operator = None;
        let mut value = None;
        for (n, part) in elements.enumerate() {
            let text = part.text(problems)?;
            match n {
                0 => field = Some(text.into()),
                1 => {
                    let known = Operator::from_word(text);
                    let unknown = || Fault::word(text, Operator::WORDS);
                    operator = Some(part.or_fault(known.ok_or_else(unknown), problems)?);
                }
                _ => value = Some(text.into()),
            }
        }
        let constraint = Self { field: field?, operator: operator?, value };
        match constraint.misuse() {
            Some(fault) => refused(fault, problems),
            None => Some(constraint),
        }
    }

    /// What is wrong with the value, given the operator.
    fn misuse(&self) -> Option<&'static str> {
        let is_whole = |text: &String| text.parse::<u32>().is_ok();
        match (self.operator, &self.value) {
            (Operator::Unique, Some(_)) => Some("UNIQUE takes no value"),
            (Operator::Like, None) => Some("LIKE needs a pattern"),
            (Operator::Unlike, None) => Some("UNLIKE needs a pattern"),
            (Operator::Is, None) => Some("IS needs a value"),
            (Operator::MaxPer, value) if !value.as_ref().is_some_and(is_whole) => {
                Some("MAX_PER needs a whole number, written as a text")
            }
            (Operator::GroupBy, Some(value)) if !is_whole(value) => {
                Some("the value of GROUP_BY is a whole number, written as a text")
            }
            _ => None,
        }
    }
}
