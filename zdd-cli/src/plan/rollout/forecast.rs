//! The plan of a rollout: what is made of what runs, to its end.

use std::time::Duration;

use zdd_core::app::App;
use zdd_core::rollout::forecast::{Binding, Forecast, Lasting, Limits, Row, World, forecast};
use zdd_core::rollout::record::{Phase, Record};
use zdd_core::rollout::{OnDrainTimeout, Patience, Pause, Rollout, Target, Traffic};
use zdd_core::timeline::Assumptions;

use super::present::{Origin, Present};
use crate::args::{Span, Times};
use crate::error::CliError;
use crate::fit::{Answer, Place};
use crate::input::Source;
use crate::rollout::{Canary, Prepared};

/// A rollout to its end.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) source: Source,
    pub(crate) record: Record,
    pub(crate) origin: Origin,
    pub(crate) n_balancers: u32,
    pub(crate) lasting: Lasting,
    /// What is done, one part after the other.
    pub(crate) parts: Vec<Part>,
    /// The apps that the first so many of them are about: the one that runs, and the one that comes.
    pub(crate) apps: (Option<App>, App),
    pub(crate) n_of_apps: usize,
    pub(crate) binding: Binding,
}

/// A part of a plan that is begun by a command of its own.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    /// Where it leads to.
    pub(crate) record: Record,
    pub(crate) forecast: Forecast,
    /// How long everything is kept then.
    pub(crate) pause: Option<Pause>,
    /// Whether somebody has to begin it.
    pub(crate) is_later: bool,
}

/// How long things last, and how long they are waited for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    pub(crate) times: Times,
    pub(crate) sessions: Duration,
    pub(crate) patience: Patience,
}

impl Pace {
    /// Where the times of instances are those of their definitions.
    pub(crate) fn of(patience: Patience) -> Self {
        Self { times: Times::default(), sessions: Span::FIVE_SECONDS.time(), patience }
    }

    pub(crate) const fn drain(&self) -> (Duration, OnDrainTimeout) {
        (self.patience.drain, self.patience.on_drain_timeout)
    }
}

impl Plan {
    /// What `prepared` leads to, and a canary's promotion after it.
    pub(crate) fn of(
        prepared: &Prepared,
        present: &Present,
        source: Source,
        pace: Pace,
    ) -> Result<Self, CliError> {
        present.admits(prepared)?;
        let Prepared { record, app } = prepared;
        let lasting = lasting(prepared, present, pace);
        let mut world = world(record, present, lasting)?;
        let mut parts: Vec<Part> = Vec::new();
        let mut next = Some((record.clone(), false));
        while let Some((record, is_later)) = next.take() {
            let pause = record.course.as_ref().and_then(|it| it.step()?.pause);
            let pause = pause.filter(|_| record.phase == Phase::Canary);
            let rollout = record.rollout().with_patience(pace.patience);
            let forecast = told(&mut world, rollout.with_definition(app.clone()))?;
            if forecast.is_reached() {
                next = following(&record);
            }
            parts.push(Part { record, forecast, pause, is_later });
        }
        Ok(Self {
            source,
            record: record.clone(),
            origin: present.origin.clone(),
            n_balancers: present.n_balancers,
            lasting,
            apps: (running(prepared, present).cloned(), app.clone()),
            n_of_apps: parts.len(),
            parts,
            binding: Binding::of_rollout(record, app, pace.drain(), present.sight()),
        })
    }

    /// What a canary's start does next, and what follows it.
    pub(crate) fn of_canary(
        canary: &Canary<'_>,
        present: &Present,
        source: Source,
        pace: Pace,
    ) -> Result<Self, CliError> {
        let next = canary.prepared(present.found.as_ref(), &present.running)?;
        let mut plan = Self::of(&next.prepared, present, source.clone(), pace)?;
        if next.before.is_some() && plan.is_reached() {
            let present = present.after(next.prepared.app);
            let next = canary.prepared(None, &present.running)?;
            plan.parts.extend(Self::of(&next.prepared, &present, source, pace)?.parts);
        }
        Ok(plan)
    }

    /// Whether it fits a cluster. Of a version that is deployed first so that a canary can be compared
    /// with it, the way to there.
    pub(crate) fn fits(&self, place: &Place) -> Result<Answer, CliError> {
        let (old, new) = &self.apps;
        let parts = self.parts.iter().take(self.n_of_apps);
        let rows: Vec<Row> = parts.flat_map(|part| part.forecast.rows.iter().cloned()).collect();
        let mut answer = place.of_rollout(old.as_ref(), new, &rows)?;
        if self.n_of_apps < self.parts.len() {
            answer.assumed.push(format!("what comes after {} is not looked at", new.id()));
        }
        Ok(answer)
    }

    /// Whether all of it gets to its end.
    pub(crate) fn is_reached(&self) -> bool {
        self.parts.iter().all(|part| part.forecast.is_reached())
    }
}

/// What comes after it, and whether somebody has to begin it.
fn following(record: &Record) -> Option<(Record, bool)> {
    if record.phase != Phase::Canary || record.old.is_none() {
        return None;
    }
    let mut next = record.onward(record.since);
    // Its pause is told with it.
    while let Some(record) = next.take_if(|it| it.is_watched()) {
        next = record.onward(record.since);
    }
    let stands = || Record { hold: record.traffic, ..record.clone() };
    match next {
        Some(next) => Some((next, false)),
        None => stands().turned(Phase::Promote).map(|it| (it, true)),
    }
}

fn told(world: &mut World, mut rollout: Rollout) -> Result<Forecast, CliError> {
    Ok(forecast(world, &mut rollout, Limits::default())?)
}

/// The world as it is before anything is done.
fn world(record: &Record, present: &Present, lasting: Lasting) -> Result<World, CliError> {
    let world = World::new(record.old.clone(), record.new.clone(), lasting);
    let world = world.with_balancers(present.n_balancers);
    let world = if record.traffic == Traffic::Untouched { world.merging() } else { world };
    let mut world = present.running.iter().fold(world, World::with_running);
    let instances = |id| present.running.iter().find(|app| app.id() == id).map(App::instances);
    let sides = record.old.as_ref().and_then(instances).zip(instances(&record.new));
    if let Some((old, new)) = sides
        && let Traffic::Split(_) = record.hold
    {
        // Where both stand, the traffic is split already.
        let target = Target { old: old.get(), new: new.get(), traffic: record.hold };
        let stands = Rollout::new(record.old.clone(), record.new.clone(), target);
        told(&mut world, stands.holding(record.hold))?;
    }
    Ok(world)
}

/// The app that runs, if one does.
fn running<'p>(prepared: &Prepared, present: &'p Present) -> Option<&'p App> {
    let is_old = |app: &&App| Some(app.id()) == prepared.record.old.as_ref();
    present.running.iter().find(is_old)
}

fn lasting(prepared: &Prepared, present: &Present, pace: Pace) -> Lasting {
    let old = running(prepared, present).unwrap_or(&prepared.app);
    Lasting {
        old: pace.times.or(Assumptions::of(old)),
        new: pace.times.or(Assumptions::of(&prepared.app)),
        sessions: pace.sessions,
    }
}
