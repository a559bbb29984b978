//! Rebuilds what happened from the events of a recording.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;
use core::time::Duration;

use super::event::{Action, Event, Facts, Kind, Plan, Progress, What};
use super::fleet::{Fleet, News};
use super::fleets::Fleets;
use super::log::{LogIssues, LogReader, Trouble};
use super::part::Part;
use super::reorder::{Held, HeldWhat, Reorder};
use super::snapshot::Snapshot;
use super::{Expectation, Outcome, Replayed, Report};
use crate::units::{InstanceCount, Timestamp};

/// So many snapshots may wait for an event: one from before a change and one from after it. Memory is
/// bounded, whatever a recording holds.
const MOST_PENDING: usize = 4;

/// Rebuilds the timeline of every deployment in a recording, and judges it.
///
/// Events may be repeated, and be out of order by up to a thousand places; what comes even later is
/// applied to its instance if that has not gone further since, and counted as out of order. The
/// recording may begin and end anywhere. Memory: the living instances, the open deployments, some
/// thousand events and ids, and the reports that were not [taken](Self::take_reports).
///
/// Snapshots ([`recording`](super::recording)) say what no event does: which instances there were at
/// first, definitions, and what became of all of it in a gap.
///
/// An instance is healthy with the first passed health check, or, where the app has none, when it
/// runs. Old instances of which nothing was heard before count as healthy until an event says
/// otherwise.
///
/// ```
/// use zdd_core::guarantee::Guarantee;
/// use zdd_core::verify::Replay;
///
/// let recording = br#"{"eventType":"deployment_info","timestamp":"2020-01-01T00:00:00.000Z","plan":{"id":"d","version":"2020-01-01T00:00:00.000Z","steps":[{"actions":[{"action":"RestartApplication","app":"/a"}]}]},"currentStep":{"actions":[{"action":"RestartApplication","app":"/a"}]}}"#;
/// let replayed = Replay::new().read(recording);
/// assert_eq!(&*replayed.reports[0].app, "/a");
/// // It was not seen to end.
/// assert_eq!(replayed.reports[0].verdict.holds(Guarantee::Completes), Some(false));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Replay {
    window: Reorder,
    /// Snapshots and their moments, by the clock of whoever recorded. They are taken into account with
    /// the next event, because Marathon's clock may be another.
    pending: Vec<(Timestamp, Snapshot<'static>)>,
    world: World,
}

#[derive(Clone, Debug, Default)]
pub(super) struct World {
    now: Option<Timestamp>,
    pub(super) fleets: Fleets,
    /// What the caller said of apps.
    given: BTreeMap<Box<str>, Facts>,
    /// Deployments that go on, and whether a step of them failed.
    pub(super) open: BTreeMap<Box<str>, bool>,
    /// Deployments that ended lately.
    closed: VecDeque<Box<str>>,
    reports: Vec<Report>,
    issues: LogIssues,
    outside: u64,
    stall_after: Option<Duration>,
    keeps_states: bool,
}

impl Replay {
    /// Before the first event.
    pub fn new() -> Self {
        Self::default()
    }

    /// Says what the definition of `app` is, for recordings that do not.
    #[must_use]
    pub fn with_definition(mut self, app: &str, facts: Facts) -> Self {
        self.world.fleets.of(app).has_health_checks = facts.has_health_checks;
        self.world.given.insert(app.into(), facts);
        self
    }

    /// Says from which silence on a [`Fault::Stalled`](super::Fault::Stalled) is reported, if not from
    /// [`Expectation::STALL_AFTER`].
    #[must_use]
    pub fn with_stall_after(mut self, silence: Duration) -> Self {
        self.world.stall_after = Some(silence);
        self
    }

    /// Keeps the states of each deployment for its report.
    #[must_use]
    pub fn with_states(mut self) -> Self {
        self.world.keeps_states = true;
        self
    }

    /// Takes the next event.
    pub fn push(&mut self, event: &Event<'_>) {
        if matches!(event.what, What::Other) {
            return;
        }
        match &event.what {
            // No event came since the last one, so it belongs before all that follow, too: what they
            // tell of may be of the definitions in it.
            What::Snapshot(snapshot)
                if !snapshot.after_gap && (1..MOST_PENDING).contains(&self.pending.len()) =>
            {
                self.pending.push((event.at, snapshot.owned()));
                return;
            }
            _ => self.settle(event.at),
        }
        match &event.what {
            What::Snapshot(snapshot) if self.world.needs(snapshot) => {
                self.flush();
                self.pending.push((event.at, snapshot.owned()));
            }
            // It says nothing new but definitions, and its place is where it stands.
            What::Snapshot(_) => {
                let at = self.window.latest().or(self.world.now).unwrap_or(event.at);
                self.enter(&Event { at, ..event.clone() });
            }
            _ => self.enter(event),
        }
    }

    /// The reports on what has ended so far; they are given out once.
    pub fn take_reports(&mut self) -> Vec<Report> {
        core::mem::take(&mut self.world.reports)
    }

    /// Takes the end of the recording. What goes on then is reported as unfinished. `issues` are
    /// those of the [`LogReader`].
    pub fn finish(mut self, issues: LogIssues) -> Replayed {
        self.flush();
        self.settle(Timestamp::MAX);
        self.world.finish(issues)
    }

    fn enter(&mut self, event: &Event<'_>) {
        if let Some(held) = self.window.push(event) {
            self.world.apply(&held);
            self.window.recycle(held);
        }
    }

    /// Applies all that waits: what comes next comes later.
    fn flush(&mut self) {
        while let Some(held) = self.window.pop() {
            self.world.apply(&held);
        }
    }

    /// Applies the snapshots that wait, between what came before them and what is at the moment `next`.
    fn settle(&mut self, next: Timestamp) {
        let mut pending = core::mem::take(&mut self.pending).into_iter();
        if let Some((at, snapshot)) = pending.next() {
            let at = at.min(next).max(self.world.now.unwrap_or(Timestamp::MIN));
            self.world.list(at, &snapshot);
        }
        // What the others say besides has its own events, which are still to come.
        pending.for_each(|(_, snapshot)| self.world.define(&snapshot));
    }

    /// Takes a whole recording that is in memory.
    pub fn read(mut self, recording: &[u8]) -> Replayed {
        let mut reader = LogReader::new();
        reader.push(recording, &mut |event| self.push(&event));
        let issues = reader.finish(&mut |event| self.push(&event));
        self.finish(issues)
    }
}

/// Ends of deployments come twice at most, and soon; a recording that was written twice over has as
/// many as it has.
const MAX_CLOSED: usize = 1024;

impl World {
    fn apply(&mut self, held: &Held) {
        let late = self.now.is_some_and(|now| held.at < now);
        if late {
            self.issues.note(held.line, Trouble::OutOfOrder);
        } else {
            self.now = Some(held.at);
        }
        let at = held.at;
        let news = News { at, late, task: held.task(), version: held.version() };
        match &held.what {
            HeldWhat::Stage(stage) => self.seen(held.app()).stage(news, *stage),
            HeldWhat::Health(alive) => self.seen(held.app()).health(news, *alive),
            HeldWhat::Rare(what) => match &**what {
                What::Defined(definition) => self.fleets.of(&definition.app).define(definition),
                What::HealthCheckAdded { app } => self.fleets.of(app).has_health_checks = true,
                What::Step { plan, progress: Progress::Begins, .. }
                    if late && self.open.contains_key(&*plan.id) => {}
                What::Step { plan, progress, current } => {
                    self.step(at, plan, *progress, current);
                }
                What::Ended { id, success, empty } => {
                    self.ended(at, id, *success, *empty, held.line);
                }
                What::Snapshot(snapshot) => {
                    for app in &snapshot.apps {
                        self.fleets.of(&app.app).take_definitions(app);
                    }
                }
                What::Stage(..) | What::Health(..) | What::Other => {}
            },
        }
    }

    /// The fleet that an event about an instance is for.
    fn seen(&mut self, app: &str) -> &mut Fleet {
        let fleet = self.fleets.of(app);
        self.outside += u64::from(fleet.parts.is_empty());
        fleet
    }

    pub(super) fn step(
        &mut self,
        at: Timestamp,
        plan: &Plan<'_>,
        progress: Progress,
        current: &[Action<'_>],
    ) {
        if self.closed.iter().any(|id| **id == *plan.id) {
            return;
        }
        match progress {
            Progress::Begins => {
                self.open.entry((*plan.id).into()).or_default();
                if current.is_empty() {
                    // Which step it is, is not said: everything may begin.
                    for action in plan.steps.iter().flatten() {
                        self.begin(at, plan, action);
                    }
                }
                for action in current {
                    self.begin(at, plan, action);
                }
            }
            Progress::Succeeded => {
                let Some(place) = plan.steps.iter().rposition(|step| step == current) else {
                    return;
                };
                let later = &plan.steps[place + 1..];
                for action in current {
                    if !later.iter().flatten().any(|other| other.app == action.app) {
                        self.close(&action.app, &plan.id, at, Outcome::Success);
                    }
                }
            }
            Progress::Failed => {
                if let Some(failed) = self.open.get_mut(&*plan.id) {
                    *failed = true;
                }
            }
        }
    }

    /// An action on an app begins.
    fn begin(&mut self, at: Timestamp, plan: &Plan<'_>, action: &Action<'_>) {
        let target = plan.target.iter().find(|definition| definition.app == action.app);
        let original = plan.original.iter().find(|definition| definition.app == action.app);
        let heavy = !plan.target.is_empty() || !plan.original.is_empty();
        let keeps_states = self.keeps_states;
        let fleet = self.fleets.of(&action.app);
        if let Some(part) = fleet.parts.iter_mut().find(|part| *part.deployment == *plan.id) {
            part.kind = part.kind.max(action.kind);
            return;
        }
        let version = match target {
            Some(target) if !target.version.is_empty() => &target.version,
            _ => &plan.version,
        };
        if let Some(target) = target {
            fleet.has_health_checks = target.facts.has_health_checks;
        }
        let facts = target.map(|target| target.facts).or_else(|| fleet.announced(version));
        let mut part = Part::new(&plan.id, action.kind, version, at, fleet.alive(), keeps_states);
        part.facts = facts;
        part.knows_all_old = fleet.is_listed;
        part.planned_old = match original {
            Some(original) => original.facts.instances.map(InstanceCount::get),
            None => (heavy || action.kind == Kind::Start).then_some(0),
        };
        fleet.begin(part);
    }

    /// A deployment ended.
    fn ended(&mut self, at: Timestamp, id: &str, success: bool, empty: bool, line: u64) {
        if self.closed.iter().any(|closed| **closed == *id) {
            return;
        }
        let Some(&failed) = self.open.get(id) else {
            // Nothing to do, or refused before it began.
            if !empty && success {
                self.issues.note(line, Trouble::EndWithoutBeginning(id.chars().take(60).collect()));
            }
            return;
        };
        let outcome = match (success, failed) {
            (true, _) => Outcome::Success,
            (false, true) => Outcome::Failed,
            (false, false) => Outcome::Cancelled,
        };
        self.over(at, id, outcome);
    }

    /// A deployment is over for all its apps.
    pub(super) fn over(&mut self, at: Timestamp, id: &str, outcome: Outcome) {
        self.open.remove(id);
        for app in self.taking_part(id) {
            self.close(&app, id, at, outcome);
        }
        self.closed.push_back(id.into());
        if self.closed.len() > MAX_CLOSED {
            self.closed.pop_front();
        }
    }

    /// Apps whose part in a deployment goes on.
    pub(super) fn taking_part(&self, id: &str) -> Vec<Box<str>> {
        let takes_part = |fleet: &Fleet| fleet.parts.iter().any(|part| *part.deployment == *id);
        let fleets = self.fleets.iter().filter(|(_, fleet)| takes_part(fleet));
        fleets.map(|(app, _)| app.into()).collect()
    }

    /// Ends the part of an app in a deployment.
    fn close(&mut self, app: &str, id: &str, at: Timestamp, outcome: Outcome) {
        let given = self.given.get(app).copied();
        let fleet = self.fleets.of(app);
        let Some(place) = fleet.parts.iter().position(|part| *part.deployment == *id) else {
            return;
        };
        let part = fleet.parts.remove(place);
        let stall_after = self.stall_after.unwrap_or(Expectation::STALL_AFTER);
        self.reports.push(part.finish(app, at, outcome, given, stall_after));
    }

    fn finish(mut self, mut issues: LogIssues) -> Replayed {
        let at = self.now.unwrap_or_default();
        let open = core::mem::take(&mut self.open);
        for id in open.keys() {
            for app in self.taking_part(id) {
                self.close(&app, id, at, Outcome::Unfinished);
            }
        }
        issues.count += self.issues.count;
        issues.listed.append(&mut self.issues.listed);
        issues.listed.sort_by_key(|issue| issue.line);
        issues.listed.truncate(LogIssues::MAX);
        Replayed { reports: self.reports, issues, outside: self.outside }
    }
}
