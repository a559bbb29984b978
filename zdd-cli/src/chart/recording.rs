//! The chart of a recorded deployment.

use zdd_core::units::Timestamp;
use zdd_core::verify::Report;

use super::text::grouped;
use super::{Axis, Chart, Note, Point};

impl Chart {
    /// The chart of one app in one deployment, whose states were kept.
    pub(crate) fn of_recording(report: &Report) -> Self {
        let verdict = &report.verdict;
        let point = |&(at, state): &(Timestamp, _)| Point { at: at.since(report.started()), state };
        Self {
            title: report.app.to_string(),
            subtitle: format!(
                "recorded {}; {} old and {} new instances; {}",
                report.started(),
                grouped(report.old.into()),
                grouped(report.new.into()),
                report.outcome,
            ),
            floor: verdict.floor,
            ceiling: verdict.ceiling,
            points: report.states.iter().map(point).collect(),
            end: report.duration(),
            axis: Axis::Clock(report.started()),
            notes: notes(report),
        }
    }
}

fn notes(report: &Report) -> Vec<Note> {
    let (lowest, highest) = (&report.verdict.lowest_healthy, &report.verdict.highest_running);
    let note = |at: Timestamp, text| Note { at: at.since(report.started()), text };
    let low = lowest
        .spells
        .first()
        .map(|spell| note(spell.from, format!("lowest: {} healthy", grouped(lowest.count))));
    let high = note(highest.at, format!("highest: {} running", grouped(highest.count)));
    let mut notes: Vec<_> = low.into_iter().chain([high]).collect();
    notes.sort_by_key(|note| note.at);
    notes
}
