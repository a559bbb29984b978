//! Whether what remains is enough, whenever something is told to stop.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::cmp::Reverse;

use super::super::finding::Fault;
use super::super::wire::{Act, YOUNGEST_FIRST};
use super::look::{Look, Member};
use super::one::One;
use crate::rollout::Side;
use crate::units::{AppId, TaskId, Timestamp};

impl One {
    pub(super) fn judge_order(&mut self, at: Timestamp, action: &Act) {
        let Some(look) = self.look.as_ref().filter(|look| !look.is_blind) else { return };
        let floor = self.begin.floor;
        let (app, remain) = match action {
            Act::Kill { app, tasks } => (app, look.serving_without(|id, _| tasks.contains(id))),
            Act::Delete { app, .. } => {
                let side = self.side(app);
                (app, look.serving_without(|_, it| Some(it.side) == side))
            }
            Act::Scale { app, instances, .. } => {
                let side = self.side(app);
                let count = given_up(look, side, *instances);
                if count == 0 {
                    return;
                }
                // Which ones, Marathon decides: at worst those that serve.
                let out = first_to_go(look, side, count).unwrap_or_else(|| {
                    let of_side = |it: &(_, &Member)| it.1.is_serving && Some(it.1.side) == side;
                    let serve = look.tasks.iter().filter(of_side).map(|(id, _)| id);
                    serve.take(count).collect()
                });
                (app, look.serving_without(|id, _| out.contains(id)))
            }
            Act::Create { .. } | Act::Set { .. } | Act::Cut { .. } => return,
        };
        // Where there never were enough, nothing is lost but what serves.
        let is_worse = remain < look.serving();
        if remain < floor && (self.capacity.is_reached() || is_worse) {
            let app = app.clone();
            self.notes.add(at, None, Fault::TooFewRemain { app, remain, floor });
        }
        if let Act::Delete { app, .. } = action {
            self.judge_removal(at, app);
        }
    }

    /// The other app has to serve before one is removed, if it is to be there at all.
    fn judge_removal(&mut self, at: Timestamp, app: &AppId) {
        let (Some(look), Some(side)) = (&self.look, self.side(app)) else { return };
        let other = side.other();
        let to = match other {
            Side::Old => self.begin.target.old,
            Side::New => self.begin.target.new,
        };
        let serves = look.tasks.values().any(|it| it.side == other && it.is_serving);
        if to > 0 && !serves {
            let app = app.clone();
            self.notes.add(at, None, Fault::OnlySideRemoved { app });
        }
    }

    pub(super) fn side(&self, app: &AppId) -> Option<Side> {
        if self.begin.new == *app {
            Some(Side::New)
        } else {
            (self.begin.old.as_ref() == Some(app)).then_some(Side::Old)
        }
    }
}

/// How many tasks of a side go if it is scaled to so many.
pub(super) fn given_up(look: &Look, side: Option<Side>, to: u32) -> usize {
    let tasks = look.tasks.values().filter(|it| Some(it.side) == side).count();
    tasks.saturating_sub(usize::try_from(to).unwrap_or(usize::MAX))
}

/// Which tasks of a side go if so many have to, where that is sure: all of them run, so that nothing but
/// their age counts, and the youngest go first. Of those that are as old as each other, those that would be
/// missed most.
///
/// Source: Marathon's `ScalingProposition`, which sorts by condition, and by age within one.
pub(super) fn first_to_go(
    look: &Look,
    side: Option<Side>,
    count: usize,
) -> Option<BTreeSet<&TaskId>> {
    let side = side?;
    let app = look.app(side)?;
    if app.kill_selection.as_deref() != Some(YOUNGEST_FIRST) {
        return None;
    }
    let members = look.tasks.iter().filter(|(_, it)| it.side == side);
    let rank = |(id, it): (_, &Member)| {
        Some((Reverse(it.runs_since?), !it.is_serving, look.is_drained(it), id))
    };
    let mut youngest_first = members.map(rank).collect::<Option<Vec<_>>>()?;
    if u32::try_from(youngest_first.len()) != Ok(app.instances) {
        return None;
    }
    youngest_first.sort_unstable();
    Some(youngest_first.into_iter().take(count).map(|(.., id)| id).collect())
}
