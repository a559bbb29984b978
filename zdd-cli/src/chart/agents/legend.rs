//! Who has what of an agent: colours, textures and their names.

use svg::node::element::{Circle, Definitions, Group, Line, Pattern, Rectangle};

use super::held::Held;
use super::model::AgentChart;
use crate::chart::frame::INK;
use crate::chart::legend::swatch;
use crate::chart::text::{label, width};

/// A part of a bar.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layer {
    pub(super) name: &'static str,
    pub(super) fill: &'static str,
    pub(super) amount: fn(&Held) -> u64,
}

/// From the bottom of a bar to its top. Colour and texture both tell them apart.
pub(super) const LAYERS: [Layer; 4] = [
    Layer { name: "others", fill: "url(#zdd-others)", amount: |held| held.others },
    Layer { name: "old instances", fill: "url(#zdd-old)", amount: |held| held.old },
    Layer { name: "new instances", fill: "#0072b2", amount: |held| held.new },
    Layer { name: "free", fill: "#ffffff", amount: |held| held.free },
];

/// The textures that bars are filled with.
pub(super) fn textures() -> Definitions {
    let pattern = |id: &str, ground: &str| {
        let ground = Rectangle::new().set("width", 6).set("height", 6).set("fill", ground);
        Pattern::new()
            .set("id", id)
            .set("width", 6)
            .set("height", 6)
            .set("patternUnits", "userSpaceOnUse")
            .add(ground)
    };
    let dot = Circle::new().set("cx", 3).set("cy", 3).set("r", 1).set("fill", "#8a8a8a");
    let bar = Line::new()
        .set("y2", 6)
        .set("x1", 3)
        .set("x2", 3)
        .set("stroke", "#e69f00")
        .set("stroke-width", 3);
    Definitions::new()
        .add(pattern("zdd-others", "#dedede").add(dot))
        .add(pattern("zdd-old", "#f7cd76").set("patternTransform", "rotate(45)").add(bar))
}

/// The legend of what there is any of, from `top` px on. Signs are drawn where they fit.
pub(super) fn legend(chart: &AgentChart, has_signs: bool, top: f64) -> Group {
    let mut group = Group::new().set("fill", INK);
    let mut x = 24.0;
    let is_used = |layer: &&Layer| {
        chart.rows.iter().flat_map(|row| &row.held).any(|held| (layer.amount)(held) > 0)
    };
    for layer in LAYERS.iter().filter(is_used) {
        group = group.add(swatch(x, top, layer.fill)).add(label(
            layer.name,
            x + 18.0,
            top + 10.0,
            11,
            "start",
        ));
        x += 18.0 + width(layer.name, 11) + 12.0;
    }
    let came = chart.rows.iter().flat_map(|row| &row.came).any(|count| *count > 0);
    let went = chart.rows.iter().flat_map(|row| &row.went).any(|count| *count > 0);
    let signs = [("+", "one comes", came), ("−", "one goes", went)];
    for (sign, name, _) in signs.into_iter().filter(|(.., is_used)| has_signs && *is_used) {
        let sign = label(sign, x + 6.0, top + 11.0, 14, "middle").set("font-weight", "bold");
        group = group.add(sign).add(label(name, x + 18.0, top + 10.0, 11, "start"));
        x += 18.0 + width(name, 11) + 12.0;
    }
    group
}
