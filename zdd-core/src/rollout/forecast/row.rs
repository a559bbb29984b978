//! What comes of a rollout.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use serde::Serialize;

use super::deed::{Deed, Event};
use super::tally::Tally;
use crate::rollout::Outcome;
use crate::rollout::waiting::WaitingOn;
use crate::timeline::{Extreme, State};

/// A rollout from its first step to its end, if nothing fails.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Forecast {
    /// The moments at which something is done or happens, in their order. The first is the beginning.
    pub rows: Vec<Row>,
    /// Fewest instances that requests come to, at any moment, and when that first is so.
    pub lowest_serving: Extreme,
    /// Most instances of both sides, in whatever stage, and when that first is so.
    pub highest_total: Extreme,
    /// How many instances are told to stop: of the old side, of the new side.
    pub stopped: [u64; 2],
    /// When it is over.
    pub duration: Duration,
    /// When the last instance that was told to stop is gone, if that is later.
    pub at_rest: Duration,
    /// How it ends.
    pub outcome: Outcome,
}

/// One moment.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Row {
    /// When, counted from the beginning.
    pub at: Duration,
    /// What happens by itself.
    pub events: Vec<Event>,
    /// What is then done, in this order.
    pub deeds: Vec<Deed>,
    /// What is waited for after it; none at the end, and where nobody looked.
    pub waiting_on: Option<Wait>,
    /// How many instances Marathon is to keep of the old app, 0 where it is gone.
    pub old: u32,
    /// The same of the new app.
    pub new: u32,
    /// Instances by stage, after all of it.
    pub state: State,
    /// Instances that requests come to.
    pub serving: Serving,
    /// The part of the traffic that goes to new instances, 0 to 1, by the weights of what serves; none
    /// where nothing serves.
    pub share: Option<f64>,
}

/// Instances that requests come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Serving {
    /// Old ones.
    pub old: u32,
    /// New ones.
    pub new: u32,
}

/// What is waited for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Wait {
    /// A word for tools: [`WaitingOn::code`].
    pub code: &'static str,
    /// For people.
    pub text: String,
}

impl Forecast {
    /// Whether everything is as it should be in the end.
    pub fn is_reached(&self) -> bool {
        self.outcome == Outcome::Reached
    }
}

impl Row {
    pub(super) fn at(at: Duration) -> Self {
        Self {
            at,
            events: Vec::new(),
            deeds: Vec::new(),
            waiting_on: None,
            old: 0,
            new: 0,
            state: State::default(),
            serving: Serving::default(),
            share: None,
        }
    }

    pub(super) fn stands(&mut self, tally: &Tally) {
        [self.old, self.new] = tally.instances;
        (self.state, self.serving, self.share) = (tally.state, tally.serving, tally.share);
    }

    /// Instances of both sides, in whatever stage.
    pub const fn total(&self) -> u64 {
        self.state.running()
    }
}

impl Serving {
    /// Of both sides.
    pub const fn total(self) -> u64 {
        self.old as u64 + self.new as u64
    }
}

impl From<&WaitingOn> for Wait {
    fn from(waiting_on: &WaitingOn) -> Self {
        Self { code: waiting_on.code(), text: waiting_on.to_string() }
    }
}
