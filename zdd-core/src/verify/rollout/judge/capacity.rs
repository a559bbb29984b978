//! Whether enough serve.

use alloc::collections::BTreeSet;

use super::super::finding::Fault;
use super::super::report::{Lowest, Why};
use super::super::wire::{Act, State};
use super::look::{Look, Member};
use super::one::One;
use crate::ports::Name;
use crate::units::{AppId, TaskId, Timestamp};

/// What is known about it so far.
#[derive(Debug)]
pub(super) struct Capacity {
    floor: u32,
    /// Whether as many served as have to, at any look.
    is_reached: bool,
    lowest: Option<Lowest>,
    /// How many served at the last look that was whole.
    before: Option<u32>,
    /// Which did.
    served: BTreeSet<TaskId>,
    /// Servers that the rollout told to take nothing, by a state or by a weight.
    told_state: BTreeSet<Name>,
    told_weight: BTreeSet<Name>,
    /// Tasks, and apps with all of theirs, that it told to stop.
    stopped: BTreeSet<TaskId>,
    shrunk: BTreeSet<AppId>,
    is_unseen: bool,
    /// A look at which too few served, unless the next one shows that more did.
    open: Option<Open>,
}

/// A look that the next one decides about.
#[derive(Debug)]
struct Open {
    at: Timestamp,
    serving: u32,
    taken: u32,
    failed: u32,
    /// Tasks that requests came to, of which Marathon had not said yet whether they are healthy.
    ahead: BTreeSet<TaskId>,
}

impl Capacity {
    pub(super) const fn new(floor: u32) -> Self {
        Self {
            floor,
            is_reached: false,
            lowest: None,
            before: None,
            served: BTreeSet::new(),
            told_state: BTreeSet::new(),
            told_weight: BTreeSet::new(),
            stopped: BTreeSet::new(),
            shrunk: BTreeSet::new(),
            is_unseen: false,
            open: None,
        }
    }

    pub(super) const fn is_reached(&self) -> bool {
        self.is_reached
    }

    pub(super) const fn lowest(&self) -> Option<Lowest> {
        self.lowest
    }

    pub(super) const fn why(&self) -> Why {
        if !self.is_reached {
            Why::FloorNeverReached
        } else if self.is_unseen {
            Why::Unseen
        } else {
            Why::Kept
        }
    }

    /// Takes note of what takes capacity away, or gives it back.
    pub(super) fn taken(&mut self, action: &Act, look: Option<&Look>) {
        match action {
            Act::Set { changes } => {
                for change in changes {
                    let told = |set: &mut BTreeSet<Name>, is_out: bool| {
                        if is_out {
                            set.insert(change.server.clone());
                        } else {
                            set.remove(&change.server);
                        }
                    };
                    if let Some(state) = change.state {
                        told(&mut self.told_state, state != State::Ready);
                    }
                    if let Some(weight) = change.weight {
                        told(&mut self.told_weight, weight == 0);
                    }
                }
            }
            Act::Kill { tasks, .. } => self.stopped.extend(tasks.iter().cloned()),
            Act::Delete { app, .. } => drop(self.shrunk.insert(app.clone())),
            Act::Scale { app, instances, .. } => {
                let has = look.and_then(|look| {
                    let mut apps = look.seen.old.iter().chain(&look.seen.new);
                    apps.find(|it| it.id == *app).map(|it| it.instances)
                });
                if has.is_some_and(|has| *instances < has) {
                    self.shrunk.insert(app.clone());
                } else {
                    self.shrunk.remove(app);
                }
            }
            Act::Create { .. } | Act::Cut { .. } => {}
        }
    }

    /// How many of those that served at the last look the rollout took out, and how many others do
    /// not serve any more.
    fn lost(&self, last: Option<&Look>, look: &Look) -> (u32, u32) {
        let (mut taken, mut failed) = (0, 0);
        for id in &self.served {
            if look.tasks.get(id).is_some_and(|it| it.is_serving) {
                continue;
            }
            let member = last.and_then(|last| Some((last, last.tasks.get(id)?)));
            let is_told = member.is_some_and(|(last, member)| {
                let app = last.app(member.side).map(|app| &app.id);
                app.is_some_and(|app| self.shrunk.contains(app))
                    || last.servers(member).any(|(_, server)| {
                        self.told_state.contains(&server.name)
                            || self.told_weight.contains(&server.name)
                    })
            });
            if is_told || self.stopped.contains(id) {
                taken += 1;
            } else {
                failed += 1;
            }
        }
        (taken, failed)
    }
}

impl One {
    pub(super) fn sees_capacity(&mut self, look: &Look) {
        self.settle(Some(look));
        let capacity = &mut self.capacity;
        if look.is_blind {
            capacity.is_unseen = true;
            return;
        }
        let ids = |is: fn(&Member) -> bool| {
            look.tasks.iter().filter(move |(_, it)| is(it)).map(|(id, _)| id.clone()).collect()
        };
        let (taken, failed) = capacity.lost(self.look.as_ref(), look);
        let (at, serving, ahead) = (look.seen.at, look.serving(), ids(|it| it.is_ahead));
        capacity.served = ids(|it| it.is_serving);
        capacity.open = Some(Open { at, serving, taken, failed, ahead });
        let is_open = capacity.open.as_ref().is_some_and(|it| !it.ahead.is_empty());
        if !is_open {
            self.settle(None);
        }
    }

    /// Judges the look that is open, by what the next one shows, if there is one: what it says is healthy
    /// was so when requests came to it.
    pub(super) fn settle(&mut self, next: Option<&Look>) {
        let capacity = &mut self.capacity;
        let Some(Open { at, mut serving, taken, failed, ahead }) = capacity.open.take() else {
            return;
        };
        let is_healthy = |id: &TaskId| next?.tasks.get(id).map(|it| it.is_healthy);
        for id in ahead.into_iter().filter(|id| is_healthy(id) == Some(true)) {
            serving = serving.saturating_add(1);
            capacity.served.insert(id);
        }
        let floor = capacity.floor;
        capacity.is_reached |= serving >= floor;
        if capacity.is_reached {
            if capacity.lowest.is_none_or(|lowest| serving < lowest.serving) {
                capacity.lowest = Some(Lowest { serving, at });
            }
            // Each time that it gets worse, not each look at which it is bad.
            if serving < floor && capacity.before.is_none_or(|before| serving < before) {
                self.notes.add(at, None, Fault::BelowFloor { serving, floor, taken, failed });
            }
        }
        capacity.before = Some(serving);
    }
}
