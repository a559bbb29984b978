//! Arguments for the steps of a canary, and for what is watched between them.

use std::str::FromStr;

use clap::{Args, ValueEnum};
use zdd_core::rollout::{Limits, OnFailure, Part, Pause};

use super::{Percent, Span};

/// Several shares one after the other, and what must not be seen meanwhile.
///
/// Errors and response times are what HAProxy counts of each server.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Steps")]
pub(crate) struct StepArgs {
    /// Shares one after the other, each with instances and how long it is kept where that is said, as in
    /// `5:10m,25x2:10m,50x3:approve`; then the new version is promoted
    #[arg(long, value_name = "STEPS", value_delimiter = ',', conflicts_with = "weight")]
    pub(crate) steps: Vec<StepText>,
    /// How long a share is kept and watched where a step does not say it: a time, or `approve` for until
    /// `zdd canary approve`
    #[arg(long, value_name = "TIME")]
    pub(crate) pause: Option<PauseText>,
    /// After the last step leave both versions as they are
    #[arg(long, requires = "steps")]
    pub(crate) stay: bool,
    /// What to do when a limit is passed [default: rollback]
    #[arg(long, value_name = "WHAT")]
    on_failure: Option<FailureText>,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
}

impl StepArgs {
    /// The share of the first step.
    pub(crate) fn first_share(&self) -> Option<Percent> {
        self.steps.first().map(|step| step.share)
    }

    /// What to do when a limit is passed.
    pub(crate) fn on_failure(&self) -> OnFailure {
        self.on_failure.unwrap_or(FailureText::Rollback).into()
    }

    /// Whether some share is kept, so that something is watched.
    pub(crate) fn is_kept(&self) -> bool {
        self.pause.is_some() || self.steps.iter().any(|step| step.pause.is_some())
    }

    /// The first option that was given and is about what is watched.
    pub(crate) fn about_watching(&self) -> Option<&'static str> {
        self.limits.given().or(self.on_failure.map(|_| "--on-failure"))
    }
}

/// What must not be seen of the new version.
#[derive(Args, Clone, Copy, Debug)]
#[command(next_help_heading = "Limits of a step")]
pub(crate) struct LimitArgs {
    /// Share of its requests that may fail, in percent
    #[arg(long, value_name = "PERCENT")]
    pub(crate) max_errors: Option<Percent>,
    /// By how much more of them may fail than of the old version's, in percentage points [default: 1]
    #[arg(long, value_name = "PERCENT")]
    pub(crate) max_extra_errors: Option<Percent>,
    /// How long it may take to answer, on average
    #[arg(long, value_name = "TIME")]
    pub(crate) max_response_time: Option<Span>,
    /// By how much slower than the old version it may be, in percent
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u32).range(0..=4_000))]
    pub(crate) max_slowdown: Option<u32>,
    /// For how long not all of its instances may serve [default: 30s]
    #[arg(long, value_name = "TIME")]
    pub(crate) max_unhealthy: Option<Span>,
    /// How many requests it has to get before anything is said about errors and times [default: 20]
    #[arg(long, value_name = "N")]
    pub(crate) min_requests: Option<u64>,
}

impl LimitArgs {
    pub(crate) fn limits(&self) -> Limits {
        Limits {
            errors: self.max_errors.map(Percent::part),
            more_errors: Some(self.max_extra_errors.unwrap_or(Percent::ONE).part()),
            response_time: self.max_response_time.map(Span::time),
            slower: self.max_slowdown.map(|it| Part::of_millionths((100 + it) * 10_000)),
            unhealthy: Some(self.max_unhealthy.unwrap_or(Span::seconds(30)).time()),
            requests: self.min_requests.unwrap_or(20),
        }
    }

    /// The first that was given.
    fn given(&self) -> Option<&'static str> {
        let options = [
            ("--max-errors", self.max_errors.is_some()),
            ("--max-extra-errors", self.max_extra_errors.is_some()),
            ("--max-response-time", self.max_response_time.is_some()),
            ("--max-slowdown", self.max_slowdown.is_some()),
            ("--max-unhealthy", self.max_unhealthy.is_some()),
            ("--min-requests", self.min_requests.is_some()),
        ];
        options.into_iter().find(|(_, is_given)| *is_given).map(|(option, _)| option)
    }
}

/// One step, as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StepText {
    pub(crate) share: Percent,
    pub(crate) instances: Option<u32>,
    pub(crate) pause: Option<PauseText>,
}

impl FromStr for StepText {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (what, pause) = match text.split_once(':') {
            Some((what, pause)) => (what, Some(pause)),
            None => (text, None),
        };
        let (share, instances) = match what.split_once('x') {
            Some((share, instances)) => (share, Some(instances)),
            None => (what, None),
        };
        let instances = instances.map(|it| match it.parse() {
            Ok(instances @ 1..=1_000_000) => Ok(instances),
            _ => Err(format!("`{it}` is not a number of instances from 1 to 1000000")),
        });
        Ok(Self {
            share: share.parse()?,
            instances: instances.transpose()?,
            pause: pause.map(str::parse).transpose()?,
        })
    }
}

/// How long a share is kept, as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PauseText(pub(crate) Pause);

impl FromStr for PauseText {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "approve" {
            return Ok(Self(Pause::Approval));
        }
        match text.parse::<Span>() {
            Ok(span) => Ok(Self(Pause::For(span.time()))),
            Err(error) => Err(format!("`{text}` is {error}, and not `approve`")),
        }
    }
}

/// What to do when a limit is passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailureText {
    /// Give everything back to the old version
    Rollback,
    /// Stop there; everything stays as it is
    Stop,
}

impl From<FailureText> for OnFailure {
    fn from(what: FailureText) -> Self {
        match what {
            FailureText::Rollback => Self::Rollback,
            FailureText::Stop => Self::Stop,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_step_is_a_share_with_instances_and_a_pause() {
        let step = |text: &str| text.parse::<StepText>();
        let percent = |text: &str| text.parse::<Percent>().unwrap();
        let pause = |secs| Some(PauseText(Pause::For(Duration::from_secs(secs))));
        let of = |share, instances, pause| Ok(StepText { share: percent(share), instances, pause });
        assert_eq!(step("5"), of("5", None, None));
        assert_eq!(step("0.5%:10m"), of("0.5", None, pause(600)));
        assert_eq!(step("25x2:30s"), of("25", Some(2), pause(30)));
        let approved = Some(PauseText(Pause::Approval));
        assert_eq!(step("50x3:approve"), of("50", Some(3), approved));
        for wrong in ["", "x2", "5x", "5x0", "5:", "5:never", "101", "5x2x3", "-5"] {
            assert!(step(wrong).is_err(), "{wrong}");
        }
    }
}
