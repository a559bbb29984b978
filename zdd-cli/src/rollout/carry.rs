//! Carries a rollout out, and says what happens.

use std::time::Duration;

use tokio::time::sleep;
use zdd_core::drive::{Claim, Drive, DriveError, Go, Witness};
use zdd_core::ports::{LoadBalancer, Marathon, MarathonError};
use zdd_core::rollout::record::{Phase, Record};
use zdd_core::rollout::{
    Action, Decision, Next, Observation, Outcome, Patience, Rollout, WaitingOn, refuse_foreign,
};
use zdd_core::units::Timestamp;

use super::away::{ASK_AGAIN, Away};
use super::error::CanaryError;
use super::gate::{Gate, Pass};
use super::hooked::Hooked;
use super::lines::Teller;
use super::watchers::{Watchers, warned};
use crate::args::{CheckHookArgs, HookArgs, PaceArgs};
use crate::clock::SystemClock;
use crate::error::{Call, CliError};
use crate::follow::{Console, Operator};

/// How often it is looked whether somebody took the rollout over, while nothing is done.
const LOOK_FOR_OTHERS: Duration = Duration::from_secs(5);

/// What a rollout is carried out with.
#[derive(Clone, Copy)]
pub(super) struct Means<'m> {
    pub(super) marathon: &'m dyn Marathon,
    pub(super) balancer: &'m dyn LoadBalancer,
    pub(super) pace: &'m PaceArgs,
    pub(super) watchers: &'m Watchers,
    /// Whom to ask before something is destroyed.
    pub(super) hooks: Option<&'m HookArgs>,
    /// Whom to ask while a canary is watched.
    pub(super) check: Option<&'m CheckHookArgs>,
}

/// How carrying out ended.
pub(super) enum Carried {
    /// Everything is as it should be, as was seen last.
    Reached(Box<Observation>),
    /// Ctrl-C.
    Interrupted,
}

pub(super) fn patience(pace: &PaceArgs) -> Patience {
    Patience {
        wait: pace.timeout.time(),
        drain: pace.drain.drain_timeout.time(),
        on_drain_timeout: pace.drain.on_drain_timeout.into(),
        ..Patience::default()
    }
}

/// Carries out what a claim's record says.
pub(super) async fn carry_out(
    claim: &mut Claim<'_>,
    means: Means<'_>,
    operator: &mut dyn Operator,
    console: &mut Console<'_>,
) -> Result<Carried, CliError> {
    let mut hooked = means.hooks.and_then(|hooks| Hooked::new(hooks, &claim.record));
    let gate = hooked.as_mut().map(|it| it as &mut dyn Gate);
    carry_through(claim, means, gate, operator, console).await
}

/// The same, with somebody to ask.
pub(super) async fn carry_through<'p>(
    claim: &mut Claim<'_>,
    means: Means<'_>,
    gate: Option<&'p mut (dyn Gate + 'p)>,
    operator: &mut dyn Operator,
    console: &mut Console<'_>,
) -> Result<Carried, CliError> {
    let patience = patience(means.pace);
    let mut rollout = claim.record.rollout().with_patience(patience);
    if let Some(definition) = &claim.definition {
        rollout = rollout.with_definition(definition.clone());
    }
    let clock = SystemClock;
    let backend = claim.record.backend.clone();
    let Means { marathon, balancer, watchers, .. } = means;
    let drive = Drive { marathon, balancer, backend: &backend, clock: &clock };
    let mut witness = Teller::new(console);
    watchers.begin(&claim.record, claim.generation(), &patience);
    let mut guard = Guard {
        claim,
        gate,
        witness: &mut witness,
        watchers,
        looked: None,
        is_old: false,
        away: Away::for_at_most(patience.wait),
        error: None,
        seen: None,
    };
    let ran = loop {
        let ran = tokio::select! {
            biased;
            ran = drive.run(&mut rollout, &mut guard) => Some(ran),
            () = operator.interrupted() => None,
        };
        if matches!(ran, Some(Err(DriveError::Stopped))) && std::mem::take(&mut guard.is_old) {
            continue;
        }
        if !guard.waits_for_marathon(ran.as_ref())? {
            break ran;
        }
        tokio::select! {
            () = operator.interrupted() => break None,
            () = sleep(ASK_AGAIN) => guard.error = None,
        }
    };
    let (error, seen) = (guard.error.take(), guard.seen.take());
    watchers.ended(ran.as_ref(), error.as_ref());
    witness.finish()?;
    if let Some(error) = error {
        return Err(error);
    }
    match ran {
        None => Ok(Carried::Interrupted),
        Some(Ok(Outcome::Reached)) => Ok(Carried::Reached(Box::new(seen.unwrap_or_default()))),
        Some(Ok(outcome)) => Err(refusal(outcome, &claim.record, means.pace).into()),
        Some(Err(DriveError::Marathon(error))) => Err(error.into()),
        Some(Err(DriveError::Refused { action, error })) => Err(failed(&action, error)),
        // Only the guard stops it, and it says why.
        Some(Err(_)) => Err(CanaryError::Lost { group: claim.record.group.clone() }.into()),
    }
}

/// That Marathon refused something.
fn failed(action: &Action, error: MarathonError) -> CliError {
    let (app, call) = match action {
        Action::Create(app) => (Some(app.id()), Call::Create),
        Action::Scale { app, .. } | Action::Kill { app, .. } => (Some(app), Call::Scale),
        Action::Delete { app, .. } => (Some(app), Call::Delete),
        Action::Set(_) | Action::Cut(_) => (None, Call::Other),
    };
    CliError::Marathon { about: app.map(ToString::to_string), call, error }
}

/// Why a rollout ended where it should not.
fn refusal(outcome: Outcome, record: &Record, pace: &PaceArgs) -> CanaryError {
    let group = &record.group;
    match outcome {
        Outcome::TimedOut(waiting_on) => {
            let is_drain =
                matches!(waiting_on, WaitingOn::Sessions { .. } | WaitingOn::OldWorkers { .. });
            let waited = if is_drain { pace.drain.drain_timeout } else { pace.timeout }.time();
            let is_balancer =
                matches!(waiting_on, WaitingOn::Balancer { .. } | WaitingOn::NoBalancer);
            let is_way_back = record.phase == Phase::Rollback;
            let group = group.into();
            CanaryError::TimedOut { group, waiting_on, waited, is_balancer, is_way_back }
        }
        Outcome::Stuck { why, hint } => CanaryError::Stuck { why, hint },
        Outcome::Vanished(side) => CanaryError::Vanished { side, group: group.into() },
        Outcome::Changed(app) => CanaryError::Changed { group: group.into(), app },
        Outcome::Failed(failure) => {
            CanaryError::LimitPassed { group: group.to_owned(), what: failure.to_string() }
        }
        other => CanaryError::Stuck { why: format!("it ended: {other}"), hint: None },
    }
}

/// What Marathon failed with.
fn of_marathon<'e>(
    ran: Option<&'e Result<Outcome, DriveError>>,
    error: Option<&'e CliError>,
) -> Option<&'e MarathonError> {
    match (error, ran?) {
        (Some(CliError::Marathon { error, .. }), _)
        | (None, Err(DriveError::Marathon(error) | DriveError::Refused { error, .. })) => {
            Some(error)
        }
        _ => None,
    }
}

/// Sees to it that nothing is done any more once somebody else has taken the rollout over.
struct Guard<'g, 'c, 't, 'w, 'p> {
    claim: &'g mut Claim<'c>,
    gate: Option<&'p mut (dyn Gate + 'p)>,
    witness: &'g mut Teller<'t, 'w>,
    watchers: &'g Watchers,
    looked: Option<Timestamp>,
    /// Whether it was stopped only because what was seen is old by now.
    is_old: bool,
    away: Away,
    error: Option<CliError>,
    seen: Option<Observation>,
}

impl Guard<'_, '_, '_, '_, '_> {
    /// Whether Marathon does not answer, and is to be asked again.
    fn waits_for_marathon(
        &mut self,
        ran: Option<&Result<Outcome, DriveError>>,
    ) -> Result<bool, CliError> {
        let Some(error) = of_marathon(ran, self.error.as_ref()) else { return Ok(false) };
        self.away.is_waited_for(error, &mut |line| self.witness.warning(line))
    }

    async fn look(
        &mut self,
        now: Timestamp,
        seen: &Observation,
        decision: &Decision,
    ) -> Result<Go, CliError> {
        self.seen = Some(seen.clone());
        self.away.is_back();
        // Nothing is done to an app of somebody else, whichever id it has.
        for side in [&seen.old, &seen.new].into_iter().flatten() {
            refuse_foreign(&self.claim.record, &side.app)?;
        }
        let due = self.looked.is_none_or(|at| now < at || now.since(at) >= LOOK_FOR_OTHERS);
        if due || !decision.actions.is_empty() {
            self.looked = Some(now);
            if !self.claim.is_ours().await? {
                return Ok(Go::Stop);
            }
        }
        // Whoever goes on after a crash knows then what was pushed by somebody else meanwhile.
        let mut known = self.claim.record.known;
        known.note(seen);
        if decision.actions.iter().any(|it| matches!(it, Action::Create(_))) {
            known.new = None;
        }
        if known != self.claim.record.known {
            let before = std::mem::replace(&mut self.claim.record.known, known);
            if let Err(error) = self.claim.update().await {
                // It is not written down: the next look has to see that it differs.
                self.claim.record.known = before;
                return Err(error.into());
            }
        }
        for (balancer, notice) in self.watchers.noticed(seen, decision) {
            self.witness.notice(&balancer, &notice)?;
        }
        if let Some(gate) = &mut self.gate {
            let witness = &mut *self.witness;
            let mut say = |line: &str| witness.hook(line);
            for action in &decision.actions {
                self.is_old |= gate.pass(action, seen, &mut say).await? == Pass::AfterALook;
            }
            if self.is_old {
                return Ok(Go::Stop);
            }
        }
        if let Next::ObserveBy { waiting_on, .. } = &decision.next
            && decision.actions.is_empty()
        {
            self.witness.waiting(waiting_on, now, seen)?;
        }
        self.watchers.decided(now, seen, decision);
        for warning in self.watchers.warnings() {
            self.witness.warning(&warned(&warning))?;
        }
        Ok(Go::On)
    }
}

impl Witness for Guard<'_, '_, '_, '_, '_> {
    async fn decided(&mut self, now: Timestamp, seen: &Observation, decision: &Decision) -> Go {
        match self.look(now, seen, decision).await {
            Ok(go) => go,
            Err(error) => {
                self.error = Some(error);
                Go::Stop
            }
        }
    }

    async fn done(&mut self, now: Timestamp, action: &Action) {
        self.watchers.done(now, action);
        if let Err(error) = self.witness.action(action, self.seen.as_ref()) {
            self.error.get_or_insert(error);
        }
    }
}

/// One look at everything, of which nothing comes.
pub(super) async fn look(
    rollout: &Rollout,
    backend: &zdd_core::ports::Name,
    marathon: &dyn Marathon,
    balancer: &dyn LoadBalancer,
) -> Result<Observation, CliError> {
    let drive = Drive { marathon, balancer, backend, clock: &SystemClock };
    Ok(drive.observe(rollout, Vec::new()).await?)
}

#[cfg(test)]
mod tests;
