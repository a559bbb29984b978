//! Floor and ceiling: the lines, their names, and where they are touched or broken.

use svg::node::element::{Group, Rectangle};

use super::frame::{Frame, INK, line};
use super::text::{grouped, label, px, width};
use super::{Chart, Point};

/// Colours of the palette of Okabe and Ito that no area has.
const CEILING: &str = "#a3386f";
const BROKEN: &str = "#d55e00";
/// Least distance between two names in px.
const APART: f64 = 32.0;

/// A bound and how it was kept.
#[derive(Clone, Debug)]
struct Limit {
    name: &'static str,
    bound: u64,
    colour: &'static str,
    dashes: &'static str,
    /// What is bounded by it.
    count: fn(&Point) -> u64,
    /// Whether a count is on the wrong side of the bound.
    breaks: fn(u64, u64) -> bool,
    /// How a count that is equal to the bound is told.
    touched: &'static str,
    untouched: &'static str,
    /// How far the line is moved away from the other one if both are at the same place.
    aside: f64,
}

/// How wide the names beside the plot are.
pub(super) fn room(chart: &Chart) -> f64 {
    let widest = limits(chart)
        .iter()
        .map(|limit| width(&limit.text(), 12).max(width("not touched", 11)))
        .fold(0.0, f64::max);
    widest + 24.0
}

/// The lines over the areas of `points`, and their names at the right.
pub(super) fn lines(chart: &Chart, points: &[Point], frame: &Frame) -> Group {
    let limits = limits(chart);
    let mut group = Group::new();
    for limit in &limits {
        group = group.add(limit.drawn(points, frame));
    }
    // The ceiling comes first and is never the lower one.
    let mut lowest = frame.bottom - 14.0;
    for limit in limits.iter().rev() {
        let y = frame.y(limit.bound).min(lowest);
        lowest = y - APART;
        group = group.add(limit.named(points, frame.right + 8.0, y));
    }
    group
}

fn limits(chart: &Chart) -> Vec<Limit> {
    let aside = if chart.floor == chart.ceiling { 2.0 } else { 0.0 };
    let ceiling = chart.ceiling.map(|bound| Limit {
        name: "ceiling",
        bound: u64::from(bound),
        colour: CEILING,
        dashes: "2 3",
        count: |point| point.state.running(),
        breaks: |count, bound| count > bound,
        touched: "reached",
        untouched: "not reached",
        aside: -aside,
    });
    let floor = chart.floor.map(|bound| Limit {
        name: "floor",
        bound: u64::from(bound),
        colour: INK,
        dashes: "9 5",
        count: |point| point.state.healthy(),
        breaks: |count, bound| count < bound,
        touched: "touched",
        untouched: "not touched",
        aside,
    });
    [ceiling, floor].into_iter().flatten().collect()
}

impl Limit {
    fn text(&self) -> String {
        format!("{} {}", self.name, grouped(self.bound))
    }

    fn drawn(&self, points: &[Point], frame: &Frame) -> Group {
        let y = frame.y(self.bound) + self.aside;
        let whole = line([frame.left, y], [frame.right, y]);
        let casing = whole.clone().set("stroke", "#ffffff").set("stroke-width", 4);
        let dashed = whole
            .set("stroke", self.colour)
            .set("stroke-width", 2)
            .set("stroke-dasharray", self.dashes);
        let mut group = Group::new().add(casing).add(dashed);
        for (from, to, count) in self.stretches(points, frame) {
            if (self.breaks)(count, self.bound) {
                let (a, b) = (frame.y(self.bound), frame.y(count));
                let gap = Rectangle::new()
                    .set("x", px(from))
                    .set("y", px(a.min(b)))
                    .set("width", px((to - from).max(1.0)))
                    .set("height", px((a - b).abs()))
                    .set("fill", BROKEN)
                    .set("fill-opacity", 0.3);
                group = group.add(gap);
            }
            let colour = if (self.breaks)(count, self.bound) { BROKEN } else { self.colour };
            let mark = line([from, y], [to.max(from + 1.0), y]);
            group = group.add(mark.set("stroke", colour).set("stroke-width", 5));
        }
        group
    }

    /// From where to where the bound is touched or broken, and by what count.
    fn stretches(&self, points: &[Point], frame: &Frame) -> Vec<(f64, f64, u64)> {
        let mut found: Vec<(f64, f64, u64)> = Vec::new();
        for (i, point) in points.iter().enumerate() {
            let count = (self.count)(point);
            if count != self.bound && !(self.breaks)(count, self.bound) {
                continue;
            }
            let from = if i == 0 { frame.left } else { frame.x(point.at) };
            let to = points.get(i + 1).map_or(frame.right, |next| frame.x(next.at));
            match found.last_mut() {
                Some((_, end, same)) if *same == count && *end >= from => *end = to,
                _ => found.push((from, to, count)),
            }
        }
        found
    }

    fn named(&self, points: &[Point], x: f64, y: f64) -> Group {
        let name = label(&self.text(), x, y + 4.0, 12, "start")
            .set("fill", self.colour)
            .set("font-weight", "bold");
        let counts = || points.iter().map(self.count);
        let (kept, colour) = if counts().any(|count| (self.breaks)(count, self.bound)) {
            ("broken", BROKEN)
        } else if counts().any(|count| count == self.bound) {
            (self.touched, self.colour)
        } else {
            (self.untouched, self.colour)
        };
        Group::new().add(name).add(label(kept, x, y + 18.0, 11, "start").set("fill", colour))
    }
}
