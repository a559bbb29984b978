//! The drawing of small apps: one line a moment, one box an instance.

use std::fmt::{self, Display};
use std::time::Duration;

use zdd_core::timeline::{Change, End, Side, State, Step, Timeline};

use super::subject::Labels;
use crate::fit::NoRoom;
use crate::text::{BAD, DIM, GOOD, NOTE, Page, Time, styled};

/// A timeline of boxes, `T0: [old] [old] [new…]`.
///
/// Where every wave comes to rest before the next one begins, a line shows each time that it does,
/// which is how people draw such deployments. Else a line shows every moment at which something
/// happens.
#[derive(Clone, Debug)]
pub(super) struct Drawing<'a> {
    rows: Vec<Row>,
    labels: &'a Labels,
    /// Characters of the longest row of boxes.
    width: usize,
    /// Moments that are not shown.
    left_out: usize,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    at: Duration,
    state: State,
    note: &'static str,
}

/// More rows than fit on a screen are no drawing any more.
const MAX_ROWS: usize = 40;

/// More steps than these are not even looked at.
const MAX_STEPS: u64 = 400;

impl<'a> Drawing<'a> {
    /// None where there are too many instances for the page, or too many moments for the eye.
    pub(super) fn of(
        timeline: &Timeline,
        labels: &'a Labels,
        all_steps: bool,
        page: Page,
    ) -> Option<Self> {
        if timeline.step_count() > MAX_STEPS {
            return None;
        }
        let steps: Vec<_> = timeline.steps().collect();
        let moments = moments(&steps);
        let waves = if all_steps { None } else { waves(&steps) };
        let mut left_out = 0;
        let mut rows = vec![Row { at: Duration::ZERO, state: timeline.initial(), note: "before" }];
        match waves {
            Some(waves) => {
                rows.extend(moments.first().map(|first| Row { note: "it starts", ..*first }));
                left_out = moments.len().saturating_sub(waves.len() + 1);
                rows.extend(waves);
            }
            None => rows.extend(moments),
        }
        let last = *rows.last()?;
        let note = match timeline.end() {
            End::Complete { .. } => "done",
            End::Stalled { .. } => "stands still",
        };
        rows.push(Row { note, ..last });
        let width = rows.iter().map(|row| boxes_width(row.state, labels)).max()?;
        let fits = rows.len() <= MAX_ROWS && LABEL + width + COLUMNS <= page.width;
        fits.then_some(Self { rows, labels, width, left_out })
    }
}

impl Drawing<'_> {
    /// The same with a mark where instances come that find no place.
    pub(super) fn marked(mut self, no_room: Option<NoRoom>) -> Self {
        if let Some(no_room) = no_room
            && let Some(row) = self.rows.iter_mut().find(|it| no_room.is_passed(it.state.new))
        {
            row.note = no_room.mark;
        }
        self
    }
}

/// The state at the end of each moment.
fn moments(steps: &[Step]) -> Vec<Row> {
    steps
        .chunk_by(|a, b| a.at == b.at)
        .filter_map(<[Step]>::last)
        .map(|step| Row { at: step.at, state: step.state, note: "" })
        .collect()
}

/// The states in which waves of new instances come to rest, and the last of all; none if not all of
/// them do.
fn waves(steps: &[Step]) -> Option<Vec<Row>> {
    let is_wave = |step: &&Step| match step.change {
        Change::BecomeHealthy { .. } | Change::Exchange { .. } => true,
        Change::Stop { .. } | Change::Die { .. } | Change::Launch { .. } | Change::Run { .. } => {
            false
        }
    };
    let waves: Vec<_> = steps.iter().filter(is_wave).collect();
    let last = steps.last()?;
    if !waves.iter().all(|step| is_at_rest(step.state)) || waves.first()?.at == last.at {
        return None;
    }
    let is_last_shown = waves.last().is_some_and(|wave| wave.state == last.state);
    let tail = (!is_last_shown).then_some(last);
    let row = |step: &Step| Row { at: step.at, state: step.state, note: "" };
    Some(waves.into_iter().chain(tail).map(row).collect())
}

/// Whether nothing starts or stops.
fn is_at_rest(state: State) -> bool {
    state.running() == state.healthy()
}

/// The boxes of a row, in the order in which they are drawn: style, mark, how many.
fn groups(
    state: State,
    labels: &Labels,
) -> impl Iterator<Item = (anstyle::Style, &str, &'static str, u32)> {
    let sides = [(&*labels.old, state.old), (&*labels.new, state.new)];
    sides.into_iter().flat_map(|(label, Side { starting, running, healthy, dying })| {
        [
            (GOOD, label, "", healthy),
            (NOTE, label, "?", running),
            (NOTE, label, "…", starting),
            (BAD, label, "×", dying),
        ]
    })
}

fn boxes_width(state: State, labels: &Labels) -> usize {
    let chars = groups(state, labels).map(|(_, label, mark, count)| {
        (label.chars().count() + mark.chars().count() + "[] ".len()) * count as usize
    });
    chars.sum()
}

/// Characters of `T12: `.
const LABEL: usize = 5;
/// Characters of the columns behind the boxes, without the notes.
const COLUMNS: usize = 29;

impl Display for Drawing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heading = format!("{:>10}{:>9}{:>9}", "at", "healthy", "running");
        writeln!(f, "{}{}", " ".repeat(LABEL + self.width), styled(DIM, heading))?;
        for (n, row) in self.rows.iter().enumerate() {
            write!(f, "{:<LABEL$}", format!("T{n}:"))?;
            for (style, label, mark, count) in groups(row.state, self.labels) {
                for _ in 0..count {
                    write!(f, "{} ", styled(style, format!("[{label}{mark}]")))?;
                }
            }
            let gap = " ".repeat(self.width - boxes_width(row.state, self.labels));
            let (healthy, running) = (row.state.healthy(), row.state.running());
            let columns = format!("{gap}{:>10}{healthy:>9}{running:>9}", Time(row.at).to_string());
            writeln!(
                f,
                "{}",
                if row.note.is_empty() { columns } else { format!("{columns}  {}", row.note) }
            )?;
        }
        let Labels { old, new } = self.labels;
        let legend = format!(
            "[{old}] [{new}] healthy  [{new}…] starting  [{new}?] in its checks  [{old}×] stopping"
        );
        writeln!(f, "{}", styled(DIM, legend))?;
        if self.left_out > 0 {
            let text = format!("{} moments in between: --all-steps shows them", self.left_out);
            writeln!(f, "{}", styled(DIM, text))?;
        }
        Ok(())
    }
}
