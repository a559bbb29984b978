//! What a scale-down looks at, and in which order it kills.

use alloc::collections::BTreeMap;
use alloc::string::String;
use core::cmp::Ordering;

use super::condition::{Condition, Goal};
use crate::app::KillSelection;
use crate::units::{InstanceId, Timestamp};

/// An instance, as far as scaling looks at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Which instance.
    pub id: InstanceId,
    /// What is wanted of it.
    pub goal: Goal,
    /// What Mesos says of it.
    pub condition: Condition,
    /// When its task was staged.
    pub staged_at: Option<Timestamp>,
    /// Since when it has its condition.
    pub since: Option<Timestamp>,
    /// When its task started to run.
    pub started_at: Option<Timestamp>,
    /// What its agent has in the fields that constraints can name: `hostname`, `@region`, `@zone`
    /// and attributes. What the agent does not have is missing.
    pub placement: BTreeMap<String, String>,
}

impl Candidate {
    /// An instance that is wanted and of whose age and place nothing is known.
    pub const fn new(id: InstanceId, condition: Condition) -> Self {
        Self {
            id,
            goal: Goal::Running,
            condition,
            staged_at: None,
            since: None,
            started_at: None,
            placement: BTreeMap::new(),
        }
    }

    /// What its agent has in a field of a constraint. `hostname` and `@hostname` are the same.
    pub(super) fn placed_in(&self, field: &str) -> Option<&str> {
        let field = if field == "@hostname" { "hostname" } else { field };
        self.placement.get(field).map(String::as_str)
    }
}

/// Which of two instances a scale-down kills first: `Less` if it is `a`.
///
/// By condition: unreachable, staging, starting, running, then all others. Within one of these by age:
/// since staging, since starting, or since the start of the task, the youngest or the oldest first as
/// `selection` says. An instance whose start is not known comes first; one that is staging since an
/// unknown time counts as the youngest. Health is not looked at.
///
/// Source: Marathon's `ScalingProposition.sortByConditionAndDate`. Instances that it cannot tell
/// apart it leaves in any order.
pub fn kill_order(selection: KillSelection, a: &Candidate, b: &Candidate) -> Ordering {
    // Of equal rank, `a` and `b` have the same condition or both one of the others.
    let by_age = || match a.condition {
        Condition::Staging => {
            let staged = |of: &Candidate| of.staged_at.unwrap_or(Timestamp::MAX);
            selected(selection, staged(a).cmp(&staged(b)))
        }
        Condition::Starting => unknown_first(selection, a.since, b.since),
        _ => unknown_first(selection, a.started_at, b.started_at),
    };
    rank(a.condition).cmp(&rank(b.condition)).then_with(by_age)
}

/// What comes first goes first.
const fn rank(condition: Condition) -> u8 {
    match condition {
        Condition::Unreachable => 1,
        Condition::Staging => 2,
        Condition::Starting => 3,
        Condition::Running => 4,
        Condition::Scheduled
        | Condition::Provisioned
        | Condition::Killing
        | Condition::UnreachableInactive
        | Condition::Finished
        | Condition::Failed
        | Condition::Error
        | Condition::Killed
        | Condition::Gone
        | Condition::Dropped
        | Condition::Unknown => 5,
    }
}

fn unknown_first(selection: KillSelection, a: Option<Timestamp>, b: Option<Timestamp>) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => selected(selection, a.cmp(&b)),
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}

const fn selected(selection: KillSelection, oldest_first: Ordering) -> Ordering {
    match selection {
        KillSelection::OldestFirst => oldest_first,
        KillSelection::YoungestFirst => oldest_first.reverse(),
    }
}
