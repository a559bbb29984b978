//! Why a definition is refused.

use zdd_core::app::{Fault, Problem};
use zdd_core::ports::InvalidDetail;

/// What is wrong with a definition, each problem with its place.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Invalid {
    /// Values have the wrong type, or are missing.
    Shape(Vec<InvalidDetail>),
    /// Marathon's rules do not hold.
    Rules(Vec<InvalidDetail>),
}

impl Invalid {
    /// One broken rule.
    pub(crate) fn rule(path: impl Into<String>, error: impl Into<String>) -> Self {
        Self::Rules(vec![detail(path, error)])
    }

    /// One value of the wrong type.
    pub(crate) fn shape(path: impl Into<String>, error: impl Into<String>) -> Self {
        Self::Shape(vec![detail(path, error)])
    }

    /// The same inside of another value.
    pub(crate) fn below(self, prefix: &str) -> Self {
        let placed = |details: Vec<InvalidDetail>| {
            let place = |mut one: InvalidDetail| {
                one.path = format!("{prefix}{}", one.path);
                one
            };
            details.into_iter().map(place).collect()
        };
        match self {
            Self::Shape(details) => Self::Shape(placed(details)),
            Self::Rules(details) => Self::Rules(placed(details)),
        }
    }
}

/// The reader's problems. Those of the shape alone are told, if there are any, as Marathon does: its
/// rules are asked of what could be read.
impl From<Vec<Problem>> for Invalid {
    fn from(problems: Vec<Problem>) -> Self {
        let is_shape = |one: &&Problem| matches!(one.fault, Fault::Type { .. } | Fault::Missing(_));
        let shape: Vec<_> = problems.iter().filter(is_shape).map(placed).collect();
        if shape.is_empty() {
            Self::Rules(problems.iter().map(placed).collect())
        } else {
            Self::Shape(shape)
        }
    }
}

fn placed(problem: &Problem) -> InvalidDetail {
    let member = match &problem.fault {
        Fault::Missing(key) => format!("/{key}"),
        _ => String::new(),
    };
    let path = format!("{}{member}", problem.pointer);
    detail(if path.is_empty() { "/".into() } else { path }, problem.fault.to_string())
}

/// One problem at one place.
pub(super) fn detail(path: impl Into<String>, error: impl Into<String>) -> InvalidDetail {
    InvalidDetail { path: path.into(), errors: vec![error.into()] }
}
