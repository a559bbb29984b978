//! Another definition of one of the apps, pushed in the middle.

use serde::{Deserialize, Serialize};

use super::engine::Rollout;
use super::observation::Observation;
use super::view::{Side, View};
use crate::app::App;
use crate::units::{AppId, Timestamp};

/// When the definition of each app was changed last, as whoever works on a rollout saw it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "there are two apps")]
pub struct Known {
    /// That of the old app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<Timestamp>,
    /// That of the new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<Timestamp>,
}

impl Known {
    /// What is known before the new app is there.
    pub fn of_old(app: Option<&App>) -> Self {
        Self { old: app.and_then(changed_at), new: None }
    }

    /// Whether nothing is.
    pub const fn is_empty(&self) -> bool {
        self.old.is_none() && self.new.is_none()
    }

    /// Takes over what is seen, if that is newer.
    pub fn note(&mut self, seen: &Observation) {
        for (status, known) in [(&seen.old, &mut self.old), (&seen.new, &mut self.new)] {
            let seen = status.as_ref().and_then(|it| changed_at(&it.app));
            *known = (*known).max(seen);
        }
    }

    const fn of_mut(&mut self, side: Side) -> &mut Option<Timestamp> {
        match side {
            Side::Old => &mut self.old,
            Side::New => &mut self.new,
        }
    }
}

fn changed_at(app: &App) -> Option<Timestamp> {
    app.version_info().map(|info| info.last_config_change_at)
}

impl Rollout {
    /// The app whose definition somebody else changed since it was seen first.
    ///
    /// A rollout itself changes nothing of an app but its number of instances, which Marathon notes apart
    /// from changes of the definition. A view from before what was seen already is only late. Marathon before
    /// 1.11 notes a plain restart as if the number of instances had been set: there it is not told.
    pub(super) fn pushed(&mut self, view: &View<'_>) -> Option<AppId> {
        for side in Side::BOTH {
            let known = self.known.of_mut(side);
            let Some(app) = view.side(side).app.map(|it| &it.app) else {
                // What is created next is a new beginning.
                *known = None;
                continue;
            };
            let Some(changed_at) = changed_at(app) else { continue };
            match *known {
                Some(before) if changed_at > before => return Some(app.id().clone()),
                Some(_) => {}
                None => *known = Some(changed_at),
            }
        }
        None
    }
}
