//! The moments of a rollout at which something is decided, one line each.

use std::io::{self, Write};

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};
use zdd_core::rollout::forecast::{Event, Forecast, Happening, Row};

use crate::fit::NoRoom;
use crate::plan::table::side;
use crate::rollout::Share;
use crate::text::{DIM, Page, Time, plural, styled};

/// More lines than these are not read.
const MAX_LINES: usize = 60;

/// What is shown as one line: moments at which nothing is done go with the next one.
struct Line<'f> {
    row: &'f Row,
    events: Vec<Event>,
}

pub(super) fn write(
    forecast: &Forecast,
    no_room: Option<NoRoom>,
    all_steps: bool,
    page: Page,
    out: &mut (impl Write + ?Sized),
) -> io::Result<()> {
    let lines = lines(&forecast.rows, all_steps);
    let marked = no_room.and_then(|it| {
        let at = lines.iter().position(|line| it.is_passed(line.row.state.new))?;
        Some((at, it.mark))
    });
    let n_hidden = if all_steps { 0 } else { lines.len().saturating_sub(MAX_LINES) };
    let mut table = Table::new();
    let width = u16::try_from(page.width).unwrap_or(u16::MAX);
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width)
        .set_header(["at", "what happens", "old", "new", "serving", "share"]);
    let cut = MAX_LINES / 2;
    for (n, line) in lines.iter().enumerate() {
        if n_hidden > 0 && n == cut {
            let text = format!("… {} like these", plural(n_hidden as u64, "moment"));
            table.add_row(vec![Cell::new(""), Cell::new(text)]);
        }
        if n_hidden == 0 || n < cut || n >= cut + n_hidden {
            let mark = marked.filter(|(at, _)| *at == n).map(|(_, mark)| mark);
            table.add_row(cells(line, n == 0, mark));
        }
    }
    writeln!(out, "{}", table.trim_fmt())?;
    let n_left = forecast.rows.len().saturating_sub(lines.len() - n_hidden);
    if n_left > 0 {
        let text =
            format!("{} in between: --all-steps shows them", plural(n_left as u64, "moment"));
        writeln!(out, "{}", styled(DIM, text))?;
    }
    Ok(())
}

/// What the marks mean.
pub(super) fn legend(out: &mut (impl Write + ?Sized)) -> io::Result<()> {
    for text in
        ["… starting  ? in its checks  × stopping", "share: of the traffic, for the new version"]
    {
        writeln!(out, "{}", styled(DIM, text))?;
    }
    Ok(())
}

fn lines(rows: &[Row], all_steps: bool) -> Vec<Line<'_>> {
    let mut lines: Vec<Line<'_>> = Vec::new();
    let mut events: Vec<Event> = Vec::new();
    for (n, row) in rows.iter().enumerate() {
        events.extend(&row.events);
        let is_edge = n == 0 || n + 1 == rows.len();
        if is_edge || all_steps || !row.deeds.is_empty() {
            let mut events = std::mem::take(&mut events);
            if !all_steps {
                // What has become healthy is known to run.
                events.retain(|it| it.what != Happening::Running);
            }
            lines.push(Line { row, events });
        }
    }
    lines
}

fn cells(Line { row, events }: &Line<'_>, is_first: bool, mark: Option<&str>) -> Vec<Cell> {
    let number = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
    let events = events.iter().map(ToString::to_string);
    let texts: Vec<_> = events.chain(row.deeds.iter().map(ToString::to_string)).collect();
    let what = match (is_first, texts.is_empty()) {
        (true, true) => String::from("before"),
        _ => texts.join("; "),
    };
    let what = mark.map_or(what.clone(), |mark| format!("{what}  {mark}"));
    let share = row.share.map_or_else(|| "–".into(), |share| Share(tenths(share)).to_string());
    vec![
        number(Time(row.at).to_string()),
        Cell::new(what),
        Cell::new(side(row.state.old)),
        Cell::new(side(row.state.new)),
        number(row.serving.total().to_string()),
        number(share),
    ]
}

/// A part of 1, to a tenth of a percent: finer is not read in a table.
fn tenths(share: f64) -> f64 {
    (share * 1000.0).round() / 1000.0
}
