//! One rollout, from its beginning to its end.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Reverse;
use core::time::Duration;

use super::super::finding::{Fault, Finding};
use super::super::recorder::STILL;
use super::super::report::{Actions, BalancerShare, Holds, Report, Rule, RuleVerdict, Why};
use super::super::wire::{Act, Begin, Decided, Ended, Entry, How};
use super::capacity::Capacity;
use super::look::Look;
use super::weights::Weights;
use crate::ports::Name;
use crate::units::{TaskId, Timestamp};
use crate::verify::{MAX_LISTED, Severity};

/// A silence of so many times [`STILL`] is a gap: a balancer that hangs takes a while, too.
const GAP: u32 = 4;

/// What is known so far.
#[derive(Debug)]
pub(super) struct One {
    pub(super) begin: Begin,
    pub(super) look: Option<Look>,
    pub(super) capacity: Capacity,
    pub(super) weights: Weights,
    /// Since when a task has taken nothing new.
    pub(super) out_since: BTreeMap<TaskId, Timestamp>,
    /// Tasks that were told to stop.
    pub(super) stopped: BTreeSet<TaskId>,
    pub(super) cut_sessions: u64,
    /// Whether a balancer was reloaded whose old workers are not seen.
    pub(super) hides_old_workers: bool,
    /// Rules about which something was decided that was not seen well enough.
    pub(super) blind: BTreeMap<Rule, Why>,
    pub(super) notes: Notes,
    unmatched: BTreeSet<Name>,
    end: Option<Ended>,
    last: Timestamp,
    has_gap: bool,
    actions: Actions,
    waiting: Option<(String, Timestamp)>,
    waited: BTreeMap<String, Duration>,
    looks: u64,
    shares: Vec<BalancerShare>,
}

/// The findings.
#[derive(Debug, Default)]
pub(super) struct Notes {
    listed: Vec<Finding>,
    count: u64,
    /// What broke each rule first.
    broken: BTreeMap<Rule, Fault>,
}

impl Notes {
    pub(super) fn add(&mut self, at: Timestamp, task: Option<TaskId>, fault: Fault) {
        self.count += 1;
        if fault.severity() == Severity::Violation {
            self.broken.entry(fault.rule()).or_insert_with(|| fault.clone());
        }
        // What breaks a rule is listed whatever came before it.
        let is_first = self.broken.get(&fault.rule()) == Some(&fault);
        if self.listed.len() < MAX_LISTED || (is_first && self.listed.len() < 2 * MAX_LISTED) {
            self.listed.push(Finding { at, task, fault });
        }
    }
}

impl One {
    pub(super) fn new(begin: Begin) -> Self {
        Self {
            last: begin.at,
            capacity: Capacity::new(begin.floor),
            begin,
            look: None,
            weights: Weights::default(),
            out_since: BTreeMap::new(),
            stopped: BTreeSet::new(),
            cut_sessions: 0,
            hides_old_workers: false,
            blind: BTreeMap::new(),
            notes: Notes::default(),
            unmatched: BTreeSet::new(),
            end: None,
            has_gap: false,
            actions: Actions::default(),
            waiting: None,
            waited: BTreeMap::new(),
            looks: 0,
            shares: Vec::new(),
        }
    }

    pub(super) const fn begin(&self) -> &Begin {
        &self.begin
    }

    pub(super) const fn has_ended(&self) -> bool {
        self.end.is_some()
    }

    /// A line could not be read.
    pub(super) fn lost(&mut self) {
        self.has_gap = true;
        self.notes.add(self.last, None, Fault::Gap { silence: Duration::ZERO });
    }

    pub(super) fn push(&mut self, entry: Entry) {
        let at = entry.at();
        let silence = at.since(self.last);
        if silence > STILL * GAP {
            self.has_gap = true;
            self.notes.add(self.last, None, Fault::Gap { silence });
        }
        self.last = self.last.max(at);
        match entry {
            Entry::Begin(_) | Entry::Done(_) => {}
            Entry::Seen(seen) => self.seen(Look::of(seen)),
            Entry::Decided(decided) => self.decided(&decided),
            Entry::End(end) => {
                self.wait(at, None);
                if end.outcome == How::Reached {
                    self.reached(at);
                }
                self.end = Some(end);
            }
        }
    }

    fn seen(&mut self, look: Look) {
        self.looks += 1;
        self.hides_old_workers |= look.hides_old_workers;
        if !look.is_blind {
            self.out_since.retain(|id, _| look.tasks.contains_key(id));
            for (id, member) in &look.tasks {
                if look.is_out(member) {
                    self.out_since.entry(id.clone()).or_insert(look.seen.at);
                } else {
                    self.out_since.remove(id);
                }
            }
        }
        self.sees_capacity(&look);
        self.weights.seen(&look, &mut self.notes);
        self.look = Some(look);
    }

    fn decided(&mut self, decided: &Decided) {
        self.wait(decided.at, decided.waiting.as_ref().map(|it| it.code.clone()));
        for action in &decided.actions {
            self.count(action);
            self.judge_order(decided.at, action);
            self.judge_drain(decided.at, action);
            self.note_unmatched(decided.at, action);
            match (action, &self.look) {
                (Act::Set { changes }, Some(look)) => self.weights.set(changes, decided.at, look),
                (Act::Kill { tasks, .. }, _) => self.stopped.extend(tasks.iter().cloned()),
                _ => {}
            }
            self.capacity.taken(action, self.look.as_ref());
        }
    }

    fn count(&mut self, action: &Act) {
        let (count, by) = match action {
            Act::Create { .. } => (&mut self.actions.created, 1),
            Act::Scale { .. } => (&mut self.actions.scaled, 1),
            Act::Set { .. } => (&mut self.actions.set, 1),
            Act::Cut { .. } => (&mut self.actions.cut, 1),
            Act::Kill { tasks, .. } => {
                (&mut self.actions.killed, u32::try_from(tasks.len()).unwrap_or(u32::MAX))
            }
            Act::Delete { .. } => (&mut self.actions.deleted, 1),
        };
        *count = count.saturating_add(by);
    }

    /// Ends what was waited for, and begins to wait for something else.
    fn wait(&mut self, at: Timestamp, code: Option<String>) {
        if let Some((before, since)) = self.waiting.take() {
            *self.waited.entry(before).or_default() += at.since(since);
        }
        self.waiting = code.map(|code| (code, at));
    }

    /// What the last look shows where something is stopped that cannot be told apart.
    fn note_unmatched(&mut self, at: Timestamp, action: &Act) {
        if matches!(action, Act::Kill { .. } | Act::Delete { .. }) {
            self.unmatched(at);
        }
    }

    fn unmatched(&mut self, at: Timestamp) {
        let Some(look) = &self.look else { return };
        let several = look.doubtful.iter().map(|it| (it, true));
        let both = several.chain(look.strange.iter().map(|it| (it, false)));
        for ((nth, server), several) in both {
            if self.unmatched.insert(server.clone()) {
                let balancer = look.seen.balancers[*nth].name.as_str().into();
                let server = server.clone();
                self.notes.add(at, None, Fault::Unmatched { balancer, server, several });
            }
        }
    }

    fn reached(&mut self, at: Timestamp) {
        self.unmatched(at);
        if let Some(look) = &self.look {
            self.shares = self.weights.end(&self.begin, look, at, &mut self.notes);
        }
    }

    /// What there is to say about it. `next` is the beginning that follows where this has no end.
    pub(super) fn finish(mut self, next: Option<&Begin>) -> Report {
        self.settle(None);
        let by = next.filter(|next| {
            next.group == self.begin.group && next.generation > self.begin.generation
        });
        match (&self.end, by) {
            (Some(Ended { at, outcome: How::Lost, .. }), _) => {
                self.notes.add(*at, None, Fault::TakenOver { generation: None });
            }
            (Some(Ended { outcome: How::Reached, .. }), _) => {}
            (Some(Ended { at, outcome, .. }), _) => {
                self.notes.add(*at, None, Fault::NotReached { outcome: *outcome });
            }
            (None, Some(next)) => {
                let generation = Some(next.generation);
                self.notes.add(next.at, None, Fault::TakenOver { generation });
                self.notes.add(self.last, None, Fault::NoEnd);
            }
            (None, None) => self.notes.add(self.last, None, Fault::NoEnd),
        }
        let rules = Rule::ALL.map(|rule| RuleVerdict { rule, why: self.why(rule) });
        let mut findings = self.notes.listed;
        findings.sort_by_key(|it| (Reverse(it.fault.severity()), it.at));
        findings.truncate(MAX_LISTED);
        Report {
            rules,
            findings,
            finding_count: self.notes.count,
            lowest: self.capacity.lowest(),
            begin: self.begin,
            end: self.end,
            last: self.last,
            actions: self.actions,
            cut_sessions: self.cut_sessions,
            shares: self.shares,
            waited: self.waited,
            looks: self.looks,
        }
    }

    fn why(&self, rule: Rule) -> Why {
        if let Some(fault) = self.notes.broken.get(&rule) {
            return Why::Broken(fault.clone());
        }
        if self.has_gap || self.end.is_none() || self.looks == 0 {
            return Why::Gaps;
        }
        if let Some(why) = self.blind.get(&rule) {
            return why.clone();
        }
        let kept = match rule {
            Rule::Capacity => self.capacity.why(),
            Rule::Weights => self.weights.why(&self.begin, self.end.as_ref()),
            Rule::Order | Rule::Drain | Rule::Completeness => Why::Kept,
        };
        debug_assert_ne!(kept.holds(), Holds::Violated, "what breaks a rule is a finding");
        kept
    }
}
