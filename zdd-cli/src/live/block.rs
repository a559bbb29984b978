//! One app: what is intended, what is real, and why the one is not yet the other.

use zdd_core::units::Timestamp;
use zdd_core::watch::{Reason, View, Waiting};

use super::row::{Ids, Row};
use super::seats::{rows, whole};
use crate::text::{BAD, BOLD, DIM, GOOD, NOTE, Page, plural};

/// No reason is longer, where there is little room.
const REASON_LINES: usize = 3;
/// In fewer lines there is room for one reason, and not for what comes next.
const SMALL: usize = 6;
/// More reasons than these are counted, where there is little room.
const REASONS: usize = 3;

/// An app in at most `room` lines, if it is limited; each fits into the width.
pub(crate) fn app(
    view: &View,
    now: Timestamp,
    width: usize,
    ids: Ids,
    room: Option<usize>,
) -> Vec<String> {
    let mut top = vec![title(view, now)];
    top.extend(standing(view));
    let mut bottom = reasons(view, now, width, room);
    if room.is_some_and(|room| room < SMALL) {
        bottom.truncate(1);
    } else {
        top.extend(outlook(view));
    }
    let left = room.map(|room| room.saturating_sub(top.len() + bottom.len()));
    let seats = rows(&view.seats, now, ids, width, left);
    // Where there is room for all, ids are to be copied whole.
    let width = if room.is_some() { width } else { usize::MAX };
    let rows = top.iter().chain(&seats).chain(&bottom);
    let mut lines: Vec<String> = rows.map(|row| row.fit(width)).collect();
    lines.truncate(room.unwrap_or(usize::MAX));
    lines
}

fn title(view: &View, now: Timestamp) -> Row {
    let intent = &view.intent;
    let row = Row::new().styled(BOLD, intent.app.to_string());
    let Some(deployment) = &intent.deployment else {
        let wanted = plural(intent.wanted.get(), "instance");
        let age = intent.version.map_or_else(String::new, |version| {
            format!(" of version {version}, {} old", whole(now, version))
        });
        return row.text(format!(": {wanted}{age}"));
    };
    let doing = match (&intent.action, intent.steps) {
        (Some(action), _) => format!(", {action}"),
        (None, 0) => String::new(),
        (None, _) => ", other apps".into(),
    };
    let step = match intent.steps {
        0 => String::new(),
        steps => format!(": step {} of {steps}{doing}", intent.step),
    };
    row.text(step).styled(DIM, format!("  deployment {deployment}"))
}

fn standing(view: &View) -> Option<Row> {
    let standing = view.standing?;
    let is_troubled = view.waiting.iter().any(|waiting| waiting.reason.is_trouble());
    let (style, glyph) = match (standing.is_settled(), is_troubled, view.intent.is_deployed()) {
        (true, false, _) => (GOOD, '✔'),
        (_, true, _) => (BAD, '⚠'),
        (false, false, true) => (NOTE, '◌'),
        (false, false, false) => (BAD, '✖'),
    };
    Some(Row::new().text("  ").styled(style, format!("{glyph} {standing}")))
}

/// The bounds, and what comes next.
fn outlook(view: &View) -> impl Iterator<Item = Row> {
    let bounds = view.intent.bounds.map(|bounds| {
        format!("  at least {} healthy, at most {} running", bounds.floor, bounds.ceiling)
    });
    let next = view.intent.next.as_ref().map(|next| format!("  next: {next}"));
    bounds.into_iter().chain(next).map(|text| Row::new().styled(DIM, text))
}

fn reasons(view: &View, now: Timestamp, width: usize, room: Option<usize>) -> Vec<Row> {
    let mut rows = Vec::new();
    let (most, lines) = room.map_or((usize::MAX, usize::MAX), |_| (REASONS, REASON_LINES));
    let page = Page { width };
    for (n, waiting) in view.waiting.iter().take(most).enumerate() {
        let is_trouble = waiting.reason.is_trouble() || waiting.reason == Reason::Unknown;
        let (style, glyph) = if is_trouble { (NOTE, '⚠') } else { (DIM, '◷') };
        let text = page.hanging(2, 4, &format!("{glyph} {waiting}{}", times(waiting, now)));
        rows.extend(text.lines().take(lines).map(|line| Row::new().styled(style, line)));
        // What helps against the most serious one is enough to begin with.
        let hint = waiting.reason.hint(&view.intent).filter(|_| n == 0 && is_trouble);
        let text = hint.map_or_else(String::new, |hint| page.hanging(4, 4, &hint));
        rows.extend(text.lines().take(lines).map(|line| Row::new().styled(DIM, line)));
    }
    match view.waiting.len().saturating_sub(most) {
        0 => {}
        more => rows.push(Row::new().styled(DIM, format!("  … and {more} reasons more"))),
    }
    rows
}

/// Since when, and until when.
pub(super) fn times(waiting: &Waiting, now: Timestamp) -> String {
    let since = waiting.since.filter(|since| now.since(*since).as_secs() > 0);
    let since = since.map(|since| format!(", for {}", whole(now, since)));
    let until = waiting.until.filter(|until| until.since(now).as_secs() > 0);
    let until = until.map(|until| format!(", at most {} more", whole(until, now)));
    since.into_iter().chain(until).collect()
}
