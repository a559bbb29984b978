//! The chart of a planned timeline.

use std::time::Duration;

use zdd_core::timeline::{End, Model, Run, Timeline};

use super::text::grouped;
use super::{Axis, Chart, Note, Point};

/// Most repetitions of a run that are drawn. More would be narrower than the eye can tell apart;
/// those left out are covered by drawing the others wider.
const WAVES: u32 = 60;

impl Chart {
    /// The chart of a planned replacement, with its extremes and its end as notes.
    ///
    /// The number of points does not depend on the number of instances: of a run that is repeated
    /// very often some repetitions are drawn, each as wide as those that it stands for.
    pub(crate) fn of_plan(timeline: &Timeline, title: impl Into<String>) -> Self {
        let bounds = timeline.bounds();
        let mut points = vec![Point { at: Duration::ZERO, state: timeline.initial() }];
        for run in timeline.runs() {
            push_run(&mut points, run);
        }
        let (End::Complete { at: end } | End::Stalled { at: end }) = timeline.end();
        Self {
            title: title.into(),
            subtitle: subtitle(timeline),
            floor: Some(bounds.floor.get()),
            ceiling: Some(bounds.ceiling.get()),
            points,
            end,
            axis: Axis::Relative,
            notes: notes(timeline),
        }
    }
}

fn push_run(points: &mut Vec<Point>, run: &Run) {
    // The first and the last repetition are drawn as they are: notes point at them, and what
    // follows joins on to them.
    let last = run.times.saturating_sub(1);
    let stride = last.div_ceil(WAVES).max(1);
    let mut time = 0;
    while time <= last {
        let wide = if time == 0 { 1 } else { stride.min((last - time).max(1)) };
        let from = run.steps_of(time).next().map_or(Duration::ZERO, |step| step.at);
        points.extend(run.steps_of(time).map(|step| {
            let into = step.at.saturating_sub(from).saturating_mul(wide);
            Point { at: from.saturating_add(into), state: step.state }
        }));
        time = time.saturating_add(wide);
    }
}

fn subtitle(timeline: &Timeline) -> String {
    let upgrade = timeline.upgrade();
    let count = |n: u32| grouped(u64::from(n));
    let instances = match (upgrade.old.get(), upgrade.instances.get()) {
        (1, 1) => "1 instance".to_owned(),
        (old, new) if old == new => format!("{} instances", count(new)),
        (old, new) => format!("{} old and {} new instances", count(old), count(new)),
    };
    let model = match timeline.model() {
        Model::Marathon => "Marathon's rolling upgrade",
        Model::SideBySide => "new version beside the old one",
    };
    let strategy = upgrade.strategy;
    let coarser = if timeline.runs().iter().any(|run| run.times > WAVES + 1) {
        ", waves drawn wider than they are"
    } else {
        ""
    };
    format!(
        "{instances}, {} / {}, {model}{coarser}",
        strategy.minimum_health_capacity, strategy.maximum_over_capacity
    )
}

fn notes(timeline: &Timeline) -> Vec<Note> {
    let (low, high) = (timeline.lowest_healthy(), timeline.highest_running());
    let end = match timeline.end() {
        End::Complete { at } if timeline.runs().is_empty() => {
            return vec![Note { at, text: "nothing to do".to_owned() }];
        }
        End::Complete { at } => Note { at, text: "done".to_owned() },
        End::Stalled { at } => Note { at, text: "stalls: nothing more happens".to_owned() },
    };
    vec![
        Note { at: low.at, text: format!("lowest: {} healthy", grouped(low.count)) },
        Note { at: high.at, text: format!("highest: {} running", grouped(high.count)) },
        end,
    ]
}
