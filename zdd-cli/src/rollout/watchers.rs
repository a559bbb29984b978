//! Everybody who is told what a rollout does, beside the operator: a recording, metrics, a webhook.
//! None of them holds it up, and none of them can end it.

use std::cell::RefCell;

use zdd_core::drive::DriveError;
use zdd_core::rollout::record::Record;
use zdd_core::rollout::{Action, Decision, Next, Observation, Outcome, Patience};
use zdd_core::units::Timestamp;
use zdd_core::verify::rollout::wire::{Begin, Ended, How};

use super::metrics::Metrics;
use super::notices::Notices;
use super::notify::Notifier;
use super::record::Scribe;
use crate::args::ObserveArgs;
use crate::clock::now;
use crate::error::CliError;
use crate::exit::ExitCode;
use crate::follow::Console;

/// All of them, for one run of a verb.
#[derive(Debug, Default)]
pub(crate) struct Watchers {
    told: RefCell<Told>,
    /// What the operator was told of balancers, for as long as the verb runs.
    notices: RefCell<Notices>,
}

#[derive(Debug, Default)]
struct Told {
    scribe: Option<Scribe>,
    metrics: Option<Metrics>,
    notifier: Option<Notifier>,
    /// Whether one and the same rollout is carried out again and again.
    is_repeated: bool,
    has_begun: bool,
    /// The end of one that may go on.
    end: Option<Ended>,
    /// What is to be said to the operator.
    warnings: Vec<String>,
}

impl Watchers {
    /// Those that were asked for; none for a dry run.
    pub(crate) fn open(
        args: &ObserveArgs,
        is_dry: bool,
        console: &mut Console<'_>,
    ) -> Result<Self, CliError> {
        if is_dry {
            return Ok(Self::default());
        }
        let notifier = Notifier::open(args.beside.notify.as_ref())?;
        let metrics = args.beside.metrics.as_deref().map(Metrics::serve).transpose()?;
        let scribe = args.record.clone().map(Scribe::create).transpose()?;
        if let Some(metrics) = &metrics {
            console.tell(&format!("metrics at {}", metrics.url()))?;
        }
        let told = Told { scribe, metrics, notifier, ..Told::default() };
        Ok(Self { told: told.into(), ..Self::default() })
    }

    /// One and the same rollout is carried out again and again: it has one beginning, and one end.
    pub(super) fn of_repeated(self) -> Self {
        self.told.borrow_mut().is_repeated = true;
        self
    }

    pub(super) fn begin(&self, record: &Record, generation: u64, patience: &Patience) {
        let mut told = self.told.borrow_mut();
        if told.has_begun && told.is_repeated {
            return;
        }
        told.has_begun = true;
        let begin = Begin::of(now(), record, generation, patience);
        if let Some(metrics) = &told.metrics {
            metrics.begin(&begin);
        }
        if let Some(notifier) = &mut told.notifier {
            notifier.begin(&begin);
        }
        told.write(|scribe| scribe.begin(begin));
    }

    /// What is to be said of balancers: what somebody else did there.
    pub(super) fn noticed(&self, seen: &Observation, decision: &Decision) -> Vec<(String, String)> {
        let mut notices = self.notices.borrow_mut();
        let new = notices.of(seen, &decision.actions);
        if matches!(decision.next, Next::Done(Outcome::Reached)) {
            notices.rest(seen);
        }
        new
    }

    pub(super) fn decided(&self, now: Timestamp, seen: &Observation, decision: &Decision) {
        let mut told = self.told.borrow_mut();
        if let Some(metrics) = &told.metrics {
            metrics.decided(seen, decision);
        }
        if let Some(notifier) = &mut told.notifier {
            notifier.decided(now, decision);
        }
        told.write(|scribe| scribe.decided(now, seen, decision));
    }

    pub(super) fn done(&self, now: Timestamp, action: &Action) {
        let mut told = self.told.borrow_mut();
        if let Some(metrics) = &told.metrics {
            metrics.done(action);
        }
        told.write(|scribe| scribe.done(now));
    }

    pub(super) fn ended(
        &self,
        ran: Option<&Result<Outcome, DriveError>>,
        error: Option<&CliError>,
    ) {
        let ended = ended(now(), ran, error);
        let mut told = self.told.borrow_mut();
        if told.is_repeated {
            told.end = Some(ended);
        } else {
            told.end(ended);
        }
    }

    /// What is to be said to the operator since the last time.
    pub(super) fn warnings(&self) -> Vec<String> {
        let mut told = self.told.borrow_mut();
        let of_notifier = told.notifier.as_mut().and_then(Notifier::warning);
        told.warnings.extend(of_notifier);
        std::mem::take(&mut told.warnings)
    }

    /// Lets the last notice go out, and says what of a recording is missing.
    pub(crate) async fn finish(
        self,
        answer: Result<ExitCode, CliError>,
        console: &mut Console<'_>,
    ) -> Result<ExitCode, CliError> {
        {
            let mut told = self.told.borrow_mut();
            if let Some(end) = told.end.take() {
                told.end(end);
            }
        }
        let mut warnings = self.warnings();
        let Told { scribe, notifier, .. } = self.told.into_inner();
        if let Some(notifier) = notifier {
            warnings.extend(notifier.finish().await);
        }
        let incomplete = scribe.and_then(Scribe::finish);
        if let Some(path) = &incomplete {
            let path = path.display();
            warnings.push(format!("{path}: incomplete: it ends before the rollout does"));
        }
        for warning in warnings {
            // An error of the rollout outweighs one of saying so.
            let said = console.tell(&warned(&warning));
            if answer.is_ok() {
                said?;
            }
        }
        match answer {
            Ok(ExitCode::Done) if incomplete.is_some() => Ok(ExitCode::Usage),
            answer => answer,
        }
    }
}

/// A warning, as it is said.
pub(super) fn warned(text: &str) -> String {
    format!("warning: {text}")
}

impl Told {
    fn end(&mut self, ended: Ended) {
        if let Some(metrics) = &self.metrics {
            metrics.end(ended.outcome);
        }
        if let Some(notifier) = &mut self.notifier {
            notifier.end(&ended);
        }
        self.write(|scribe| scribe.end(ended));
    }

    fn write(
        &mut self,
        write: impl FnOnce(&mut Scribe) -> Result<(), crate::follow::RecordingFailed>,
    ) {
        let written = self.scribe.as_mut().map_or(Ok(()), write);
        self.warnings.extend(written.err().map(|error| error.to_string()));
    }
}

/// How carrying out ended, for the record.
fn ended(
    at: Timestamp,
    ran: Option<&Result<Outcome, DriveError>>,
    error: Option<&CliError>,
) -> Ended {
    let plain = |outcome| Ended { at, outcome, why: None };
    match (error, ran) {
        (Some(error), _) => Ended { why: Some(error.to_string()), ..plain(How::Failed) },
        (None, None) => plain(How::Interrupted),
        (None, Some(Ok(outcome))) => Ended::of(at, outcome),
        (None, Some(Err(DriveError::Stopped))) => plain(How::Lost),
        (None, Some(Err(error))) => Ended { why: Some(error.to_string()), ..plain(How::Failed) },
    }
}
