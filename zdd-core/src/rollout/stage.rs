//! How many instances of each side there are to be for now, and next.

use super::decision::Action;
use super::engine::Rollout;
use super::growth::Growth;
use super::target::{Target, Traffic};
use super::view::{Side, View};
use crate::ports::Force;
use crate::units::InstanceCount;

/// How many instances of each side there are to be for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stage {
    old: u32,
    new: u32,
}

impl Stage {
    pub(super) const fn of(self, side: Side) -> u32 {
        match side {
            Side::Old => self.old,
            Side::New => self.new,
        }
    }

    const fn of_mut(&mut self, side: Side) -> &mut u32 {
        match side {
            Side::Old => &mut self.old,
            Side::New => &mut self.new,
        }
    }
}

impl Rollout {
    /// The side that takes over.
    pub(super) const fn ahead(&self) -> Side {
        if self.is_way_back { Side::Old } else { Side::New }
    }

    /// How many instances of each side there are to be before the side that takes over grows further.
    pub(super) fn stage(&self, view: &View<'_>) -> Stage {
        let Target { old, new, .. } = self.target;
        let mut stage = Stage { old, new };
        if self.growth == Growth::Once {
            return stage;
        }
        let (ahead, behind) = (self.ahead(), self.ahead().other());
        let (to, least) = (self.of(ahead), self.of(behind));
        // One that is not there yet begins with what its definition says.
        let begins = self.definition.as_ref().map_or(1, |app| app.instances().get());
        let has = match view.side(ahead).app {
            Some(app) => app.app.instances().get(),
            None => begins,
        };
        let grown = has.clamp(1, to.max(1)).min(to);
        if let Growth::Waves { most } = self.growth {
            let (grown, rest) = self.wave(view, grown, most);
            *stage.of_mut(ahead) = grown;
            *stage.of_mut(behind) = rest;
            return stage;
        }
        // Together they are as many as have to serve.
        let rest = self.capacity().saturating_sub(grown).max(least);
        *stage.of_mut(ahead) = grown;
        *stage.of_mut(behind) = rest.min(view.side(behind).instances()).max(least);
        stage
    }

    /// Of the side that takes over and of the other one, how many there are to be before the next wave:
    /// where there is room for one, nothing goes.
    fn wave(&self, view: &View<'_>, grown: u32, most: u32) -> (u32, u32) {
        let (ahead, behind) = (self.ahead(), self.ahead().other());
        let (has, least) = (view.side(behind).instances(), self.of(behind));
        // marathon-lb takes out only what both together are too many.
        let is_untouched = self.target.traffic == Traffic::Untouched;
        let serve = if is_untouched { self.capacity() } else { self.floor };
        let keep = |grown| serve.saturating_sub(grown).min(has).max(least);
        let room = most.saturating_sub(view.side(behind).occupied());
        let there = view.side(ahead).instances();
        if there < grown && room < grown {
            return (there, keep(there));
        }
        let is_next = grown < self.of(ahead) && room > grown;
        (grown, if is_next { has.max(least) } else { keep(grown) })
    }

    /// How many instances of both sides are to serve.
    fn capacity(&self) -> u32 {
        self.target.old.saturating_add(self.target.new)
    }

    /// The next instances of the side that takes over, when `stopped` of the other one are about to stop.
    pub(super) fn next_stage(&self, view: &View<'_>, stopped: usize) -> Option<Action> {
        let (ahead, behind) = (self.ahead(), self.ahead().other());
        let (app, to) = (view.side(ahead).app?, self.of(ahead));
        let grown = app.app.instances().get();
        if grown >= to {
            return None;
        }
        let stays = self.of(behind) > 0;
        let other = match self.growth {
            Growth::Waves { .. } if stopped == 0 => view.side(behind).occupied(),
            Growth::Waves { .. } => {
                let stopped = stopped.try_into().unwrap_or(u32::MAX);
                view.side(behind).instances().saturating_sub(stopped)
            }
            _ => view.side(behind).instances(),
        };
        let next = self.growth.next(grown, other, to, stays);
        if next <= grown {
            return None;
        }
        let instances = InstanceCount::saturating_from(next.into());
        Some(Action::Scale { app: app.app.id().clone(), instances, force: Force::No })
    }

    /// How many instances of a side there are to be.
    pub(super) const fn of(&self, side: Side) -> u32 {
        match side {
            Side::Old => self.target.old,
            Side::New => self.target.new,
        }
    }
}
