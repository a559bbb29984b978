//! Which area is what.

use svg::node::element::{Group, Rectangle};

use super::Point;
use super::frame::{INK, WIDTH, line};
use super::stack::LAYERS;
use super::text::{label, px, width};

const LEFT: f64 = 24.0;
const ROW: f64 = 18.0;

/// The legend of what `points` have any of, from `top` px on, and where it ends.
pub(super) fn legend(points: &[Point], top: f64) -> (Group, f64) {
    let mut group = Group::new().set("fill", INK);
    let (mut x, mut y) = (LEFT, top);
    let mut place = |name: &str| {
        let wide = 18.0 + width(name, 11) + 12.0;
        if x + wide > WIDTH && x > LEFT {
            (x, y) = (LEFT, y + ROW);
        }
        let at = (x, y);
        x += wide;
        at
    };
    let (x, y) = place("all healthy");
    group = group
        .add(line([x, y + 6.0], [x + 13.0, y + 6.0]).set("stroke", INK).set("stroke-width", 2))
        .add(label("all healthy", x + 18.0, y + 10.0, 11, "start"));
    let mut bottom = y;
    for layer in LAYERS.iter().filter(|layer| layer.is_used(points)) {
        let (x, y) = place(layer.name);
        group = group.add(swatch(x, y, layer.fill)).add(label(
            layer.name,
            x + 18.0,
            y + 10.0,
            11,
            "start",
        ));
        bottom = y;
    }
    (group, bottom + ROW)
}

/// The field before a name that shows how it is drawn.
pub(super) fn swatch(x: f64, y: f64, fill: &'static str) -> Rectangle {
    Rectangle::new()
        .set("x", px(x))
        .set("y", px(y))
        .set("width", 13)
        .set("height", 12)
        .set("fill", fill)
        .set("stroke", "#777777")
}
