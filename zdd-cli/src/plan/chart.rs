//! A picture of a timeline: old and new instances over time, against floor and ceiling.

use std::time::Duration;

use zdd_core::timeline::State;

use super::subject::Replacement;

/// What there is at one moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    pub(crate) at: Duration,
    pub(crate) state: State,
}

#[derive(Clone, Debug)]
pub(crate) struct Chart {
    samples: Vec<Sample>,
}
impl Chart {
    pub(super) fn of_plan(_r: &Replacement) -> Self {
        Self { samples: vec![] }
    }
    pub(crate) fn svg(&self) -> String {
        String::new()
    }
}
