//! What is played.

use std::collections::{BTreeMap, BTreeSet};

use zdd_core::ports::SetState;
use zdd_core::rollout::{Growth, Rollout, Split, Target, Traffic};

use super::super::id;
use super::super::world::{NEW, OLD, app};
use super::state::{Running, Served, State};

/// Where the rollout goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Way {
    Canary,
    Forward,
    Back,
}

/// What is played.
#[derive(Clone, Copy, Debug)]
pub(super) struct Play {
    pub(super) old: u32,
    pub(super) new: u32,
    pub(super) balancers: usize,
    pub(super) growth: Growth,
    pub(super) traffic: Traffic,
    /// How often a task may die, and a balancer forget, each.
    pub(super) troubles: u8,
    /// How often somebody may push another definition of an app.
    pub(super) pushes: u8,
}

impl Play {
    pub(super) fn begin(self) -> State {
        let tasks: BTreeMap<_, _> = (0..self.old)
            .map(|n| (Running { is_new: false, number: u8::try_from(n).unwrap() }, true))
            .collect();
        let served = Served { weight: 1, state: SetState::Ready, is_busy: true };
        let servers: BTreeMap<_, _> = tasks.keys().map(|task| (*task, served)).collect();
        let way =
            if matches!(self.traffic, Traffic::Split(_)) { Way::Canary } else { Way::Forward };
        State {
            way,
            old: Some(self.old),
            new: None,
            tasks,
            balancers: vec![servers; self.balancers],
            quiet: Vec::new(),
            deaths: self.troubles,
            lapses: self.troubles,
            pushes: self.pushes,
            outdated: BTreeSet::new(),
            next: 10,
            is_over: false,
        }
    }

    /// The engine, as it is made anew.
    pub(super) fn engine(self, way: Way) -> Rollout {
        let whole = |split: Split| match self.traffic {
            Traffic::Split(_) => Traffic::Split(split),
            other => other,
        };
        let target = match way {
            Way::Canary => Target { old: self.old, new: 1, traffic: self.traffic },
            Way::Forward => Target { old: 0, new: self.new, traffic: whole(Split::NEW) },
            Way::Back => Target { old: self.old, new: 0, traffic: whole(Split::OLD) },
        };
        let hold = match (way, self.traffic) {
            (Way::Canary, Traffic::Split(_)) => Split::OLD.into(),
            _ => self.traffic,
        };
        let rollout = Rollout::new(Some(id(OLD)), id(NEW), target)
            .with_definition(app(NEW, 1))
            .holding(hold)
            .growing(self.growth)
            .with_floor(self.floor());
        if way == Way::Back { rollout.on_the_way_back() } else { rollout }
    }

    pub(super) fn floor(self) -> u32 {
        self.old.min(self.new)
    }
}
