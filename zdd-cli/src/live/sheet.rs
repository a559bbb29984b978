//! All apps on one sheet.

use zdd_core::standing::Standing;
use zdd_core::units::Timestamp;
use zdd_core::watch::View;

use super::block::app;
use super::row::{Ids, Row};
use super::screen::Size;
use crate::text::DIM;

/// An app in fewer lines says nothing: a title, how it stands, and a reason.
const LEAST: usize = 3;
/// Beside others, an app of which there is nothing to see has its title, and that it is well.
const QUIET: usize = 2;
/// From this width on there is room for whole ids.
const WIDE: usize = 140;

/// All of them, within the width and the height. When there is not room for all, those that are not as
/// they should be come first, and the others are counted.
pub(crate) fn sheet(views: &[View], now: Timestamp, size: Size) -> Vec<String> {
    let ids = if size.width >= WIDE { Ids::Whole } else { Ids::Short };
    let mut order: Vec<&View> = views.iter().collect();
    let most = (size.height.saturating_sub(1) / LEAST).max(1);
    let left = order.len().saturating_sub(most);
    if left > 0 {
        order.sort_by_key(|view| is_quiet(view));
    }
    let shown = &order[..order.len() - left];
    let is_short = |view: &View| views.len() > 1 && is_quiet(view);
    let n_short = shown.iter().filter(|view| is_short(view)).count();
    let mut n_long = shown.len() - n_short;
    let mut room = size.height.saturating_sub(usize::from(left > 0) + n_short * QUIET);
    let mut lines = Vec::new();
    for view in shown {
        // What one does not need is left to those after it.
        let share = if is_short(view) { QUIET } else { room / n_long };
        let block = app(view, now, size.width, ids, Some(share));
        if !is_short(view) {
            room -= block.len();
            n_long -= 1;
        }
        lines.extend(block);
    }
    if left > 0 {
        let rest = &order[order.len() - left..];
        let quiet = rest.iter().filter(|view| is_quiet(view)).count();
        let text = format!("… and {left} apps more, {quiet} of them as they should be");
        lines.push(Row::new().styled(DIM, text).fit(size.width));
    }
    lines.truncate(size.height);
    lines
}

/// Whether there is nothing to see.
fn is_quiet(view: &View) -> bool {
    view.waiting.is_empty() && view.standing.is_some_and(|standing: Standing| standing.is_settled())
}
