//! Another definition of one of the apps, pushed in the middle.

use super::engine::Rollout;
use super::view::{Side, View};
use crate::units::AppId;

impl Rollout {
    /// The app whose definition somebody else changed since it was seen first.
    ///
    /// A rollout itself changes nothing of an app but its number of instances, which Marathon notes apart
    /// from changes of the definition. A view from before what was seen already is only late. Marathon before
    /// 1.11 notes a plain restart as if the number of instances had been set: there it is not told.
    pub(super) fn pushed(&mut self, view: &View<'_>) -> Option<AppId> {
        for (side, known) in Side::BOTH.into_iter().zip(&mut self.defined) {
            let Some(app) = view.side(side).app.map(|it| &it.app) else {
                // What is created next is a new beginning.
                *known = None;
                continue;
            };
            let Some(info) = app.version_info() else { continue };
            match *known {
                Some(first) if info.last_config_change_at > first => return Some(app.id().clone()),
                Some(_) => {}
                None => *known = Some(info.last_config_change_at),
            }
        }
        None
    }
}
