//! The instances of an app, grouped by their versions.

use std::collections::BTreeMap;

use zdd_core::units::Timestamp;
use zdd_core::watch::{Condition, Seat};

use super::row::{Ids, Row};
use crate::text::{BAD, BOLD, DIM, GOOD, NOTE, Time, plural};

/// As wide as the longest of the conditions that are usual.
const CONDITION: usize = 13;
/// As wide as an address with a port.
const PLACE: usize = 21;

/// All of them in at most `room` lines, if it is limited: those that do not serve are shown first, and
/// the others are counted. Where it is not, each takes two lines that does not fit into the width.
pub(super) fn rows(
    seats: &[Seat],
    now: Timestamp,
    ids: Ids,
    width: usize,
    room: Option<usize>,
) -> Vec<Row> {
    let Some(room) = room else {
        let of_group = |(heading, members): (Row, Vec<usize>)| {
            let members = members.into_iter();
            let rows = members.flat_map(|index| whole_row(&seats[index], now, ids, width));
            [heading].into_iter().chain(rows).collect::<Vec<_>>()
        };
        return groups(seats).into_iter().flat_map(of_group).collect();
    };
    let groups = groups(seats);
    let n_lines = seats.len() + groups.len();
    if room == 0 || seats.is_empty() {
        return Vec::new();
    }
    let shown = if n_lines <= room { seats.len() } else { room.saturating_sub(groups.len() + 1) };
    let mut is_shown = vec![false; seats.len()];
    let unusual = |index: &usize| seats[*index].condition != Condition::Serving;
    let (first, then): (Vec<usize>, Vec<usize>) = (0..seats.len()).partition(unusual);
    first.iter().chain(&then).take(shown).for_each(|index| is_shown[*index] = true);
    let mut rows = Vec::new();
    for (heading, members) in groups {
        rows.push(heading);
        let members = members.into_iter().filter(|index| is_shown[*index]);
        rows.extend(members.map(|index| row(&seats[index], now, ids)));
    }
    let left = seats.iter().zip(&is_shown).filter(|(_, is_shown)| !**is_shown);
    rows.extend(counted(left.map(|(seat, _)| seat)));
    rows.truncate(room);
    rows
}

/// Their headings, and which belong to each. New ones are of one definition, with a version for each time
/// that it was scaled: the first is when it came.
fn groups(seats: &[Seat]) -> Vec<(Row, Vec<usize>)> {
    let mut groups: Vec<(Option<Timestamp>, bool, Vec<usize>)> = Vec::new();
    for (index, seat) in seats.iter().enumerate() {
        let is_of = |(version, is_new, _): &&mut (Option<Timestamp>, bool, Vec<usize>)| {
            *is_new == seat.is_new() && (*is_new || *version == seat.version)
        };
        match groups.iter_mut().find(is_of) {
            Some((version, _, members)) => {
                *version = (*version).into_iter().chain(seat.version).min();
                members.push(index);
            }
            None => groups.push((seat.version, seat.is_new(), vec![index])),
        }
    }
    // New ones first, and within an age the newest.
    groups.sort_by_key(|(version, is_new, _)| (*is_new, *version));
    let heading = |(version, is_new, members): (Option<Timestamp>, bool, Vec<usize>)| {
        let count = plural(u64::try_from(members.len()).unwrap_or(u64::MAX), "instance");
        let age = if is_new { "new" } else { "old" };
        let version = version.map_or("an unknown version".into(), |at| format!("version {at}"));
        (Row::new().text("  ").styled(BOLD, age).text(format!("  {version}, {count}")), members)
    };
    groups.into_iter().rev().map(heading).collect()
}

fn row(seat: &Seat, now: Timestamp, ids: Ids) -> Row {
    let (condition, age) = how(seat, now);
    mark(seat).text(format!(" {}  {condition}", ids.of(&seat.task))).styled(DIM, age)
}

/// Nothing of it cut off.
fn whole_row(seat: &Seat, now: Timestamp, ids: Ids, width: usize) -> Vec<Row> {
    let one = row(seat, now, ids);
    if one.width() <= width {
        return vec![one];
    }
    let (condition, age) = how(seat, now);
    let id = mark(seat).text(format!(" {}", ids.of(&seat.task)));
    vec![id, Row::new().text(format!("      {condition}")).styled(DIM, age)]
}

fn mark(seat: &Seat) -> Row {
    let (style, glyph) = match seat.condition {
        Condition::Serving => (GOOD, '✔'),
        Condition::Starting | Condition::Unchecked => (NOTE, '◌'),
        Condition::NotReady => (NOTE, '◷'),
        Condition::Unhealthy => (BAD, '✖'),
        Condition::Unreachable => (BAD, '⚠'),
        Condition::Stopping => (DIM, '•'),
        _ => (DIM, '?'),
    };
    Row::new().text("    ").styled(style, glyph.to_string())
}

/// Its condition and its place, and how old it is.
fn how(seat: &Seat, now: Timestamp) -> (String, String) {
    let place = match (&seat.host, seat.ports.first()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (Some(host), None) => host.clone(),
        (None, _) => String::new(),
    };
    let age = seat.launched_at.map_or_else(String::new, |at| whole(now, at).to_string());
    let condition = seat.condition.to_string();
    (format!("{condition:<CONDITION$}  {place:<PLACE$}  "), age)
}

/// The ones that are not shown.
fn counted<'s>(seats: impl Iterator<Item = &'s Seat>) -> Option<Row> {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    seats.for_each(|seat| *counts.entry(seat.condition.to_string()).or_default() += 1);
    let all: u64 = counts.values().sum();
    let each: Vec<String> =
        counts.iter().map(|(condition, count)| format!("{count} {condition}")).collect();
    (all > 0).then(|| Row::new().styled(DIM, format!("    … and {all} more: {}", each.join(", "))))
}

/// How long ago something was, in whole seconds.
pub(super) fn whole(now: Timestamp, then: Timestamp) -> Time {
    Time(std::time::Duration::from_secs(now.since(then).as_secs()))
}
