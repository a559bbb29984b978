//! The whole picture.

use std::fmt::{self, Write};

use svg::Document;
use svg::node::Text;
use svg::node::element::{Description, Rectangle, Title};

use super::frame::{Frame, GREY, HEIGHT, INK, WIDTH};
use super::text::{fitted, grouped, label, printable};
use super::thin::thinned;
use super::{AgentChart, Chart, Point, legend, limits, marks, stack, ticks};

impl Chart {
    /// The picture as an SVG document of its own. The same chart gives the same bytes.
    pub(crate) fn to_svg(&self) -> String {
        let mut text = self.document().to_string();
        text.push('\n');
        text
    }

    /// The picture, and below it that of the agents, where there is one.
    pub(crate) fn over(&self, agents: Option<&AgentChart>) -> String {
        let Some(agents) = agents else { return self.to_svg() };
        let height = HEIGHT + agents.height();
        let both = Document::new()
            .set("viewBox", (0, 0, WIDTH, height))
            .set("width", WIDTH)
            .set("height", height)
            .add(self.document())
            .add(agents.document().set("y", HEIGHT));
        format!("{both}\n")
    }

    fn document(&self) -> Document {
        let points: Vec<Point> = thinned(&self.points);
        let (legend, top) = legend::legend(&points, 60.0);
        let room = limits::room(self);
        let frame = Frame::new(self, top, room);
        // The rows of notes depend on where the plot is from left to right, its top on them.
        let frame =
            Frame::new(self, top + marks::height(&self.notes, &frame).max(14.0) + 6.0, room);
        let whole = Rectangle::new().set("width", WIDTH).set("height", HEIGHT);
        // Bold letters are wider by about a fifth.
        let title = fitted(&self.title, 19, WIDTH - 48.0);
        let subtitle = fitted(&self.subtitle, 12, WIDTH - 48.0);
        Document::new()
            .set("viewBox", (0, 0, WIDTH, HEIGHT))
            .set("width", WIDTH)
            .set("height", HEIGHT)
            .set("role", "img")
            .set("font-family", "system-ui, sans-serif")
            .add(Title::new(printable(&self.title)))
            .add(Description::new().add(Text::new(self.description())))
            .add(stack::textures())
            .add(whole.set("fill", "#ffffff"))
            .add(label(&title, 24.0, 28.0, 16, "start").set("font-weight", "bold").set("fill", INK))
            .add(label(&subtitle, 24.0, 47.0, 12, "start").set("fill", GREY))
            .add(legend)
            .add(frame.grid())
            .add(stack::areas(&points, &frame))
            .add(marks::marks(&self.notes, &frame))
            .add(limits::lines(self, &points, &frame))
            .add(frame.axes(self.axis))
    }

    /// What the picture shows, for those who cannot see it.
    fn description(&self) -> String {
        let count = |name: &str, count: Option<u64>| {
            count.map(|count| format!(" {name}: {}.", grouped(count))).unwrap_or_default()
        };
        let mut text = format!(
            "{}. Instances by version and stage over {}.",
            self.subtitle,
            ticks::duration(self.end.as_millis())
        );
        text += &count("Floor", self.floor.map(u64::from));
        text += &count("Ceiling", self.ceiling.map(u64::from));
        text += &count("Lowest healthy", self.lowest_healthy());
        text += &count("Highest running", self.highest_running());
        for note in &self.notes {
            // Writing to a string cannot fail.
            let _ = write!(text, " At {}: {}.", ticks::duration(note.at.as_millis()), note.text);
        }
        printable(&text)
    }
}

impl fmt::Display for Chart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_svg())
    }
}
