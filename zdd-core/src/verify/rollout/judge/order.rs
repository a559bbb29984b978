//! Whether what remains is enough, whenever something is told to stop.

use alloc::collections::BTreeSet;

use super::super::finding::Fault;
use super::super::wire::Act;
use super::look::Look;
use super::one::One;
use crate::rollout::Side;
use crate::units::{AppId, Timestamp};

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
                let mut rest = given_up(look, side, *instances);
                if rest == 0 {
                    return;
                }
                // Which ones, Marathon decides: at worst those that serve.
                let mut out = BTreeSet::new();
                for (id, it) in &look.tasks {
                    if rest > 0 && it.is_serving && Some(it.side) == side {
                        rest -= 1;
                        out.insert(id.clone());
                    }
                }
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
pub(super) fn given_up(look: &Look, side: Option<Side>, to: u32) -> u32 {
    let tasks = look.tasks.values().filter(|it| Some(it.side) == side).count();
    u32::try_from(tasks).unwrap_or(u32::MAX).saturating_sub(to)
}
