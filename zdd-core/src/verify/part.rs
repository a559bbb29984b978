//! One app in one deployment, while it goes on.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::time::Duration;

use super::event::{Facts, Kind};
use super::thinned::Thinned;
use super::{Aim, Change, Expectation, Judge, Observed, OldCount, Outcome, Report, Version};
use crate::timeline::{Side, State};
use crate::units::{InstanceCount, Timestamp};

/// Where an instance is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    Starting,
    Running,
    Healthy,
    Dying,
}

/// More old instances than there can be. With light plans nobody says how many there are; every
/// part begins with this many more, and takes those away in the end that nothing showed.
const IMAGINED: u32 = 1 << 30;

/// One app in one deployment, while it goes on.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) deployment: Box<str>,
    pub(super) kind: Kind,
    /// Version of the new definition.
    pub(super) version: Box<str>,
    /// What the recording says of the new definition.
    pub(super) facts: Option<Facts>,
    /// Instances of the old definition, if a plan said.
    pub(super) planned_old: Option<u32>,
    /// Old instances known when it began.
    known_old: u32,
    /// Whether these are all there were.
    pub(super) knows_all_old: bool,
    /// Old instances that nothing showed before they changed.
    shown_old: u32,
    state: State,
    judge: Judge,
    /// The states so far, where somebody wants to see them.
    states: Option<Thinned>,
}

impl Part {
    /// Begins at the moment `at` with the instances in `alive`: their versions, and where they are.
    pub(super) fn new<'a>(
        deployment: &str,
        kind: Kind,
        version: &str,
        at: Timestamp,
        alive: impl Iterator<Item = (&'a str, Life)>,
        keeps_states: bool,
    ) -> Self {
        let mut state = State::default();
        let mut known_old = 0;
        state.old.healthy = IMAGINED;
        for (of, life) in alive {
            let side = match side(version, of) {
                Version::Old => {
                    known_old += 1;
                    &mut state.old
                }
                Version::New => &mut state.new,
            };
            *stage(side, life) += 1;
        }
        let expected = Expectation {
            aim: Aim::Replace,
            instances: None,
            strategy: None,
            stall_after: Expectation::STALL_AFTER,
        };
        Self {
            deployment: deployment.into(),
            kind,
            version: version.into(),
            facts: None,
            planned_old: None,
            known_old,
            knows_all_old: false,
            shown_old: 0,
            state,
            judge: Judge::new(expected, at, state),
            states: keeps_states.then(|| Thinned::new(at, state)),
        }
    }

    /// Which side an instance made from `version` is on.
    pub(super) fn side(&self, version: &str) -> Version {
        side(&self.version, version)
    }

    /// The instances on the side of `version`.
    fn of(&mut self, version: &str) -> &mut Side {
        match self.side(version) {
            Version::Old => &mut self.state.old,
            Version::New => &mut self.state.new,
        }
    }

    /// An instance that must have been there before shows itself.
    pub(super) fn reveal(&mut self, at: Timestamp, version: &str, task: &str) {
        match self.side(version) {
            // It is one of the imagined ones.
            Version::Old => self.shown_old += 1,
            Version::New => {
                self.change(at, version, task, None, Some(Life::Starting), Change::Launched);
                let (from, to) = (Some(Life::Starting), Some(Life::Healthy));
                self.change(at, version, task, from, to, Change::Healthy);
            }
        }
    }

    /// A snapshot says where an instance is, whatever led there: its version and where it is, before
    /// and now.
    pub(super) fn correct(&mut self, was: Option<(&str, Life)>, is: Option<(&str, Life)>) {
        if let Some((version, life)) = was {
            let count = stage(self.of(version), life);
            *count = count.saturating_sub(1);
        } else if let Some((version, _)) = is
            && self.side(version) == Version::Old
            && !self.knows_all_old
        {
            // It is one of the imagined ones.
            self.shown_old += 1;
            self.state.old.healthy = self.state.old.healthy.saturating_sub(1);
        }
        if let Some((version, life)) = is {
            let count = stage(self.of(version), life);
            *count = count.saturating_add(1);
        }
    }

    /// Of the old instances that a plan spoke of, those are gone that a snapshot does not have.
    pub(super) fn forget_planned(&mut self) {
        if let Some(planned) = self.planned_old.filter(|_| !self.knows_all_old) {
            let gone = planned.saturating_sub(self.known_old.saturating_add(self.shown_old));
            self.shown_old += gone;
            self.state.old.healthy = self.state.old.healthy.saturating_sub(gone);
        }
    }

    /// Nobody saw what happened up to the moment `at`.
    pub(super) fn gap(&mut self, at: Timestamp) {
        self.judge.gap(at, self.state);
        if let Some(states) = &mut self.states {
            states.push(at, self.state);
        }
    }

    /// An instance goes from one stage of its life to another.
    pub(super) fn change(
        &mut self,
        at: Timestamp,
        version: &str,
        task: &str,
        from: Option<Life>,
        to: Option<Life>,
        change: Change,
    ) {
        let side = self.of(version);
        if let Some(from) = from {
            let count = stage(side, from);
            *count = count.saturating_sub(1);
        }
        if let Some(to) = to {
            let count = stage(side, to);
            *count = count.saturating_add(1);
        }
        let version = self.side(version);
        let step = Observed { version, change, count: 1, task: Some(task) };
        self.judge.observe(at, self.state, step);
        if let Some(states) = &mut self.states {
            states.push(at, self.state);
        }
    }

    /// Ends at the moment `at`. `otherwise` is what to believe of the definition where the recording
    /// does not say.
    pub(super) fn finish(
        mut self,
        app: &str,
        at: Timestamp,
        outcome: Outcome,
        otherwise: Option<Facts>,
        stall_after: Duration,
    ) -> Report {
        let facts = self.facts.or(otherwise).unwrap_or_default();
        let seen = self.known_old.saturating_add(self.shown_old);
        let (old, old_from) = match self.planned_old {
            _ if self.knows_all_old => (self.known_old, OldCount::Snapshot),
            Some(planned) if planned >= seen => (planned, OldCount::Plan),
            _ => (seen, OldCount::Seen),
        };
        let imagined = IMAGINED.saturating_sub(old - self.known_old);
        self.judge.imagined_old(imagined);
        let states = self.states.map_or_else(Vec::new, |states| states.without_old(imagined));
        let (aim, instances) = match self.kind {
            Kind::Restart => (Aim::Replace, facts.instances),
            Kind::Stop => (Aim::Scale, Some(InstanceCount::ZERO)),
            // Without the old number, what is there in the end cannot be counted either.
            Kind::Scale | Kind::Start | Kind::Other => {
                (Aim::Scale, facts.instances.filter(|_| old_from != OldCount::Seen))
            }
        };
        let strategy = facts.strategy;
        self.judge.expect(Expectation { aim, instances, strategy, stall_after });
        let alive = InstanceCount::saturating_from(self.state.new.alive());
        Report {
            deployment: self.deployment,
            app: app.into(),
            kind: self.kind,
            outcome,
            old,
            old_from,
            new: facts.instances.unwrap_or(alive).get(),
            facts,
            verdict: self.judge.finish(at, outcome),
            states,
        }
    }
}

/// Versions are moments of one length, so their texts have the order of time. What is newer than
/// the plan's definition is not what the deployment has to remove.
fn side(newest: &str, version: &str) -> Version {
    if version < newest { Version::Old } else { Version::New }
}

fn stage(side: &mut Side, life: Life) -> &mut u32 {
    match life {
        Life::Starting => &mut side.starting,
        Life::Running => &mut side.running,
        Life::Healthy => &mut side.healthy,
        Life::Dying => &mut side.dying,
    }
}
