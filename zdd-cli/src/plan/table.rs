//! The table of larger apps: one line a step, equal waves once.

use std::io::{self, Write};

use comfy_table::{Cell, CellAlignment, ContentArrangement, Row, Table, presets};
use zdd_core::timeline::{Change, Run, Side, State, Timeline};

use crate::fit::NoRoom;
use crate::text::{DIM, Page, Time, styled};

pub(super) fn write(
    timeline: &Timeline,
    no_room: Option<NoRoom>,
    page: Page,
    out: &mut (impl Write + ?Sized),
) -> io::Result<()> {
    let mut table = Table::new();
    let width = u16::try_from(page.width).unwrap_or(u16::MAX);
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width)
        .set_header(["at", "what happens", "old", "new", "healthy", "running"]);
    table.add_row(row("", "before", timeline.initial()));
    let mut no_room = no_room;
    for run in timeline.runs() {
        let marked = no_room.and_then(|it| Some((passing(run, it)?, it.mark)));
        no_room = no_room.filter(|_| marked.is_none());
        add(run, marked, &mut table);
    }
    writeln!(out, "{}", table.trim_fmt())?;
    let legend = "… starting  ? in its checks  × stopping; the others are healthy";
    writeln!(out, "{}", styled(DIM, legend))
}

/// The step of a run at which more new instances are there than have places.
fn passing(run: &Run, no_room: NoRoom) -> Option<usize> {
    let steps = (0..run.times).flat_map(|time| run.steps_of(time).enumerate());
    let mut passing = steps.filter(|(_, step)| no_room.is_passed(step.state.new));
    passing.next().map(|(at, _)| at)
}

fn add(run: &Run, marked: Option<(usize, &'static str)>, table: &mut Table) {
    // The bar shows what is repeated.
    let bar = if run.times > 1 { "│ " } else { "" };
    for (n, step) in run.steps.iter().enumerate() {
        let mark = marked.filter(|(at, _)| *at == n).map_or("", |(_, mark)| mark);
        let gap = if mark.is_empty() { "" } else { "  " };
        let what = format!("{bar}{}{gap}{mark}", what(step.change));
        table.add_row(row(&Time(step.at).to_string(), &what, step.state));
    }
    if run.times > 1 {
        let text = format!("└ {} times, every {}", run.times, Time(run.every));
        table.add_row(vec![Cell::new(""), Cell::new(text)]);
    }
}

fn row(at: &str, what: &str, state: State) -> Row {
    let number = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
    Row::from(vec![
        number(at.into()),
        Cell::new(what),
        Cell::new(side(state.old)),
        Cell::new(side(state.new)),
        number(state.healthy().to_string()),
        number(state.running().to_string()),
    ])
}

fn what(change: Change) -> String {
    match change {
        Change::Stop { count } => format!("stop {count}"),
        Change::Die { count } => format!("{count} gone"),
        Change::Launch { count } => format!("launch {count}"),
        Change::Run { count } => format!("{count} running"),
        Change::BecomeHealthy { count } => format!("{count} healthy"),
        Change::Exchange { healthy, stopped } => {
            format!("{healthy} healthy, stop {stopped}")
        }
    }
}

/// `4`, or `4 +1…` with one more that starts.
pub(super) fn side(side: Side) -> String {
    let Side { starting, running, healthy, dying } = side;
    let others = [(starting, '…'), (running, '?'), (dying, '×')];
    let others = others.iter().filter(|(count, _)| *count > 0);
    others.fold(healthy.to_string(), |text, (count, mark)| format!("{text} +{count}{mark}"))
}
