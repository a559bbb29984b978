//! Which agents a constraint lets an instance go to.

use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};

use regex::{Regex, RegexBuilder};

use super::agents::{Agent, Attribute, three_decimals};
use crate::app::{Constraint, Operator};
use crate::capacity::MarathonVersion;
use crate::units::InstanceCount;

/// How `GROUP_BY` spreads instances.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Grouping {
    /// Marathon up to 1.10: a value that is not used yet is good, and of the used ones those with
    /// the fewest instances, once there are as many values as the constraint says.
    #[default]
    Fewest,
    /// Marathon 1.11: as many values as the constraint says, and of each its share of the app's
    /// instances. Without a number the older rule goes on: the division that this one begins with
    /// would have no divisor.
    Shares,
}

impl Grouping {
    /// How a release of Marathon spreads instances.
    pub fn of(version: MarathonVersion) -> Self {
        if (version.major, version.minor) >= (1, 11) { Self::Shares } else { Self::Fewest }
    }
}

/// Why a constraint cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConstraintError {
    /// The value is not a pattern, or one of a kind that is not understood here: one that looks
    /// ahead or back, or would need much memory.
    #[error("constraint on `{field}`: `{pattern}` is not a pattern that can be used: {cause}")]
    Pattern {
        /// The constraint's field.
        field: String,
        /// The beginning of the pattern.
        pattern: String,
        /// What is wrong with it.
        cause: String,
    },
    /// The operator needs a value that is missing, or another one.
    #[error("constraint on `{field}`: {operator} does not go with this value")]
    Value {
        /// The constraint's field.
        field: String,
        /// Marathon's word for the operator.
        operator: &'static str,
    },
}

/// A constraint, ready to be asked.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    constraint: Constraint,
    test: Test,
}

/// In what way a constraint looks at the instances that have a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Looks {
    /// In none: it is about the agent alone.
    Nowhere,
    /// At the value of the first.
    AtFirst,
    /// At those of the same value, of which there may be so many.
    AtSame(u32),
    /// At all of them, to spread them over at least so many values.
    AtAll(Grouping, u32),
}

#[derive(Clone, Debug)]
enum Test {
    Unique,
    Cluster(Option<String>),
    GroupBy(Grouping, u32),
    Like(Regex),
    Unlike(Regex),
    MaxPer(u32),
    Is(String),
}

impl Rule {
    pub(super) fn new(
        constraint: &Constraint,
        grouping: Grouping,
    ) -> Result<Self, ConstraintError> {
        let wrong = || ConstraintError::Value {
            field: constraint.field.clone(),
            operator: constraint.operator.as_str(),
        };
        let value = constraint.value.as_deref().filter(|value| !value.is_empty());
        let number = |text: &str| text.parse().map_err(|_| wrong());
        let test = match (constraint.operator, value) {
            (Operator::Unique, _) => Test::Unique,
            (Operator::Cluster, value) => Test::Cluster(value.map(String::from)),
            (Operator::GroupBy, value) => Test::GroupBy(grouping, value.map_or(Ok(0), number)?),
            (Operator::MaxPer, Some(value)) => Test::MaxPer(number(value)?),
            (Operator::Like, Some(value)) => Test::Like(pattern(&constraint.field, value)?),
            (Operator::Unlike, Some(value)) => Test::Unlike(pattern(&constraint.field, value)?),
            (Operator::Is, Some(value)) => Test::Is(value.to_string()),
            (Operator::MaxPer | Operator::Like | Operator::Unlike | Operator::Is, None) => {
                return Err(wrong());
            }
        };
        Ok(Self { constraint: constraint.clone(), test })
    }

    pub(crate) const fn constraint(&self) -> &Constraint {
        &self.constraint
    }

    /// In what way it looks at other instances.
    pub(crate) const fn looks(&self) -> Looks {
        match &self.test {
            Test::Unique => Looks::AtSame(1),
            Test::MaxPer(most) => Looks::AtSame(*most),
            Test::Cluster(None) => Looks::AtFirst,
            Test::GroupBy(grouping, groups) => Looks::AtAll(*grouping, *groups),
            Test::Cluster(Some(_)) | Test::Like(_) | Test::Unlike(_) | Test::Is(_) => {
                Looks::Nowhere
            }
        }
    }

    /// Whether an agent is good enough as long as there is no other instance.
    pub(crate) fn suits(&self, agent: &Agent) -> bool {
        self.accepts(agent, &Tally::default(), InstanceCount::ZERO)
    }

    /// How the instances that count are spread; `counted` has the agent of each of them, in the
    /// order of their age.
    pub(super) fn tally<'a>(&self, counted: impl Iterator<Item = &'a Agent>) -> Tally<'a> {
        let mut tally = Tally::default();
        for value in counted.filter_map(|agent| agent.value_of(&self.constraint.field)) {
            if tally.first.is_none() {
                tally.first = Some(value.clone());
            }
            *tally.counts.entry(value).or_insert(0) += 1;
        }
        tally
    }

    /// Whether one more instance of an app that wants `instances` may go to `agent`.
    pub(super) fn accepts(
        &self,
        agent: &Agent,
        tally: &Tally<'_>,
        instances: InstanceCount,
    ) -> bool {
        let Some(value) = agent.value_of(&self.constraint.field) else {
            return matches!(self.test, Test::Unlike(_));
        };
        let used = tally.counts.get(&value).copied().unwrap_or(0);
        match &self.test {
            Test::Unique => used == 0,
            Test::Cluster(Some(wanted)) => value == wanted.as_str(),
            Test::Cluster(None) => tally.first.as_ref().is_none_or(|first| *first == value),
            Test::GroupBy(Grouping::Shares, groups @ 1..) => {
                tally.leaves_a_share(used, instances.get(), *groups)
            }
            Test::GroupBy(_, groups) => tally.is_fewest(used, *groups),
            Test::Like(pattern) => pattern.is_match(&value),
            Test::Unlike(pattern) => !pattern.is_match(&value),
            Test::MaxPer(most) => used < *most,
            Test::Is(wanted) => value == wanted.as_str() || self.is_number(agent, &value, wanted),
        }
    }

    /// Whether the agent's value is a number, and `wanted` the same one in other words.
    fn is_number(&self, agent: &Agent, value: &str, wanted: &str) -> bool {
        let is_number =
            matches!(agent.attributes.get(&self.constraint.field), Some(Attribute::Number(_)));
        let wanted = wanted.parse().ok().filter(|number: &f64| number.is_finite());
        is_number && wanted.is_some_and(|number| three_decimals(number) == value)
    }
}

/// How many instances have which value of a constraint's field.
#[derive(Debug, Default)]
pub(crate) struct Tally<'a> {
    counts: BTreeMap<Cow<'a, str>, u32>,
    first: Option<Cow<'a, str>>,
}

impl Tally<'_> {
    fn n_values(&self) -> u32 {
        u32::try_from(self.counts.len()).unwrap_or(u32::MAX)
    }

    /// The older rule for a value that `used` instances have.
    fn is_fewest(&self, used: u32, groups: u32) -> bool {
        let fewest = self.counts.values().copied().min().unwrap_or(0);
        used == 0 || (self.n_values() >= groups && used == fewest)
    }

    /// The newer rule for it: each of `groups` values gets its share of the `instances`, and as many
    /// of them as the division leaves over one more.
    fn leaves_a_share(&self, used: u32, instances: u32, groups: u32) -> bool {
        if used == 0 {
            return self.n_values() < groups;
        }
        let (share, left_over) = (instances / groups, instances % groups);
        let n_above = self.counts.values().filter(|count| **count > share).count();
        used < share || (used == share && n_above < left_over as usize)
    }
}

/// A pattern that a whole value has to match, as in Java.
fn pattern(field: &str, text: &str) -> Result<Regex, ConstraintError> {
    let refused = |cause: String| ConstraintError::Pattern {
        field: field.to_string(),
        pattern: text.chars().take(60).collect(),
        cause,
    };
    if text.len() > MAX_PATTERN {
        return Err(refused(format!("longer than {MAX_PATTERN} bytes")));
    }
    // By itself first: in parentheses, `a)(b` would be a pattern.
    compile(text).and_then(|_| compile(&format!(r"\A(?:{text})\z"))).map_err(|error| {
        // The whole error draws the pattern over several lines; its last line says what is wrong.
        let cause = error.to_string();
        let last = cause.lines().last().unwrap_or_default();
        refused(last.trim_start_matches("error: ").chars().take(200).collect())
    })
}

/// Patterns come from whoever may deploy. Their memory is bounded, and so, by the kind of engine, is
/// the time they take.
fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern).size_limit(1 << 18).build()
}

/// Far longer than any list of hosts that someone would write by hand.
const MAX_PATTERN: usize = 4096;

#[cfg(test)]
#[path = "constraints_tests.rs"]
mod tests;
