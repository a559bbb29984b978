//! Everybody who is told what a rollout does, beside the operator: a recording, metrics, a webhook.
//! None of them holds it up, and none of them can end it.

use std::cell::RefCell;

use zdd_core::drive::DriveError;
use zdd_core::rollout::record::Record;
use zdd_core::rollout::{Action, Decision, Next, Observation, Outcome, Patience};
use zdd_core::units::Timestamp;
use zdd_core::verify::rollout::wire::{Begin, Ended, How};

use super::error::CanaryError;
use super::metrics::Metrics;
use super::notices::Notices;
use super::notify::Notifier;
use super::record::Scribe;
use super::walk::Walked;
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
    /// Whether one has begun of which no end was told.
    goes_on: bool,
    /// The end of a part, which is the end of all if no other part follows.
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
        let is_part = std::mem::replace(&mut told.goes_on, true);
        if is_part && told.is_repeated {
            return;
        }
        told.end = None;
        let begin = Begin::of(now(), record, generation, patience);
        if let Some(metrics) = &told.metrics {
            metrics.begin(&begin);
        }
        if let Some(notifier) = &mut told.notifier {
            if is_part { notifier.turn(&begin) } else { notifier.begin(&begin) }
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
        if !told.is_repeated {
            // The judge has a target to judge each part by.
            told.write(|scribe| scribe.end(ended.clone()));
        }
        told.end = Some(ended);
    }

    /// No other part follows.
    pub(super) fn walked(&self, walked: &Result<Walked, CliError>) {
        let mut told = self.told.borrow_mut();
        let Some(end) = told.end.take() else { return };
        let end = match walked {
            // What was reached is the way back.
            Ok(Walked::TakenBack { what }) => {
                let why = Some(format!("{what}: rolled back"));
                Ended { outcome: How::LimitPassed, why, ..end }
            }
            // Between two parts.
            Err(error) if end.outcome == How::Reached => ended(now(), None, Some(error)),
            Ok(Walked::Interrupted) if end.outcome == How::Reached => ended(now(), None, None),
            _ => end,
        };
        told.end(&end);
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
                told.end(&end);
                if told.is_repeated {
                    told.write(|scribe| scribe.end(end));
                }
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
    fn end(&mut self, ended: &Ended) {
        self.goes_on = false;
        if let Some(metrics) = &self.metrics {
            metrics.end(ended.outcome);
        }
        if let Some(notifier) = &mut self.notifier {
            notifier.end(ended);
        }
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
        (Some(CliError::Canary(CanaryError::LimitPassed { what, .. })), _) => {
            Ended { why: Some(what.clone()), ..plain(How::LimitPassed) }
        }
        (Some(error), _) => Ended { why: Some(error.to_string()), ..plain(How::Failed) },
        (None, None) => plain(How::Interrupted),
        (None, Some(Ok(outcome))) => Ended::of(at, outcome),
        (None, Some(Err(DriveError::Stopped))) => plain(How::Lost),
        (None, Some(Err(error))) => Ended { why: Some(error.to_string()), ..plain(How::Failed) },
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::Value;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use zdd_core::rollout::record::Phase;
    use zdd_core::testing;

    use super::*;
    use crate::args::HookUrl;

    /// Takes what is posted until nobody posts any more.
    async fn take(listener: TcpListener, count: usize) -> Vec<Value> {
        let mut bodies = Vec::new();
        while bodies.len() < count {
            let (mut stream, _) = listener.accept().await.expect("somebody posts");
            let mut request = Vec::new();
            let body = loop {
                assert_ne!(stream.read_buf(&mut request).await.expect("it can be read"), 0);
                let text = String::from_utf8_lossy(&request);
                let body = text.split_once("\r\n\r\n").map(|(_, body)| body);
                if let Some(body) = body.and_then(|body| serde_json::from_str(body).ok()) {
                    break body;
                }
            };
            bodies.push(body);
            let answer = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
            stream.write_all(answer).await.expect("it can be answered");
        }
        bodies
    }

    /// A canary in two parts that is taken back by the operator's check, and one more command.
    #[tokio::test]
    async fn parts_are_recorded_and_only_the_whole_is_told() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let url = format!("http://{}/", listener.local_addr().expect("it listens"));
        let posted = tokio::spawn(take(listener, 6));
        let folder = tempfile::tempdir().expect("a folder can be made");
        let log = folder.path().join("log");
        let notifier = Notifier::open(Some(&HookUrl(url))).expect("it is an address");
        let scribe = Some(Scribe::create(log.clone()).expect("it can be written"));
        let told = Told { scribe, notifier, ..Told::default() };
        let watchers = Watchers { told: told.into(), ..Watchers::default() };

        let reached = Ok(Outcome::Reached);
        let no: CliError =
            CanaryError::LimitPassed { group: "shop".into(), what: "no".into() }.into();
        let begin = |phase| {
            let record = Record { phase, ..testing::record() };
            watchers.begin(&record, 1, &Patience::default());
        };
        begin(Phase::Canary);
        watchers.ended(Some(&reached), None);
        begin(Phase::Canary);
        watchers.ended(None, Some(&no));
        begin(Phase::Rollback);
        watchers.ended(Some(&reached), None);
        watchers.walked(&Ok(Walked::TakenBack { what: "no".into() }));
        begin(Phase::Promote);
        watchers.ended(Some(&reached), None);
        watchers.walked(&Ok(Walked::Reached(Box::default())));
        // Between two parts.
        begin(Phase::Canary);
        watchers.ended(Some(&reached), None);
        watchers.walked(&Ok(Walked::Interrupted));

        let Told { notifier, scribe, .. } = watchers.told.into_inner();
        assert_eq!(notifier.expect("it was given").finish().await, None);
        assert_eq!(scribe.expect("it was given").finish(), None);
        let posted = posted.await.expect("all were taken");
        let told: Vec<[&str; 3]> = posted
            .iter()
            .map(|it| ["event", "phase", "text"].map(|of| it[of].as_str().expect("a text")))
            .collect();
        assert_eq!(
            told,
            [
                ["begin", "canary", "it begins"],
                ["end", "rollback", "limit passed: no: rolled back"],
                ["begin", "promote", "it begins"],
                ["end", "promote", "reached"],
                ["begin", "canary", "it begins"],
                ["end", "canary", "interrupted"],
            ]
        );
        let log = fs::read_to_string(log).expect("it was written");
        let ends: Vec<String> = log
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).expect("a line of JSON"))
            .filter_map(|it| it["outcome"].as_str().map(Into::into))
            .collect();
        assert_eq!(ends, ["reached", "limit-passed", "reached", "reached", "reached"]);
    }
}
