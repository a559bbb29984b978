//! The loop of [`Drive`](crate::drive::Drive), in a world without a clock.

use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;

use super::deed::{Deed, Event};
use super::row::{Forecast, Row, Wait};
use super::steps::Steps;
use super::world::World;
use crate::rollout::waiting::WaitingOn;
use crate::rollout::{Decision, Next, Observation, Outcome};
use crate::timeline::Extreme;
use crate::units::Timestamp;

/// How much a forecast may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "two limits")]
pub struct Limits {
    /// How often it looks at its world.
    pub looks: u64,
    /// How many instances it sees at all looks together.
    pub work: u64,
}

impl Default for Limits {
    /// Each step of a growth takes about a dozen looks. Ten thousand instances that grow by half take
    /// three hundred looks at four million instances, some seconds of work; three times that is allowed. A
    /// thousand that grow one by one take twelve thousand looks, and are just within it.
    fn default() -> Self {
        Self { looks: 40_000, work: 12_000_000 }
    }
}

/// Why a rollout cannot be forecast.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ForecastError {
    /// It takes more steps than are looked at.
    #[error(
        "it is not over after {looks} looks at {instances} instances, at {after:?} from the beginning"
    )]
    TooLong {
        /// How often was looked.
        looks: u64,
        /// How many instances there were at the last look.
        instances: u64,
        /// How much time had passed.
        after: Duration,
    },
    /// Nothing more happens, and it waits on.
    #[error("it waits for ever: {waiting_on}")]
    Endless {
        /// What for, for people.
        waiting_on: alloc::string::String,
    },
}

impl ForecastError {
    /// What can be done about it.
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::TooLong { .. } => Some("let it grow in larger steps"),
            Self::Endless { .. } => None,
        }
    }
}

/// Lets `steps` lead `world` to its end, as [`Drive`](crate::drive::Drive) would: it observes, does what is
/// decided, and lets time pass until the next look. Afterwards the world is as it is then; at rest, if the
/// end was reached.
///
/// Looks at which nothing could be decided but to go on waiting are passed over; the others are made at
/// the very moments at which they would be made.
///
/// # Errors
///
/// When it takes more than `limits` allow, or waits for what never comes.
pub fn forecast(
    world: &mut World,
    steps: &mut dyn Steps,
    limits: Limits,
) -> Result<Forecast, ForecastError> {
    let mut course = Course::new(world, limits);
    let mut sight: Option<(u64, Observation)> = None;
    let mut before: Option<(u64, WaitingOn)> = None;
    loop {
        course.count()?;
        let now = course.world.now();
        let version = course.world.version();
        if sight.as_ref().is_none_or(|(of, _)| *of != version) {
            sight = Some((version, course.world.observe()));
        }
        let Some((_, seen)) = &sight else { continue };
        let Decision { actions, next } = steps.step(now, seen);
        let (deadline, waiting_on) = match next {
            Next::Done(outcome) => return Ok(course.over(outcome)),
            Next::ObserveBy { deadline, waiting_on } => (deadline, waiting_on),
        };
        for action in &actions {
            course.act(action);
        }
        course.waits(&waiting_on);
        let is_idle = actions.is_empty()
            && before.as_ref().is_some_and(|(of, on)| *of == version && on.is_same(&waiting_on));
        let to = if is_idle { course.wake(deadline, &waiting_on, steps)? } else { deadline };
        before = actions.is_empty().then_some((version, waiting_on));
        course.pass(to);
    }
}

/// A world on its way, and what is written down of it.
struct Course<'w> {
    world: &'w mut World,
    began: Timestamp,
    stopped: [u64; 2],
    rows: Vec<Row>,
    lowest: Extreme,
    highest: Extreme,
    looks: u64,
    work: u64,
    limits: Limits,
}

impl<'w> Course<'w> {
    fn new(world: &'w mut World, limits: Limits) -> Self {
        let (began, stopped, tally) = (world.now(), world.stopped(), world.tally());
        let mut first = Row::at(Duration::ZERO);
        first.stands(&tally);
        let extreme = |count| Extreme { count, at: Duration::ZERO };
        let lowest = extreme(first.serving.total());
        let highest = extreme(first.total());
        Self {
            world,
            began,
            stopped,
            rows: vec![first],
            lowest,
            highest,
            looks: 0,
            work: 0,
            limits,
        }
    }

    /// Counts a look.
    fn count(&mut self) -> Result<(), ForecastError> {
        let instances = self.world.instances().count() as u64;
        self.looks += 1;
        self.work += instances;
        if self.looks <= self.limits.looks && self.work <= self.limits.work {
            return Ok(());
        }
        Err(ForecastError::TooLong { looks: self.looks, instances, after: self.at() })
    }

    fn at(&self) -> Duration {
        self.world.now().since(self.began)
    }

    fn act(&mut self, action: &crate::rollout::Action) {
        let deeds = Deed::of(action, self.world);
        self.world.act(action);
        self.note(Vec::new(), deeds);
    }

    /// The look at which something else could be decided: at `deadline`, or one of those after it.
    fn wake(
        &self,
        deadline: Timestamp,
        waiting_on: &WaitingOn,
        steps: &dyn Steps,
    ) -> Result<Timestamp, ForecastError> {
        let now = self.world.now();
        let ends = [self.world.next_event(), steps.wakes_at(now)];
        let Some(end) = ends.into_iter().flatten().min() else {
            return Err(ForecastError::Endless { waiting_on: waiting_on.to_string() });
        };
        Ok(steps.look_from(end, now, deadline))
    }

    fn pass(&mut self, to: Timestamp) {
        while self.world.now() < to {
            let events = self.world.pass(to);
            if !events.is_empty() {
                self.note(events, Vec::new());
            }
        }
    }

    /// Writes down what happened or was done just now.
    fn note(&mut self, events: Vec<Event>, deeds: Vec<Deed>) {
        let (at, tally) = (self.at(), self.world.tally());
        let (serving, total) = (tally.serving.total(), tally.state.running());
        if serving < self.lowest.count {
            self.lowest = Extreme { count: serving, at };
        }
        if total > self.highest.count {
            self.highest = Extreme { count: total, at };
        }
        if self.rows.last().is_none_or(|row| row.at != at) {
            self.rows.push(Row::at(at));
        }
        if let Some(row) = self.rows.last_mut() {
            row.events.extend(events);
            row.deeds.extend(deeds);
            row.stands(&tally);
        }
    }

    /// Writes down what is waited for, at the last moment at which something was.
    fn waits(&mut self, waiting_on: &WaitingOn) {
        if let Some(row) = self.rows.last_mut() {
            row.waiting_on = Some(Wait::from(waiting_on));
        }
    }

    fn over(mut self, outcome: Outcome) -> Forecast {
        let duration = self.at();
        if let Some(row) = self.rows.last_mut() {
            row.waiting_on = None;
        }
        if outcome == Outcome::Reached {
            while let Some(at) = self.world.next_event() {
                self.pass(at);
            }
        }
        let [old, new] = self.world.stopped();
        Forecast {
            lowest_serving: self.lowest,
            highest_total: self.highest,
            stopped: [old - self.stopped[0], new - self.stopped[1]],
            duration,
            at_rest: self.at().max(duration),
            outcome,
            rows: self.rows,
        }
    }
}
