//! Starting instances until an app has as many as it should.

use core::time::Duration;

use super::condition::{Condition, Goal};
use super::progress::{Checks, Progress, Reached};
use crate::units::{InstanceCount, InstanceId};

/// Something that happened to an instance of the version that is being started.
///
/// Events of other apps and other versions are not for this engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "an event that is overlooked is a step that never ends"
)]
pub enum StartEvent<'a> {
    /// Its condition or its goal changed.
    Changed {
        /// Which instance.
        id: &'a InstanceId,
        /// What Mesos says now.
        condition: Condition,
        /// What is wanted now.
        goal: Goal,
    },
    /// Its health checks gave a new answer.
    Health {
        /// Which instance.
        id: &'a InstanceId,
        /// The answer.
        is_healthy: bool,
    },
    /// Its readiness check gave an answer.
    Readiness {
        /// Which instance.
        id: &'a InstanceId,
        /// The answer.
        is_ready: bool,
    },
}

/// What to do because of an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct StartOrders {
    /// How many further instances to launch.
    pub launch: InstanceCount,
}

/// The second half of a `ScaleApplication`: launches what is missing and waits for it.
///
/// Done when exactly as many new instances as were missing at the start are healthy and ready.
/// Instances that were there at the start are not waited for, and with nothing to launch it is done
/// at once. An instance that fails while it is wanted is launched again by Marathon's scheduler,
/// without an order; one that ends unwanted is made good by an order. An instance that is merely
/// unreachable stays counted.
///
/// Source: Marathon's `TaskStartActor`.
///
/// # Examples
///
/// ```
/// use zdd_core::scaling::{Checks, Condition, Goal, StartEvent, StartInstances};
/// use zdd_core::units::InstanceId;
///
/// let (mut engine, orders) = StartInstances::start(2.into(), Checks::default(), [Condition::Running]);
/// assert_eq!(orders.launch.get(), 1);
/// let id: InstanceId = "shop.instance-2".parse()?;
/// let orders = engine.on(StartEvent::Changed {
///     id: &id,
///     condition: Condition::Running,
///     goal: Goal::Running,
/// });
/// assert!(orders.launch.is_zero() && engine.is_finished());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartInstances {
    scale_to: InstanceCount,
    missing: InstanceCount,
    progress: Progress,
    is_finished: bool,
}

impl StartInstances {
    /// When to ask for the first [`top_up`](Self::top_up), counted from the start.
    pub const FIRST_TOP_UP: Duration = Duration::from_secs(1);
    /// How long after one [`top_up`](Self::top_up) to ask for the next.
    pub const TOP_UP_INTERVAL: Duration = Duration::from_secs(5);

    /// Begins to bring an app to `scale_to` instances of which these `tracked` ones, of any version
    /// and goal, are there.
    pub fn start(
        scale_to: InstanceCount,
        checks: Checks,
        tracked: impl IntoIterator<Item = Condition>,
    ) -> (Self, StartOrders) {
        let missing = missing(scale_to, tracked);
        let mut engine =
            Self { scale_to, missing, progress: Progress::new(checks), is_finished: false };
        engine.finish_if_complete();
        (engine, StartOrders { launch: missing })
    }

    /// Takes an event in. Once finished, there are no more orders.
    pub fn on(&mut self, event: StartEvent<'_>) -> StartOrders {
        let mut orders = StartOrders::default();
        if self.is_finished {
            return orders;
        }
        let reached = match event {
            StartEvent::Changed { id, condition: Condition::Running, .. } => {
                self.progress.running(id)
            }
            StartEvent::Changed { id, condition, goal } if condition.is_terminal() => {
                self.progress.gone(id);
                if goal.is_terminal() {
                    orders.launch = InstanceCount::ONE;
                }
                Reached::Nothing
            }
            StartEvent::Changed { .. } => Reached::Nothing,
            StartEvent::Health { id, is_healthy } => self.progress.health(id, is_healthy),
            StartEvent::Readiness { id, is_ready } => self.progress.ready(id, is_ready),
        };
        if reached != Reached::Nothing {
            self.finish_if_complete();
        }
        orders
    }

    /// Makes good what got lost without an event, given the instances of any version and goal that
    /// are there now.
    pub fn top_up(&self, tracked: impl IntoIterator<Item = Condition>) -> StartOrders {
        if self.is_finished {
            return StartOrders::default();
        }
        StartOrders { launch: missing(self.scale_to, tracked) }
    }

    /// Whether all that was missing at the start is there.
    pub const fn is_finished(&self) -> bool {
        self.is_finished
    }

    /// Which of the new instances count so far.
    pub const fn progress(&self) -> &Progress {
        &self.progress
    }

    fn finish_if_complete(&mut self) {
        self.is_finished |= self.progress.both(self.missing.get());
    }
}

/// How many instances to launch for there to be `scale_to` at Mesos or on the way to it.
fn missing(scale_to: InstanceCount, tracked: impl IntoIterator<Item = Condition>) -> InstanceCount {
    let is_there =
        |condition: &Condition| condition.is_active() || *condition == Condition::Scheduled;
    let n_there = tracked.into_iter().filter(is_there).count();
    scale_to.saturating_sub(InstanceCount::saturating_from(n_there as u64))
}
