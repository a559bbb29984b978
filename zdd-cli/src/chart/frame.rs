//! Where things are: the plot, its scales and its axes.

use std::time::Duration;

use svg::node::element::{Group, Line, Rectangle};

use super::text::{fitted, grouped, label, px, width};
use super::ticks;
use super::{Axis, Chart};

/// Size of a picture in px.
pub(super) const WIDTH: f64 = 800.0;
pub(super) const HEIGHT: f64 = 420.0;
/// Colours of writing, of lesser writing and of the grid.
pub(super) const INK: &str = "#1a1a1a";
pub(super) const GREY: &str = "#555555";
const GRID: &str = "#e4e4e4";

const BOTTOM: f64 = HEIGHT - 44.0;
/// Room before the start, which shows what there was, and after the end, which shows what is left.
const LEAD: f64 = 14.0;
const TAIL: f64 = 26.0;

/// The plot, and how times and counts become places in it.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
    /// Time from the start to the end; never zero.
    span: Duration,
    /// Highest count that there is.
    most: u64,
}

impl Frame {
    /// The plot of `chart` below what takes the picture down to `top` px. `room` is kept free at
    /// its right.
    pub(super) fn new(chart: &Chart, top: f64, room: f64) -> Self {
        let last = chart.points.last().map_or(Duration::ZERO, |point| point.at);
        let span = match chart.end.max(last) {
            Duration::ZERO => Duration::from_secs(1),
            span => span,
        };
        let bounds = [chart.floor, chart.ceiling].into_iter().flatten().map(u64::from);
        let most = bounds.chain(chart.highest_running()).max().unwrap_or(0).max(1);
        let widest =
            ticks::counts(most).iter().map(|count| width(&grouped(*count), 11)).fold(0.0, f64::max);
        Self { left: widest + 24.0, right: WIDTH - room, top, bottom: BOTTOM, span, most }
    }

    /// Where a moment is.
    pub(super) fn x(&self, at: Duration) -> f64 {
        let share = (at.as_secs_f64() / self.span.as_secs_f64()).min(1.0);
        let start = self.left + LEAD;
        start + share * (self.right - TAIL - start)
    }

    /// Where a count is.
    #[expect(clippy::cast_precision_loss, reason = "a picture has fewer px than f64 has digits")]
    pub(super) fn y(&self, count: u64) -> f64 {
        let share = count as f64 / (self.most as f64 * 1.07);
        self.bottom - share * (self.bottom - self.top)
    }

    /// Lines behind the areas.
    pub(super) fn grid(&self) -> Group {
        let plot = Rectangle::new()
            .set("x", px(self.left))
            .set("y", px(self.top))
            .set("width", px(self.right - self.left))
            .set("height", px(self.bottom - self.top))
            .set("fill", "#fafafa");
        ticks::counts(self.most).into_iter().fold(Group::new().add(plot), |group, count| {
            let y = self.y(count);
            group.add(line([self.left, y], [self.right, y]).set("stroke", GRID))
        })
    }

    /// Axes with their ticks and units.
    pub(super) fn axes(&self, axis: Axis) -> Group {
        let mut group = Group::new().set("fill", GREY).set("stroke", "none");
        for count in ticks::counts(self.most) {
            let y = self.y(count) + 4.0;
            group = group.add(label(&grouped(count), self.left - 7.0, y, 11, "end"));
        }
        group = group.add(label("instances", self.left - 7.0, self.top - 6.0, 11, "start"));
        let mut free = 0.0;
        for tick in ticks::times(axis, self.span) {
            let x = self.x(Duration::from_millis(u64::try_from(tick.ms).unwrap_or(u64::MAX)));
            let mark = line([x, self.bottom], [x, self.bottom + 5.0]).set("stroke", GREY);
            group = group.add(mark);
            let half = width(&tick.text, 11) / 2.0;
            if x - half >= free && x + half <= WIDTH {
                free = x + half + 6.0;
                group = group.add(label(&tick.text, x, self.bottom + 17.0, 11, "middle"));
            }
        }
        let middle = f64::midpoint(self.left, self.right);
        let base = [[self.left, self.bottom], [self.right, self.bottom]];
        group
            .add(line(base[0], base[1]).set("stroke", GREY))
            .add(line([self.left, self.top], base[0]).set("stroke", GREY))
            .add(label(&axis_title(axis), middle, self.bottom + 35.0, 11, "middle"))
    }
}

fn axis_title(axis: Axis) -> String {
    match axis {
        Axis::Relative => "time since the start".to_owned(),
        Axis::Clock(zero) => {
            let text = zero.to_string();
            format!("time in UTC, from {}", fitted(&text.replace('T', " "), 11, 300.0))
        }
    }
}

/// A line of one px.
pub(super) fn line([x1, y1]: [f64; 2], [x2, y2]: [f64; 2]) -> Line {
    Line::new().set("x1", px(x1)).set("y1", px(y1)).set("x2", px(x2)).set("y2", px(y2))
}
