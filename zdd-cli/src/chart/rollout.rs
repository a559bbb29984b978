//! The chart of a planned rollout.

use std::time::Duration;

use zdd_core::rollout::record::Phase;
use zdd_core::timeline::Extreme;

use super::text::grouped;
use super::{Axis, Chart, Note, Point};
use crate::plan::rollout::Plan;
use crate::rollout::Share;

impl Chart {
    /// The chart of a planned blue/green deployment or canary: its parts one after the other, the
    /// instances of both versions over time, and the floor.
    pub(crate) fn of_rollout(plan: &Plan) -> Self {
        let mut points: Vec<Point> = Vec::new();
        let mut notes: Vec<Note> = Vec::new();
        let mut start = Duration::ZERO;
        let mut extremes: [Option<Extreme>; 2] = [None; 2];
        for (n, part) in plan.parts.iter().enumerate() {
            let forecast = &part.forecast;
            if n > 0 {
                let share = part.record.share().filter(|_| part.record.phase == Phase::Canary);
                let text = share.map_or_else(|| "promoted".into(), |it| Share(it).to_string());
                notes.push(Note { at: start, text });
            }
            let rows = forecast.rows.iter();
            points.extend(rows.map(|row| Point { at: start + row.at, state: row.state }));
            let moved = |it: Extreme| Extreme { at: start + it.at, ..it };
            let [low, high] = &mut extremes;
            let (it, other) = (moved(forecast.lowest_serving), moved(forecast.highest_total));
            *low = Some(low.filter(|low| low.count <= it.count).unwrap_or(it));
            *high = Some(high.filter(|high| high.count >= other.count).unwrap_or(other));
            start += forecast.at_rest;
        }
        let [low, high] = extremes;
        let note = |of: Option<Extreme>, text: fn(String) -> String| {
            of.map(|it| Note { at: it.at, text: text(grouped(it.count)) })
        };
        notes.extend(note(low, |count| format!("lowest: {count} serving")));
        notes.extend(note(high, |count| format!("highest: {count}")));
        let end = if plan.is_reached() { "done" } else { "goes no further" };
        notes.push(Note { at: start, text: end.into() });
        notes.sort_by_key(|note| note.at);
        Self {
            title: plan.record.new.to_string(),
            subtitle: subtitle(plan),
            floor: Some(plan.record.floor),
            ceiling: None,
            points,
            end: start,
            axis: Axis::Relative,
            notes,
        }
    }
}

fn subtitle(plan: &Plan) -> String {
    let record = &plan.record;
    let new = grouped(record.full.into());
    match &record.old {
        None => format!("{new} instances, the first of its group"),
        Some(old) if plan.parts.len() > 1 => {
            let (canary, before) = (grouped(record.canary.into()), grouped(record.before.into()));
            format!("{canary} beside {before} of {old}, then promoted to {new}")
        }
        Some(old) => {
            format!("{new} instances take over from {} of {old}", grouped(record.before.into()))
        }
    }
}
