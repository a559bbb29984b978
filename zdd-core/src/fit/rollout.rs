//! What an app beside the one that runs has to find room for: blue/green, canaries, and the way back.

use alloc::vec::Vec;

use super::moves::{Moves, Stage};
use super::question::{Question, Way};
use super::scene::Exchange;
use super::site::{SceneError, Site};
use super::upgrade::agents;
use crate::app::App;
use crate::rollout::Side;
use crate::rollout::forecast::{Deed, Row};
use crate::units::InstanceCount;
use crate::upgrade::{Health, Kind, Upgrade};

impl Question {
    /// The rollout that `rows` foretell, from `old`, if there is one, to `new`, on `site`. Several
    /// forecasts, one after the other, are the rows of all of them. A rollout that goes back is one from
    /// `new` to `old`.
    ///
    /// Constraints look at no instance of the other app, as these are two. Where they spread instances
    /// over values by the number of instances, that of the end is taken.
    ///
    /// # Errors
    ///
    /// When something is not known of an instance that runs, an app cannot be placed anywhere, or
    /// instances of both come.
    pub fn of_rollout<'r>(
        site: &Site,
        old: Option<&App>,
        new: &App,
        rows: impl IntoIterator<Item = &'r Row>,
    ) -> Result<Self, SceneError> {
        let running = site.by_app();
        let placed = [
            old.map_or_else(|| Ok(Vec::new()), |old| running.of(old.id()))?,
            running.of(new.id())?,
        ];
        let begin = placed.each_ref().map(|placed| placed.len() as u64);
        let begin = begin.map(|n| InstanceCount::saturating_from(n).get());
        let counts = Counts::of(begin, rows.into_iter().flat_map(|row| &row.deeds));
        let coming = counts.coming().ok_or_else(|| SceneError::BothGrow(new.id().clone()))?;
        let [placed_old, placed_new] = placed;
        let (app, other, present, going) = match (coming, old) {
            (Side::Old, Some(old)) => (old, Some(new), placed_old, placed_new),
            (Side::Old, None) => (new, Some(new), Vec::new(), placed_new),
            (Side::New, old) => (new, old, placed_new, placed_old),
        };
        let stages = counts.stages(coming);
        let target = stages.last().map_or(InstanceCount::ZERO, |stage| stage.new);
        let app = app.clone().with_instances(target);
        let is_swap = stages.last().is_some_and(|last| last.old.is_zero() && !last.new.is_zero());
        let way = if is_swap && !going.is_empty() {
            let instead = Upgrade {
                old: InstanceCount::saturating_from(going.len() as u64),
                kind: Kind::of(&app),
                health: Health::of(other.unwrap_or(&app)),
                reading: site.rules.reading,
                ..Upgrade::new(target, app.upgrade_strategy())
            };
            Way::Swap { instead, counts_old: site.rules.counting.counts_old(true) }
        } else {
            Way::Given
        };
        let exchange = Exchange {
            app: app.id().clone(),
            demand: site.demand(&app)?,
            old: going.into_iter().map(|old| old.goes(false, false)).collect(),
            present: agents(&present),
            moves: Moves::Stages(stages),
        };
        Ok(Self::of(site.room.clone(), [[(exchange, way)].into()].into()))
    }
}

/// How many instances each side is to have, old before new, from the beginning on.
struct Counts(Vec<[u32; 2]>);

impl Counts {
    fn of<'r>(begin: [u32; 2], deeds: impl Iterator<Item = &'r Deed>) -> Self {
        let mut counts = alloc::vec![begin];
        let mut now = begin;
        for deed in deeds {
            let (side, count) = match deed {
                Deed::Create { side, instances } | Deed::Scale { side, instances, .. } => {
                    (*side, *instances)
                }
                Deed::Stop { side, instances } => {
                    (*side, now[at(*side)].saturating_sub(*instances))
                }
                Deed::Remove { side, .. } => (*side, 0),
                Deed::Weights { .. } | Deed::State { .. } | Deed::Cut { .. } => continue,
            };
            now[at(side)] = count;
            if counts.last() != Some(&now) {
                counts.push(now);
            }
        }
        Self(counts)
    }

    /// The side of which instances come; none if both do.
    fn coming(&self) -> Option<Side> {
        let rises = |side| self.0.windows(2).any(|pair| pair[0][at(side)] < pair[1][at(side)]);
        match (rises(Side::Old), rises(Side::New)) {
            (true, true) => None,
            (true, false) => Some(Side::Old),
            (false, true) => Some(Side::New),
            // Nothing comes; what there is of the side that does not go stays.
            (false, false) => {
                let falls = |side| {
                    let ends = self.0.first().zip(self.0.last());
                    ends.is_some_and(|(first, last)| last[at(side)] < first[at(side)])
                };
                Some(if falls(Side::New) { Side::Old } else { Side::New })
            }
        }
    }

    /// A stage ends before more instances come after others went.
    fn stages(&self, coming: Side) -> Vec<Stage> {
        let going = if coming == Side::Old { Side::New } else { Side::Old };
        let count = |n: u32| InstanceCount::saturating_from(u64::from(n));
        let mut stages: Vec<Stage> = Vec::new();
        let mut has_stopped = true;
        for counts in &self.0 {
            let (new, old) = (count(counts[at(coming)]), count(counts[at(going)]));
            match stages.last_mut() {
                Some(last) if new == last.new || !has_stopped => {
                    has_stopped |= old < last.old;
                    *last = Stage { new, old };
                }
                last => {
                    has_stopped = last.is_some_and(|last| old < last.old);
                    stages.push(Stage { new, old });
                }
            }
        }
        stages
    }
}

const fn at(side: Side) -> usize {
    match side {
        Side::Old => 0,
        Side::New => 1,
    }
}

#[cfg(test)]
#[path = "rollout_tests.rs"]
mod tests;
