//! What the judge finds.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;
use core::time::Duration;

use super::report::Rule;
use super::wire::How;
use crate::ports::Name;
use crate::units::{AppId, TaskId, Timestamp};

use crate::verify::Severity;

/// Something worth knowing, with its place.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Finding {
    /// When it was.
    pub at: Timestamp,
    /// The task that it is about, where it is about one.
    pub task: Option<TaskId>,
    /// What it is.
    pub fault: Fault,
}

/// What can be found.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Fault {
    /// Fewer instances serve than have to, after as many did.
    BelowFloor {
        /// How many serve.
        serving: u32,
        /// How many have to.
        floor: u32,
        /// How many that served at the look before the rollout itself took out.
        taken: u32,
        /// How many that served at the look before are out for other reasons.
        failed: u32,
    },
    /// Something was stopped or removed although too few would serve without it.
    TooFewRemain {
        /// Of which app.
        app: AppId,
        /// How many serve without what was stopped.
        remain: u32,
        /// How many have to.
        floor: u32,
    },
    /// An app was removed before any instance of the one that takes its place served.
    OnlySideRemoved {
        /// Which app.
        app: AppId,
    },
    /// A task was stopped that a balancer sent requests to.
    StoppedServing {
        /// The balancer.
        balancer: Box<str>,
        /// The server.
        server: Name,
    },
    /// A task was stopped at which sessions went on, or requests waited.
    StoppedBusy {
        /// The balancer.
        balancer: Box<str>,
        /// The server.
        server: Name,
        /// How many.
        sessions: u64,
    },
    /// Sessions were cut although the policy does not say so, or before their time had passed.
    CutTooEarly {
        /// How many.
        sessions: u64,
        /// How long their server had taken nothing new.
        drained: Duration,
        /// How long they have.
        allowed: Duration,
    },
    /// A task was stopped while processes that a reload replaced still had connections.
    StoppedWithOldWorkers {
        /// How many processes.
        count: u64,
    },
    /// More instances were given up than had been drained; which, Marathon chose.
    ScaledUndrained {
        /// Of which app.
        app: AppId,
        /// How many were given up.
        down: u32,
        /// How many of its tasks were drained.
        drained: u32,
    },
    /// A task was stopped while a balancer was not seen.
    StoppedUnseen,
    /// At the end, the weights give other shares than the nearest that weights can give.
    SharesOff {
        /// The balancer.
        balancer: Box<str>,
        /// What the new app gets, as a part of 1; none where nothing serves.
        found: Option<f64>,
        /// What it should get.
        wanted: f64,
        /// What it could get, nearest to that.
        nearest: f64,
    },
    /// Something was set, and was never seen to be in force.
    NeverInForce {
        /// The balancer.
        balancer: Box<str>,
        /// The server.
        server: Name,
        /// What was set.
        setting: String,
    },
    /// Something that was in force changed, and neither the rollout nor a notice says why.
    Changed {
        /// The balancer.
        balancer: Box<str>,
        /// The server.
        server: Name,
        /// What had been set.
        setting: String,
    },
    /// A server that takes requests stands for none of the tasks, or for several.
    Unmatched {
        /// The balancer.
        balancer: Box<str>,
        /// The server.
        server: Name,
        /// Whether it could stand for several.
        several: bool,
    },
    /// Nothing is recorded for a long time, or a line could not be read.
    Gap {
        /// How long.
        silence: Duration,
    },
    /// The recording stops before the rollout ends.
    NoEnd,
    /// Somebody else took it over.
    TakenOver {
        /// By which generation, where that is recorded.
        generation: Option<u64>,
    },
    /// It ended elsewhere than at its target.
    NotReached {
        /// How.
        outcome: How,
    },
}

impl Fault {
    /// A word for tools; never changes.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::BelowFloor { .. } => "below-floor",
            Self::TooFewRemain { .. } => "too-few-remain",
            Self::OnlySideRemoved { .. } => "only-side-removed",
            Self::StoppedServing { .. } => "stopped-serving",
            Self::StoppedBusy { .. } => "stopped-busy",
            Self::CutTooEarly { .. } => "cut-too-early",
            Self::StoppedWithOldWorkers { .. } => "stopped-with-old-workers",
            Self::ScaledUndrained { .. } => "scaled-undrained",
            Self::StoppedUnseen => "stopped-unseen",
            Self::SharesOff { .. } => "shares-off",
            Self::NeverInForce { .. } => "never-in-force",
            Self::Changed { .. } => "changed",
            Self::Unmatched { .. } => "unmatched-server",
            Self::Gap { .. } => "gap",
            Self::NoEnd => "no-end",
            Self::TakenOver { .. } => "taken-over",
            Self::NotReached { .. } => "not-reached",
        }
    }

    /// How bad it is: what breaks a rule is a violation.
    pub const fn severity(&self) -> Severity {
        match self {
            Self::BelowFloor { .. }
            | Self::TooFewRemain { .. }
            | Self::OnlySideRemoved { .. }
            | Self::StoppedServing { .. }
            | Self::StoppedBusy { .. }
            | Self::CutTooEarly { .. }
            | Self::StoppedWithOldWorkers { .. }
            | Self::ScaledUndrained { .. }
            | Self::SharesOff { .. }
            | Self::NeverInForce { .. } => Severity::Violation,
            Self::StoppedUnseen
            | Self::Changed { .. }
            | Self::Unmatched { .. }
            | Self::Gap { .. }
            | Self::NoEnd => Severity::Warning,
            Self::TakenOver { .. } | Self::NotReached { .. } => Severity::Note,
        }
    }

    /// The rule that it is about.
    pub const fn rule(&self) -> Rule {
        match self {
            Self::BelowFloor { .. } | Self::Unmatched { .. } => Rule::Capacity,
            Self::TooFewRemain { .. } | Self::OnlySideRemoved { .. } => Rule::Order,
            Self::StoppedServing { .. }
            | Self::StoppedBusy { .. }
            | Self::CutTooEarly { .. }
            | Self::StoppedWithOldWorkers { .. }
            | Self::ScaledUndrained { .. }
            | Self::StoppedUnseen => Rule::Drain,
            Self::SharesOff { .. } | Self::NeverInForce { .. } | Self::Changed { .. } => {
                Rule::Weights
            }
            Self::Gap { .. } | Self::NoEnd | Self::TakenOver { .. } | Self::NotReached { .. } => {
                Rule::Completeness
            }
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BelowFloor { serving, floor, taken, failed } => {
                write!(f, "{serving} serve and {floor} have to: ")?;
                match (taken, failed) {
                    (0, 0) => f.write_str("too few had served before"),
                    (0, failed) => write!(f, "{failed} failed by themselves"),
                    (taken, 0) => write!(f, "the rollout took {taken} out"),
                    _ => write!(f, "the rollout took {taken} out, and {failed} failed"),
                }
            }
            Self::TooFewRemain { app, remain, floor } => write!(
                f,
                "instances of {app} were told to stop where {remain} serve without them and \
                 {floor} have to"
            ),
            Self::OnlySideRemoved { app } => {
                write!(f, "{app} was removed, and nothing of the other app served")
            }
            Self::StoppedServing { balancer, server } => {
                write!(f, "told to stop while {balancer} sent requests to {server}")
            }
            Self::StoppedBusy { balancer, server, sessions } => {
                write!(f, "told to stop with {} at {server} of {balancer}", Sessions(*sessions))
            }
            Self::CutTooEarly { sessions, drained, allowed } => write!(
                f,
                "{} cut after {} s of draining; they have {} s, and the policy decides what then",
                Sessions(*sessions),
                drained.as_secs(),
                allowed.as_secs()
            ),
            Self::StoppedWithOldWorkers { count } => write!(
                f,
                "told to stop while old processes of HAProxy ({count}) still had connections"
            ),
            Self::ScaledUndrained { app, down, drained } => {
                write!(f, "{down} of {app} were given up, and {drained} were drained")
            }
            Self::StoppedUnseen => f.write_str("told to stop while a balancer was not seen"),
            Self::SharesOff { balancer, found: None, wanted, .. } => {
                write!(f, "{balancer}: nothing serves; {:.2} % are for the new app", wanted * 100.0)
            }
            Self::SharesOff { balancer, found: Some(found), wanted, nearest } => write!(
                f,
                "{balancer}: the new app gets {:.2} % and not {:.2} %; weights could give {:.2} %",
                found * 100.0,
                wanted * 100.0,
                nearest * 100.0
            ),
            Self::NeverInForce { balancer, server, setting } => {
                write!(f, "{setting} was set for {server} and never seen at {balancer}")
            }
            Self::Changed { balancer, server, setting } => write!(
                f,
                "{server} of {balancer} no longer has {setting}, which was in force: somebody else \
                 changed it"
            ),
            Self::Unmatched { balancer, server, several: true } => {
                write!(f, "{server} of {balancer} could stand for several tasks")
            }
            Self::Unmatched { balancer, server, several: false } => {
                write!(f, "{server} of {balancer} takes requests and stands for no task")
            }
            Self::Gap { silence } if silence.is_zero() => f.write_str("a line cannot be used"),
            Self::Gap { silence } => write!(f, "nothing is recorded for {} s", silence.as_secs()),
            Self::NoEnd => f.write_str("the recording stops before the rollout ends"),
            Self::TakenOver { generation: Some(generation) } => {
                write!(f, "generation {generation} took it over")
            }
            Self::TakenOver { generation: None } => f.write_str("somebody else took it over"),
            Self::NotReached { outcome } => write!(f, "it did not reach its target: {outcome}"),
        }
    }
}

struct Sessions(u64);

impl fmt::Display for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1 => f.write_str("1 session"),
            n => write!(f, "{n} sessions"),
        }
    }
}
