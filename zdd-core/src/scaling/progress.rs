//! Which new instances have come far enough to count.

use alloc::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::units::InstanceId;

/// Which checks an app has, as far as they decide when an instance counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Checks {
    /// There is at least one health check.
    pub health: bool,
    /// There is a readiness check.
    pub readiness: bool,
}

/// How far an event brought the instance that it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[must_use]
#[expect(
    clippy::exhaustive_enums,
    reason = "an engine that overlooks one of them kills too much or never ends"
)]
pub enum Reached {
    /// The event is no reason to do anything.
    Nothing,
    /// The instance passed one of its two kinds of checks and waits for the other: time to ask
    /// whether the step is finished, and no more.
    Part,
    /// The instance is healthy and ready because of this event: it counts, and in a replacement an
    /// old instance is killed for it.
    Both,
}

impl Reached {
    /// Whether the instance counts because of this event.
    pub const fn is_both(self) -> bool {
        matches!(self, Self::Both)
    }
}

/// The new instances that are healthy, and those that are ready.
///
/// | checks | healthy by | ready by | counts with |
/// | --- | --- | --- | --- |
/// | none | running | running | that event |
/// | health | health true | health true | that event |
/// | readiness | running | ready true | the latter |
/// | both | health true | ready true | the later one |
///
/// An event that repeats what is known already is no reason for anything: a second `health true`,
/// `running` or `ready true` of an instance that was not [gone](Self::gone) in between answers
/// [`Reached::Nothing`]. After it was gone the instance counts anew, and in a replacement costs
/// another old instance, as in Marathon. Health `false` takes nothing back: once counted, an
/// instance stays counted until it is gone.
///
/// Source: Marathon's `ReadinessBehavior`. It too drops a repeated `health true`, and its readiness
/// checks end with the first ready answer. A repeated `running` it would count again, but it sends
/// itself none for an instance whose condition and goal stay as they are; ignoring it here keeps a
/// doubled line of a recording from costing an instance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    checks: Checks,
    healthy: BTreeSet<InstanceId>,
    ready: BTreeSet<InstanceId>,
}

impl Progress {
    /// Nothing counts yet.
    pub const fn new(checks: Checks) -> Self {
        Self { checks, healthy: BTreeSet::new(), ready: BTreeSet::new() }
    }

    /// Takes in an instance of the new version that is there already when an engine starts.
    ///
    /// It is healthy if there is no health check or its health is recorded as good, and ready if
    /// there is no readiness check; whether it runs is not asked. It costs no old instance.
    pub fn reconcile(&mut self, id: &InstanceId, recorded_healthy: bool) {
        if !self.checks.health || recorded_healthy {
            self.healthy.insert(id.clone());
        }
        if !self.checks.readiness {
            self.ready.insert(id.clone());
        }
    }

    /// The instance runs. With a readiness check, that check begins now.
    pub fn running(&mut self, id: &InstanceId) -> Reached {
        if self.checks.health {
            return Reached::Nothing;
        }
        let is_news = insert(&mut self.healthy, id);
        if self.checks.readiness || !is_news {
            return Reached::Nothing;
        }
        insert(&mut self.ready, id);
        Reached::Both
    }

    /// The instance's health checks gave a new answer.
    pub fn health(&mut self, id: &InstanceId, is_healthy: bool) -> Reached {
        if !self.checks.health || !is_healthy || !insert(&mut self.healthy, id) {
            return Reached::Nothing;
        }
        if !self.checks.readiness {
            insert(&mut self.ready, id);
        }
        self.reached(id)
    }

    /// The instance's readiness check gave an answer.
    pub fn ready(&mut self, id: &InstanceId, is_ready: bool) -> Reached {
        if !self.checks.readiness || !is_ready || !insert(&mut self.ready, id) {
            return Reached::Nothing;
        }
        self.reached(id)
    }

    /// The instance is [gone](super::Condition::is_gone): it no longer counts.
    pub fn gone(&mut self, id: &InstanceId) {
        self.healthy.remove(id);
        self.ready.remove(id);
    }

    /// The checks that decide.
    pub const fn checks(&self) -> Checks {
        self.checks
    }

    /// How many instances are healthy.
    pub fn healthy_len(&self) -> usize {
        self.healthy.len()
    }

    /// How many instances are ready.
    pub fn ready_len(&self) -> usize {
        self.ready.len()
    }

    /// Whether exactly `target` instances are healthy and exactly `target` are ready.
    ///
    /// Equality is Marathon's: with more than that a step never finishes. The two sets need not be
    /// the same instances.
    pub fn both(&self, target: u32) -> bool {
        let is_target = |len: usize| u32::try_from(len) == Ok(target);
        is_target(self.healthy.len()) && is_target(self.ready.len())
    }

    fn reached(&self, id: &InstanceId) -> Reached {
        if self.healthy.contains(id) && self.ready.contains(id) {
            Reached::Both
        } else {
            Reached::Part
        }
    }
}

/// Whether the id was not in the set before. The id is copied only then.
fn insert(set: &mut BTreeSet<InstanceId>, id: &InstanceId) -> bool {
    !set.contains(id) && set.insert(id.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn id(text: &str) -> InstanceId {
        text.parse().unwrap()
    }

    fn progress(health: bool, readiness: bool) -> Progress {
        Progress::new(Checks { health, readiness })
    }

    #[test]
    fn without_checks_running_counts_once() {
        let mut seen = progress(false, false);
        assert_eq!(seen.health(&id("a"), true), Reached::Nothing);
        assert_eq!(seen.ready(&id("a"), true), Reached::Nothing);
        assert_eq!(seen.running(&id("a")), Reached::Both);
        assert_eq!(seen.running(&id("a")), Reached::Nothing);
        assert!(seen.both(1));
    }

    #[test]
    fn with_a_health_check_running_is_not_needed() {
        let mut seen = progress(true, false);
        assert_eq!(seen.running(&id("a")), Reached::Nothing);
        assert_eq!(seen.health(&id("a"), false), Reached::Nothing);
        assert_eq!(seen.health(&id("b"), true), Reached::Both);
        assert_eq!(seen.health(&id("b"), true), Reached::Nothing);
        assert_eq!((seen.healthy_len(), seen.ready_len()), (1, 1));
    }

    #[test]
    fn with_a_readiness_check_the_ready_answer_counts() {
        let mut seen = progress(false, true);
        assert_eq!(seen.running(&id("a")), Reached::Nothing);
        assert_eq!((seen.healthy_len(), seen.ready_len()), (1, 0));
        assert_eq!(seen.ready(&id("a"), false), Reached::Nothing);
        assert_eq!(seen.ready(&id("a"), true), Reached::Both);
        assert_eq!(seen.ready(&id("a"), true), Reached::Nothing);
    }

    #[test]
    fn with_both_checks_the_later_one_counts() {
        let mut seen = progress(true, true);
        assert_eq!(seen.ready(&id("a"), true), Reached::Part);
        assert_eq!(seen.health(&id("a"), true), Reached::Both);
        assert_eq!(seen.health(&id("b"), true), Reached::Part);
        assert!(!seen.both(2) && !seen.both(1));
        assert_eq!(seen.ready(&id("b"), true), Reached::Both);
        assert!(seen.both(2));
    }

    #[test]
    fn an_instance_that_came_back_counts_again_and_an_unhealthy_one_stays_counted() {
        let mut seen = progress(true, false);
        assert!(seen.health(&id("a"), true).is_both());
        assert_eq!(seen.health(&id("a"), false), Reached::Nothing);
        assert!(seen.both(1));
        assert_eq!(seen.health(&id("a"), true), Reached::Nothing);
        seen.gone(&id("a"));
        assert!(seen.both(0));
        assert!(seen.health(&id("a"), true).is_both());
    }

    #[test]
    fn what_is_there_at_the_start_counts_by_its_record() {
        for (health, readiness, recorded, healthy, ready) in [
            (false, false, false, 1, 1),
            (true, false, false, 0, 1),
            (true, false, true, 1, 1),
            (false, true, true, 1, 0),
            (true, true, false, 0, 0),
        ] {
            let mut seen = progress(health, readiness);
            seen.reconcile(&id("a"), recorded);
            assert_eq!((seen.healthy_len(), seen.ready_len()), (healthy, ready));
        }
    }

    proptest! {
        /// Whatever comes in which order: an instance counts at most once between two deaths, and
        /// those that count now are exactly those that counted since they were last gone.
        #[test]
        fn each_life_counts_once(
            health: bool,
            readiness: bool,
            events in prop::collection::vec((0_u8..6, 0_usize..4), 0..80),
        ) {
            let ids = ["a", "b", "c", "d"].map(id);
            let mut seen = progress(health, readiness);
            let mut counted = [false; 4];
            for (kind, n) in events {
                let reached = match kind {
                    0 => seen.running(&ids[n]),
                    1 => seen.health(&ids[n], true),
                    2 => seen.health(&ids[n], false),
                    3 => seen.ready(&ids[n], true),
                    4 => seen.ready(&ids[n], false),
                    _ => {
                        seen.gone(&ids[n]);
                        counted[n] = false;
                        Reached::Nothing
                    }
                };
                if reached.is_both() {
                    prop_assert!(!counted[n]);
                    counted[n] = true;
                }
                let in_both = |n: usize| seen.healthy.contains(&ids[n]) && seen.ready.contains(&ids[n]);
                // An instance without health check whose readiness answer came before it ran is in
                // both sets and yet was never counted: Marathon checks readiness only of what runs.
                if health || !readiness {
                    prop_assert!((0..4).all(|n| in_both(n) == counted[n]));
                }
            }
        }
    }
}
