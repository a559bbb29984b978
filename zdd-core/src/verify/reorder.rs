//! Puts events in the order of their moments, as far as a bounded memory can.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;

use super::event::{About, Action, Definition, Event, Plan, Stage, What};
use crate::units::Timestamp;

/// Events that wait for earlier ones. Insertion is from the back: input that is nearly in order
/// costs no search.
#[derive(Clone, Debug, Default)]
pub(super) struct Reorder {
    waiting: VecDeque<Held>,
    /// Buffers of released events, to be used again.
    spare: Vec<String>,
}

/// An event that owns its texts.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) at: Timestamp,
    pub(super) line: u64,
    rank: u8,
    /// App, task and version, one after another.
    text: String,
    app_end: usize,
    task_end: usize,
    pub(super) what: HeldWhat,
}

#[derive(Clone, Debug)]
pub(super) enum HeldWhat {
    Stage(Stage),
    Health(bool),
    Rare(Box<What<'static>>),
}

/// Events that wait at most. Marathon promises no order, but what it sends late is late by
/// moments; a thousand events are the burst of a deployment of hundreds of instances.
const WINDOW: usize = 1024;

impl Reorder {
    /// Takes an event, and gives back the earliest if too many wait.
    pub(super) fn push(&mut self, event: &Event<'_>) -> Option<Held> {
        let text = self.spare.pop().unwrap_or_default();
        let held = Held::new(event, text);
        let key = (held.at, held.rank);
        let mut place = self.waiting.len();
        while place > 0 && (self.waiting[place - 1].at, self.waiting[place - 1].rank) > key {
            place -= 1;
        }
        if place == self.waiting.len() {
            self.waiting.push_back(held);
        } else {
            self.waiting.insert(place, held);
        }
        if self.waiting.len() > WINDOW { self.waiting.pop_front() } else { None }
    }

    /// The moment of the last that waits.
    pub(super) fn latest(&self) -> Option<Timestamp> {
        self.waiting.back().map(|held| held.at)
    }

    /// The earliest that waits.
    pub(super) fn pop(&mut self) -> Option<Held> {
        self.waiting.pop_front()
    }

    /// Takes back an event that was dealt with.
    pub(super) fn recycle(&mut self, held: Held) {
        if self.spare.len() < 2 {
            self.spare.push(held.text);
        }
    }
}

impl Held {
    fn new(event: &Event<'_>, mut text: String) -> Self {
        text.clear();
        let mut ends = (0, 0);
        let mut about = |about: &About<'_>| {
            text.push_str(&about.app);
            ends.0 = text.len();
            text.push_str(&about.task);
            ends.1 = text.len();
            text.push_str(&about.version);
        };
        let what = match &event.what {
            What::Stage(of, stage) => {
                about(of);
                HeldWhat::Stage(*stage)
            }
            What::Health(of, alive) => {
                about(of);
                HeldWhat::Health(*alive)
            }
            what => HeldWhat::Rare(Box::new(owned(what))),
        };
        Self {
            at: event.at,
            line: event.line,
            rank: rank(&event.what),
            text,
            app_end: ends.0,
            task_end: ends.1,
            what,
        }
    }

    pub(super) fn app(&self) -> &str {
        &self.text[..self.app_end]
    }

    pub(super) fn task(&self) -> &str {
        &self.text[self.app_end..self.task_end]
    }

    pub(super) fn version(&self) -> &str {
        &self.text[self.task_end..]
    }
}

/// Of events of one moment, what begins comes before what happens in it, and that before what ends.
fn rank(what: &What<'_>) -> u8 {
    use super::event::Progress::{Begins, Failed, Succeeded};
    match what {
        What::Step { progress: Begins, .. } => 0,
        What::Defined(_) | What::HealthCheckAdded { .. } | What::Snapshot(_) => 1,
        What::Stage(..) | What::Health(..) | What::Other => 2,
        What::Step { progress: Succeeded | Failed, .. } => 3,
        What::Ended { .. } => 4,
    }
}

fn owned(what: &What<'_>) -> What<'static> {
    match what {
        What::Stage(about, stage) => What::Stage(owned_about(about), *stage),
        What::Health(about, alive) => What::Health(owned_about(about), *alive),
        What::Defined(definition) => What::Defined(owned_definition(definition)),
        What::HealthCheckAdded { app } => What::HealthCheckAdded { app: text(app) },
        What::Step { plan, progress, current } => What::Step {
            plan: owned_plan(plan),
            progress: *progress,
            current: owned_actions(current),
        },
        What::Ended { id, success, empty } => {
            What::Ended { id: text(id), success: *success, empty: *empty }
        }
        What::Snapshot(snapshot) => What::Snapshot(snapshot.owned()),
        What::Other => What::Other,
    }
}

fn owned_about(about: &About<'_>) -> About<'static> {
    About { app: text(&about.app), task: text(&about.task), version: text(&about.version) }
}

pub(super) fn owned_plan(plan: &Plan<'_>) -> Plan<'static> {
    Plan {
        id: text(&plan.id),
        version: text(&plan.version),
        steps: plan.steps.iter().map(|step| owned_actions(step)).collect(),
        original: plan.original.iter().map(owned_definition).collect(),
        target: plan.target.iter().map(owned_definition).collect(),
    }
}

pub(super) fn owned_definition(definition: &Definition<'_>) -> Definition<'static> {
    Definition {
        app: text(&definition.app),
        version: text(&definition.version),
        facts: definition.facts,
    }
}

pub(super) fn owned_actions(actions: &[Action<'_>]) -> Vec<Action<'static>> {
    actions.iter().map(|action| Action { app: text(&action.app), kind: action.kind }).collect()
}

pub(super) fn text(text: &str) -> Cow<'static, str> {
    Cow::Owned(text.into())
}
