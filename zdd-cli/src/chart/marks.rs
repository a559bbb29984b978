//! Notes: a thin line at a moment, and a few words above the plot.

use svg::node::element::{Group, Title};

use super::Note;
use super::frame::{Frame, GREY, INK, WIDTH, line};
use super::text::{fitted, label, printable, width};

/// Rows of notes at most; of a note for which there is no room only the line is left, and its words
/// where a viewer shows them when it is pointed at.
const ROWS: usize = 4;
const ROW: f64 = 15.0;
const SIZE: u32 = 11;
/// Between a line and its words.
const GAP: f64 = 4.0;

/// A note and where its words are.
#[derive(Clone, Debug)]
struct Placed<'a> {
    note: &'a Note,
    x: f64,
    /// From where to where, and in which row.
    words: Option<(f64, f64, usize)>,
}

/// How much higher the plot must begin for `notes`. Only the right and left edge of `frame` matter.
pub(super) fn height(notes: &[Note], frame: &Frame) -> f64 {
    let rows = placed(notes, frame).iter().filter_map(|p| p.words).map(|(_, _, row)| row + 1).max();
    (0..rows.unwrap_or(0)).map(|_| ROW).sum()
}

/// The notes over the plot.
pub(super) fn marks(notes: &[Note], frame: &Frame) -> Group {
    let mut group = Group::new();
    for Placed { note, x, words } in placed(notes, frame) {
        let row = words.map_or(0, |(_, _, row)| row);
        let top = frame.top - 8.0 - (0..row).map(|_| ROW).sum::<f64>();
        let stem = line([x, top - 8.0], [x, frame.bottom])
            .set("stroke", GREY)
            .set("stroke-dasharray", "1 3")
            .add(Title::new(printable(&note.text)));
        group = group.add(stem);
        if let Some((from, to, _)) = words {
            let text = fitted(&note.text, SIZE, WIDTH / 2.0);
            let (x, anchor) = if from > x { (from, "start") } else { (to, "end") };
            group = group.add(label(&text, x, top, SIZE, anchor).set("fill", INK));
        }
    }
    group
}

/// Puts each note into the lowest row in which it overlaps no other words and, if possible, no line
/// of another note that goes up through it.
fn placed<'a>(notes: &'a [Note], frame: &Frame) -> Vec<Placed<'a>> {
    let mut done: Vec<Placed<'a>> = Vec::new();
    // From the right: words stand to the right of their line, so lines come up beside them.
    for note in notes.iter().rev() {
        let x = frame.x(note.at);
        let wide = width(&note.text, SIZE).min(WIDTH / 2.0);
        let from = if x + GAP + wide < WIDTH { x + GAP } else { x - GAP - wide };
        let to = from + wide;
        let fits = |row: usize, crossing: bool| {
            done.iter().all(|other| {
                let Some((left, right, taken)) = other.words else { return true };
                let words = taken == row && from < right + 8.0 && left < to + 8.0;
                let below = taken > row && (from..to).contains(&other.x);
                let above = taken < row && (left..right).contains(&x);
                !words && (crossing || !below && !above)
            })
        };
        let row = (0..ROWS).find(|row| fits(*row, false));
        let row = row.or_else(|| (0..ROWS).find(|row| fits(*row, true)));
        let words = row.map(|row| (from, to, row));
        done.push(Placed { note, x, words });
    }
    done
}
