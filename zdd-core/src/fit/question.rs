//! A scene, and what of it somebody could change.

use alloc::vec::Vec;

use super::moves::Moves;
use super::scene::{Exchange, Scene};
use crate::upgrade::Upgrade;

/// Whether a plan finds its room: the scene, and what stands behind its moves, so that it can be asked
/// again with another strategy: see [`fixes`](super::fixes).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Question {
    /// What has to fit where.
    pub scene: Scene,
    /// Where the moves of the scene come from: step by step, exchange by exchange.
    ways: Vec<Vec<Way>>,
}

/// Where the moves of an exchange come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Way {
    /// Marathon's rolling upgrade.
    Upgrade(Upgrade),
    /// An app that takes the place of another one, of which nothing is left.
    Swap {
        /// The rolling upgrade that would do the same within one app.
        instead: Upgrade,
        /// Whether constraints would look at the old instances then.
        counts_old: bool,
    },
    /// The counts are those that were asked for: no strategy decides them.
    Given,
}

/// An exchange, and where its moves come from.
pub(super) type Sourced = (Exchange, Way);

impl Question {
    /// The steps on what `room` holds.
    pub(super) fn of(room: crate::placement::Room, steps: Vec<Vec<Sourced>>) -> Self {
        let (steps, ways) = steps.into_iter().map(|step| step.into_iter().unzip()).unzip();
        Self { scene: Scene { room, steps }, ways }
    }

    /// Where the moves of an exchange come from.
    pub fn way(&self, step: usize, exchange: usize) -> Option<Way> {
        self.ways.get(step)?.get(exchange).copied()
    }

    /// The exchanges that are rolling upgrades, with their steps and positions.
    pub(super) fn upgrades(&self) -> impl Iterator<Item = ((usize, usize), &Upgrade)> {
        self.ways.iter().enumerate().flat_map(|(step, ways)| {
            ways.iter().enumerate().filter_map(move |(at, way)| match way {
                Way::Upgrade(upgrade) => Some(((step, at), upgrade)),
                Way::Swap { .. } | Way::Given => None,
            })
        })
    }
}

impl Way {
    /// The moves of an upgrade.
    pub(super) fn upgrade(upgrade: Upgrade) -> (Moves, Self) {
        (Moves::rolling(&upgrade), Self::Upgrade(upgrade))
    }
}
