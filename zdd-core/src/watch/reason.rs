//! What is waited for, in types and in words.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use super::intent::Intent;
use crate::ports::{Rejected, TaskFailure};
use crate::units::{AppId, TaskId, Timestamp};

/// Something that is waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Waiting {
    /// Why.
    pub reason: Reason,
    /// How many instances it is about.
    pub count: u32,
    /// Those of them that have a task.
    pub tasks: Vec<TaskId>,
    /// Since when, of the one that waits longest.
    pub since: Option<Timestamp>,
    /// Until when at most, of the one that may take longest.
    pub until: Option<Timestamp>,
}

/// Why something is waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// Marathon delays the launch of instances after failures.
    LaunchDelay {
        /// The failure that is remembered.
        last: Option<TaskFailure>,
    },
    /// A health check fails.
    HealthFailing {
        /// How often in a row, at most.
        failures: u32,
        /// After so many in a row Marathon replaces the instance; none if it never does.
        allowed: Option<u32>,
        /// How it failed last.
        cause: Option<String>,
    },
    /// No agent takes the instances that are to be launched.
    OffersDeclined {
        /// Why not, and how many offers each reason declined; the most frequent first.
        declined: Vec<Rejected>,
    },
    /// No offer was looked at since the instances are to be launched.
    NoOffers,
    /// Mesos cannot reach the agent.
    Unreachable,
    /// The readiness check did not pass yet.
    NotReady {
        /// Its name.
        check: String,
        /// The HTTP status of its last answer.
        last_status: Option<u16>,
    },
    /// An instance is being started.
    Starting,
    /// No health check said anything yet. Until the end of the grace period, failures do not count.
    Unchecked,
    /// An instance has been told to stop, and may take its grace.
    KillGrace {
        /// How long it may take; none where Mesos decides.
        grace: Option<Duration>,
    },
    /// Old instances have not ended yet. Those in whose place new ones serve have been told to stop.
    OldLeft {
        /// How long each may take; none where Mesos decides.
        grace: Option<Duration>,
    },
    /// More instances than wanted have not ended yet.
    TooMany {
        /// How long each may take; none where Mesos decides.
        grace: Option<Duration>,
    },
    /// It is the turn of other apps of the deployment.
    OtherApps {
        /// Which.
        apps: Vec<AppId>,
    },
    /// Marathon does not say.
    Unknown,
}

/// Other apps beyond these are counted.
const NAMED: usize = 3;

impl Reason {
    /// A name for tools, such as `health-failing`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::LaunchDelay { .. } => "launch-delay",
            Self::HealthFailing { .. } => "health-failing",
            Self::OffersDeclined { .. } => "offers-declined",
            Self::NoOffers => "no-offers",
            Self::Unreachable => "unreachable",
            Self::NotReady { .. } => "not-ready",
            Self::Starting => "starting",
            Self::Unchecked => "unchecked",
            Self::KillGrace { .. } => "kill-grace",
            Self::OldLeft { .. } => "old-left",
            Self::TooMany { .. } => "too-many",
            Self::OtherApps { .. } => "other-apps",
            Self::Unknown => "unknown",
        }
    }

    /// Whether it goes away only if somebody does something: the others pass with time.
    pub const fn is_trouble(&self) -> bool {
        matches!(
            self,
            Self::LaunchDelay { .. }
                | Self::HealthFailing { .. }
                | Self::OffersDeclined { .. }
                | Self::Unreachable
        )
    }

    /// How to go on, where waiting may not be enough.
    pub fn hint(&self, intent: &Intent) -> Option<String> {
        let help = match self {
            Self::LaunchDelay { .. } => {
                "see in its sandbox why it ends; a mended definition is not delayed"
            }
            Self::HealthFailing { .. } => "ask the instance what the check asks, and see its log",
            Self::OffersDeclined { declined } => match declined.first()?.reason.as_str() {
                "UnfulfilledConstraint" => {
                    "add agents that suit the constraints, or loosen the constraints"
                }
                "UnfulfilledRole" => "see acceptedResourceRoles, and what is reserved",
                "InsufficientPorts" => {
                    "a fixed host port is free only where no old instance has it: take port 0, or \
                     lower minimumHealthCapacity"
                }
                _ => "free resources, add agents, or ask for less",
            },
            Self::NoOffers => "see whether Mesos has agents with something left to offer",
            Self::Unreachable => {
                "see after the agent; unreachableStrategy says when it is given up"
            }
            Self::NotReady { .. } => "see the log of the instance",
            Self::Unknown => "see the log of Marathon's leader",
            Self::Starting
            | Self::Unchecked
            | Self::KillGrace { .. }
            | Self::OldLeft { .. }
            | Self::TooMany { .. }
            | Self::OtherApps { .. } => return None,
        };
        Some(if intent.is_deployed() {
            format!("{help}; `zdd abort {}` takes the deployment back", intent.app)
        } else {
            help.into()
        })
    }
}

/// What Marathon's word for a declined offer means; the word itself where it is new.
fn meaning(word: &str) -> &str {
    match word {
        "InsufficientCpus" => "too few cpus",
        "InsufficientMemory" => "too little memory",
        "InsufficientDisk" => "too little disk",
        "InsufficientGpus" => "too few GPUs",
        "InsufficientPorts" => "no port free",
        "UnfulfilledConstraint" => "a constraint is not met",
        "UnfulfilledRole" => "no resources of the role",
        "NoCorrespondingReservationFound" => "no reservation of its volume",
        "AgentMaintenance" => "the agent is in maintenance",
        "DeclinedScarceResources" => "kept for apps that need GPUs",
        "UnmatchedFaultDomainRegion" => "another region",
        "UnmatchedFaultDomainZone" => "another zone",
        "" => "for no reason told",
        word => word,
    }
}

fn within(grace: Option<Duration>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match grace {
        Some(grace) => write!(f, ", and may take {} s", grace.as_secs()),
        None => Ok(()),
    }
}

impl Waiting {
    /// About these tasks, without a time.
    pub(super) fn new(reason: Reason, tasks: Vec<TaskId>) -> Self {
        let count = u32::try_from(tasks.len()).unwrap_or(u32::MAX);
        Self { reason, count, tasks, since: None, until: None }
    }
}

/// One line.
impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.count;
        let (noun, is, has) =
            if count == 1 { ("instance", "is", "has") } else { ("instances", "are", "have") };
        match &self.reason {
            Reason::LaunchDelay { last } => {
                write!(f, "{count} {noun} to be launched: Marathon waits after failures")?;
                match last {
                    Some(TaskFailure { state, message, .. }) if message.is_empty() => {
                        write!(f, ", the last {state}")
                    }
                    Some(TaskFailure { state, message, .. }) => {
                        write!(f, ", the last {state}: {message}")
                    }
                    None => Ok(()),
                }
            }
            Reason::HealthFailing { failures, allowed, cause } => {
                let fails = if count == 1 { "fails its" } else { "fail their" };
                write!(f, "{count} {noun} {fails} health check")?;
                match (failures, allowed) {
                    (0, _) => Ok(()),
                    (failures, Some(allowed)) => write!(f, ", {failures} of {allowed} in a row"),
                    (failures, None) => write!(f, ", {failures} in a row"),
                }?;
                cause.iter().try_for_each(|cause| write!(f, ": {cause}"))
            }
            Reason::OffersDeclined { declined } => {
                write!(f, "{count} {noun} to be launched: no agent takes ")?;
                f.write_str(if count == 1 { "it: " } else { "them: " })?;
                for (n, Rejected { reason, declined, processed }) in declined.iter().enumerate() {
                    f.write_str(if n > 0 { ", " } else { "" })?;
                    write!(f, "{} ({declined} of {processed} offers)", meaning(reason))?;
                }
                Ok(())
            }
            Reason::NoOffers => {
                write!(f, "{count} {noun} to be launched: no offer was looked at yet")
            }
            Reason::Unreachable => {
                write!(f, "{count} {noun} {is} on an agent that Mesos cannot reach")
            }
            Reason::NotReady { check, last_status } => {
                write!(f, "{count} {noun} {is} not ready ({check}), ")?;
                match last_status {
                    Some(status) => write!(f, "last answer {status}"),
                    None => f.write_str("no answer yet"),
                }
            }
            Reason::Starting => write!(f, "{count} {noun} {is} being started"),
            Reason::Unchecked => write!(f, "{count} {noun} {has} passed no health check yet"),
            Reason::KillGrace { grace } => {
                write!(f, "{count} {noun} {has} been told to stop")?;
                within(*grace, f)
            }
            Reason::OldLeft { grace } => {
                write!(f, "{count} old {noun} {has} not ended yet")?;
                within(*grace, f)
            }
            Reason::TooMany { grace } => {
                write!(f, "{count} {noun} more than wanted {has} not ended yet")?;
                within(*grace, f)
            }
            Reason::OtherApps { apps } => {
                f.write_str("it is the turn of other apps: ")?;
                let named: Vec<String> = apps.iter().take(NAMED).map(ToString::to_string).collect();
                f.write_str(&named.join(", "))?;
                match apps.len().saturating_sub(NAMED) {
                    0 => Ok(()),
                    more => write!(f, " and {more} more"),
                }
            }
            Reason::Unknown => f.write_str("Marathon does not say what it waits for"),
        }
    }
}
