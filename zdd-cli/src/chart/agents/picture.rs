//! The picture of agents.

use std::fmt;

use svg::Document;
use svg::node::Text;
use svg::node::element::{Description, Group, Rectangle, Title};

use super::legend::{LAYERS, legend, textures};
use super::model::{AgentChart, Column, End, Row};
use crate::chart::frame::{GREY, INK, WIDTH, line};
use crate::chart::text::{fitted, label, printable, px, width};

/// What is not as it should be.
const BROKEN: &str = "#d55e00";
const TOP: f64 = 106.0;
const BELOW: f64 = 46.0;
const GAP: f64 = 4.0;
/// Room for names and notes in px.
const NAMES: f64 = 170.0;
const NOTES: f64 = 210.0;

/// Where columns and rows are.
struct Grid {
    left: f64,
    wide: f64,
    high: f64,
    n_columns: usize,
    n_rows: usize,
}

impl Grid {
    fn of(chart: &AgentChart) -> Self {
        let widest = |texts: &mut dyn Iterator<Item = f64>| texts.fold(0.0, f64::max);
        let names = widest(&mut chart.rows.iter().map(|row| width(&row.name, 11))).min(NAMES);
        let notes = widest(&mut chart.rows.iter().map(|row| width(&row.note, 11))).min(NOTES);
        let left = 24.0 + names + 8.0;
        let room = WIDTH - left - notes.max(60.0) - 24.0;
        let (n_columns, n_rows) = (chart.columns.len(), chart.rows.len());
        let high = match n_rows {
            0..=6 => 40.0,
            7..=12 => 28.0,
            _ => 18.0,
        };
        Self { left, wide: room / float(n_columns), high, n_columns, n_rows }
    }

    fn x(&self, column: usize) -> f64 {
        self.left + self.wide * float(column)
    }

    fn y(&self, row: usize) -> f64 {
        TOP + (self.high + GAP) * float(row)
    }

    /// Whether a sign with a number fits into a column. Else there are none: some without the others
    /// would say something else.
    fn has_signs(&self) -> bool {
        self.wide >= 24.0
    }

    fn right(&self) -> f64 {
        self.x(self.n_columns)
    }

    fn bottom(&self) -> f64 {
        self.y(self.n_rows)
    }
}

/// Columns and rows are few.
fn float(n: usize) -> f64 {
    f64::from(u32::try_from(n).unwrap_or(u32::MAX))
}

impl AgentChart {
    /// How high the picture is.
    pub(crate) fn height(&self) -> f64 {
        Grid::of(self).bottom() + BELOW
    }

    /// The picture as an SVG document of its own. The same chart gives the same bytes.
    pub(crate) fn to_svg(&self) -> String {
        format!("{}\n", self.document())
    }

    /// The same, to be put into another one.
    pub(crate) fn document(&self) -> Document {
        let height = self.height();
        Document::new()
            .set("viewBox", (0, 0, WIDTH, height))
            .set("width", WIDTH)
            .set("height", height)
            .set("role", "img")
            .set("font-family", "system-ui, sans-serif")
            .add(Title::new(printable(&self.title)))
            .add(Description::new().add(Text::new(self.description())))
            .add(self.drawn())
    }

    fn drawn(&self) -> Group {
        let grid = Grid::of(self);
        let whole = Rectangle::new()
            .set("width", WIDTH)
            .set("height", px(self.height()))
            .set("fill", "#ffffff");
        let title = fitted(&self.title, 19, WIDTH - 48.0);
        let subtitle = fitted(&self.subtitle, 12, WIDTH - 48.0);
        let mut group = Group::new()
            .add(textures())
            .add(whole)
            .add(label(&title, 24.0, 28.0, 16, "start").set("font-weight", "bold").set("fill", INK))
            .add(label(&subtitle, 24.0, 47.0, 12, "start").set("fill", GREY))
            .add(legend(self, grid.has_signs(), 60.0));
        for (n, row) in self.rows.iter().enumerate() {
            group = group.add(bars(row, n, &grid)).add(words(row, n, &grid));
        }
        group.add(self.steps(&grid)).add(self.ended(&grid)).add(self.axis(&grid))
    }

    /// Where one step of the scene ends and the next one begins.
    fn steps(&self, grid: &Grid) -> Group {
        let mut group = Group::new();
        let last = self.columns.last().map_or(0, |column| column.step);
        let first = self.columns.first().map_or(0, |column| column.step);
        if first == last {
            return group;
        }
        let mut before = None;
        for (n, Column { step, .. }) in self.columns.iter().enumerate().skip(1) {
            if before.replace(*step) == Some(*step) {
                continue;
            }
            let x = grid.x(n);
            let name = format!("step {}", step + 1);
            group = group
                .add(line([x, TOP - 14.0], [x, grid.bottom()]).set("stroke", INK))
                .add(label(&name, x + 3.0, TOP - 6.0, 11, "start").set("fill", INK));
        }
        group
    }

    /// A frame around the last column, and what it is about.
    fn ended(&self, grid: &Grid) -> Group {
        let Some(end) = &self.end else { return Group::new() };
        let (text, colour) = match end {
            End::Done => ("done".to_owned(), GREY),
            End::StandsStill(text) => (format!("✖ {text}"), BROKEN),
        };
        let right = grid.right();
        let text = fitted(&text, 12, WIDTH - 48.0);
        // It ends at the frame, unless it would begin outside of the picture.
        let (x, anchor) =
            if width(&text, 12) < right - 24.0 { (right, "end") } else { (24.0, "start") };
        let words = label(&text, x, TOP - 20.0, 12, anchor).set("fill", colour);
        let mut group = Group::new().add(words.set("font-weight", "bold"));
        if *end != End::Done {
            let x = grid.x(grid.n_columns - 1);
            let frame = Rectangle::new()
                .set("x", px(x - 1.0))
                .set("y", px(TOP - 3.0))
                .set("width", px(right - x + 2.0))
                .set("height", px(grid.bottom() - TOP + 2.0))
                .set("fill", "none")
                .set("stroke", BROKEN)
                .set("stroke-width", 3);
            group = group.add(frame);
        }
        group
    }

    /// How many moves were made.
    fn axis(&self, grid: &Grid) -> Group {
        let mut group = Group::new().set("fill", GREY);
        let mut free = 0.0;
        for (n, column) in self.columns.iter().enumerate() {
            let text = if n == 0 { "before".to_owned() } else { column.moves.to_string() };
            let (x, half) = (grid.x(n) + grid.wide / 2.0, width(&text, 11) / 2.0);
            if x - half >= free {
                free = x + half + 6.0;
                group = group.add(label(&text, x, grid.bottom() + 14.0, 11, "middle"));
            }
        }
        let middle = f64::midpoint(grid.left, grid.right());
        let title = "instances that came or went";
        group.add(label(title, middle, grid.bottom() + 32.0, 11, "middle"))
    }

    /// What the picture shows, for those who cannot see it.
    fn description(&self) -> String {
        let end = match &self.end {
            None => String::new(),
            Some(End::Done) => " It gets to its end.".to_owned(),
            Some(End::StandsStill(text)) => format!(" It stands still: {text}."),
        };
        let rows = self.rows.iter().map(|row| format!(" {}: {}.", row.name, row.note));
        printable(&format!("{}.{end}{}", self.subtitle, rows.collect::<String>()))
    }
}

impl fmt::Display for AgentChart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_svg())
    }
}

/// The bars of an agent: one for each stretch of columns with nothing new.
fn bars(row: &Row, n: usize, grid: &Grid) -> Group {
    let mut group = Group::new();
    let mut from = 0;
    while from < grid.n_columns {
        let held = row.held[from];
        let like = row.held[from..].iter().take_while(|it| **it == held).count();
        let (x, wide) = (grid.x(from), grid.wide * float(like));
        let mut y = grid.y(n) + grid.high;
        for layer in LAYERS {
            let high = grid.high * share((layer.amount)(&held), held.all());
            if high > 0.0 {
                y -= high;
                group = group.add(block([x, y], [wide, high], layer.fill));
            }
        }
        from += like;
    }
    let whole = block([grid.left, grid.y(n)], [grid.right() - grid.left, grid.high], "none");
    group = group.add(whole.set("stroke", "#777777"));
    for column in (0..grid.n_columns).filter(|_| grid.has_signs()) {
        group = signs(row, column, [grid.x(column), grid.y(n)], grid, group);
    }
    group
}

fn block([x, y]: [f64; 2], [wide, high]: [f64; 2], fill: &'static str) -> Rectangle {
    Rectangle::new()
        .set("x", px(x))
        .set("y", px(y))
        .set("width", px(wide))
        .set("height", px(high))
        .set("fill", fill)
}

/// A plus for each that came, a minus for each that went, on a white ground that every layer is
/// darker than.
fn signs(row: &Row, column: usize, [x, y]: [f64; 2], grid: &Grid, group: Group) -> Group {
    let sign = |sign: &str, count: u32| match count {
        0 => String::new(),
        1 => sign.to_owned(),
        more => format!("{sign}{more}"),
    };
    let text = format!("{}{}", sign("+", row.came[column]), sign("−", row.went[column]));
    if text.is_empty() {
        return group;
    }
    let (wide, high) = (width(&text, 12) + 4.0, 13.0);
    let middle = [x + grid.wide / 2.0, y + grid.high / 2.0];
    let ground = block([middle[0] - wide / 2.0, middle[1] - high / 2.0], [wide, high], "#ffffff");
    let sign = label(&text, middle[0], middle[1] + 4.0, 12, "middle").set("font-weight", "bold");
    group.add(ground.set("rx", 3)).add(sign.set("fill", INK))
}

/// Its name on the left, and on the right what is said of it.
fn words(row: &Row, n: usize, grid: &Grid) -> Group {
    let y = grid.y(n) + grid.high / 2.0 + 4.0;
    let name = fitted(&row.name, 11, NAMES);
    let note = fitted(&row.note, 11, WIDTH - grid.right() - 16.0);
    Group::new()
        .add(label(&name, grid.left - 8.0, y, 11, "end").set("fill", INK))
        .add(label(&note, grid.right() + 8.0, y, 11, "start").set("fill", GREY))
}

#[expect(clippy::cast_precision_loss, reason = "a picture has fewer px than f64 has digits")]
fn share(part: u64, all: u64) -> f64 {
    part as f64 / all.max(1) as f64
}
