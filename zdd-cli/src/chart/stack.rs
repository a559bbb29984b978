//! The areas: instances by version and stage, those that can serve at the bottom.

use std::fmt::Write;

use svg::node::element::{Definitions, Group, Line, Path, Pattern, Rectangle};
use zdd_core::timeline::State;

use super::Point;
use super::frame::{Frame, INK};
use super::text::px;

/// One colour for each version, one texture for each stage. The two colours are those of the
/// palette of Okabe and Ito that are furthest apart for every kind of colour blindness.
const OLD: &str = "#e69f00";
const NEW: &str = "#0072b2";

/// An area of the stack.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layer {
    /// For the legend.
    pub(super) name: &'static str,
    pub(super) fill: &'static str,
    count: fn(State) -> u64,
}

/// All areas, from the bottom to the top.
pub(super) const LAYERS: [Layer; 7] = [
    Layer { name: "old, healthy", fill: OLD, count: |s| u64::from(s.old.healthy) },
    Layer { name: "new, healthy", fill: NEW, count: |s| u64::from(s.new.healthy) },
    Layer {
        name: "new, not yet healthy",
        fill: "url(#zdd-checked)",
        count: |s| u64::from(s.new.running),
    },
    Layer {
        name: "new, starting",
        fill: "url(#zdd-starting)",
        count: |s| u64::from(s.new.starting),
    },
    Layer {
        name: "new, stopping",
        fill: "url(#zdd-new-stopping)",
        count: |s| u64::from(s.new.dying),
    },
    Layer {
        name: "old, not healthy",
        fill: "url(#zdd-old-unhealthy)",
        count: |s| u64::from(s.old.starting) + u64::from(s.old.running),
    },
    Layer {
        name: "old, stopping",
        fill: "url(#zdd-old-stopping)",
        count: |s| u64::from(s.old.dying),
    },
];

impl Layer {
    /// Whether there is any of it.
    pub(super) fn is_used(&self, points: &[Point]) -> bool {
        points.iter().any(|point| (self.count)(point.state) > 0)
    }
}

/// The textures that areas are filled with.
pub(super) fn textures() -> Definitions {
    Definitions::new()
        .add(hatch("zdd-checked", "#8cc4e8", NEW, 45, 1.0))
        .add(hatch("zdd-starting", "#dceefa", "#8cc4e8", 45, 2.0))
        .add(hatch("zdd-new-stopping", "#eef5fa", NEW, -45, 1.0))
        .add(hatch("zdd-old-unhealthy", "#f7d58a", "#a87400", 45, 1.0))
        .add(hatch("zdd-old-stopping", "#fdf1d6", OLD, -45, 2.0))
}

fn hatch(id: &str, ground: &str, stroke: &str, turn: i32, thick: f64) -> Pattern {
    let ground = Rectangle::new().set("width", 6).set("height", 6).set("fill", ground);
    let bar = Line::new()
        .set("y2", 6)
        .set("x1", 3)
        .set("x2", 3)
        .set("stroke", stroke)
        .set("stroke-width", px(thick));
    Pattern::new()
        .set("id", id)
        .set("width", 6)
        .set("height", 6)
        .set("patternUnits", "userSpaceOnUse")
        .set("patternTransform", format!("rotate({turn})"))
        .add(ground)
        .add(bar)
}

/// The areas, and a line on top of those that can serve.
pub(super) fn areas(points: &[Point], frame: &Frame) -> Group {
    let mut group = Group::new();
    let mut below = vec![0_u64; points.len()];
    for layer in LAYERS {
        let above: Vec<u64> = points
            .iter()
            .zip(&below)
            .map(|(point, below)| below.saturating_add((layer.count)(point.state)))
            .collect();
        if above != below {
            let path =
                Path::new().set("d", area(points, &below, &above, frame)).set("fill", layer.fill);
            group = group.add(path);
        }
        below = above;
    }
    let running = steps(points, &levels(points, State::running, u64::max), frame);
    let healthy = steps(points, &levels(points, State::healthy, u64::min), frame);
    group
        .add(outline(&running, "#777777", 1.0))
        .add(outline(&healthy, "#ffffff", 4.0))
        .add(outline(&healthy, INK, 2.0))
}

/// What a line on top of areas follows. Of what is passed through in no time, between two states of
/// the same moment, it shows only what comes nearer to a bound: the `worse` one.
fn levels(points: &[Point], count: fn(State) -> u64, worse: fn(u64, u64) -> u64) -> Vec<u64> {
    let mut levels = Vec::with_capacity(points.len());
    for moment in points.chunk_by(|a, b| a.at == b.at) {
        let extreme = moment.iter().map(|point| count(point.state)).reduce(worse);
        levels.extend(moment.iter().filter_map(|_| extreme));
        if let (Some(level), Some(last)) = (levels.last_mut(), moment.last()) {
            *level = count(last.state);
        }
    }
    levels
}

fn outline(corners: &[[f64; 2]], stroke: &'static str, thick: f64) -> Path {
    Path::new()
        .set("d", joined("M", corners.iter()))
        .set("fill", "none")
        .set("stroke", stroke)
        .set("stroke-width", px(thick))
        .set("stroke-linejoin", "round")
}

/// The path around what is between two lines of steps.
fn area(points: &[Point], below: &[u64], above: &[u64], frame: &Frame) -> String {
    let there = steps(points, above, frame);
    let back = steps(points, below, frame);
    joined("M", there.iter()) + &joined("L", back.iter().rev()) + "Z"
}

/// A path through corners, beginning with `command`.
fn joined<'a>(command: &str, corners: impl Iterator<Item = &'a [f64; 2]>) -> String {
    let mut path = String::new();
    for (i, [x, y]) in corners.enumerate() {
        let command = if i == 0 { command } else { "L" };
        // Writing to a string cannot fail.
        let _ = write!(path, "{command}{} {}", px(*x), px(*y));
    }
    path
}

/// The corners of a line of steps, from the left edge of the plot to its right edge.
fn steps(points: &[Point], counts: &[u64], frame: &Frame) -> Vec<[f64; 2]> {
    let mut corners: Vec<[f64; 2]> = Vec::new();
    let mut level = None;
    for (point, count) in points.iter().zip(counts) {
        let (x, y) = (frame.x(point.at), frame.y(*count));
        match level.replace(*count) {
            None => corners.push([frame.left, y]),
            Some(before) if before != *count => corners.extend([[x, frame.y(before)], [x, y]]),
            Some(_) => {}
        }
    }
    if let Some(count) = level {
        corners.push([frame.right, frame.y(count)]);
    }
    corners
}
