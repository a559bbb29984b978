//! What a rollout waits for.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use crate::ports::Name;
use crate::units::{AppId, DeploymentId, TaskId};

/// Why nothing, or nothing more, can be done just now. With numbers, so that somebody can judge it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WaitingOn {
    /// Marathon works on an app, which no other change may touch meanwhile.
    Deployment {
        /// Which.
        app: AppId,
        /// Its deployments.
        deployments: Vec<DeploymentId>,
        /// How many instances run.
        have: u32,
        /// How many there are to be.
        need: u32,
    },
    /// Instances are not healthy yet, or not any more.
    Health {
        /// Of which app.
        app: AppId,
        /// How many are.
        have: u32,
        /// How many have to be.
        need: u32,
        /// How one of them failed last, in Mesos' words.
        last_failure: Option<String>,
    },
    /// Instances are healthy, and balancers do not send them anything yet.
    Servers {
        /// Of which app.
        app: AppId,
        /// How many have a server that is up at every balancer.
        have: u32,
        /// How many have to.
        need: u32,
        /// The first that has none, or one that is not up.
        task: Option<TaskId>,
        /// What its balancer says of it.
        status: Option<String>,
    },
    /// A balancer is not seen, or does not take a change.
    Balancer {
        /// Which.
        balancer: String,
        /// What is wrong.
        error: String,
        /// What can be done about it.
        hint: Option<String>,
    },
    /// No balancer is there.
    NoBalancer,
    /// Servers cannot be told apart: nothing may be decided about them.
    Doubtful {
        /// The first of them.
        server: Name,
        /// How many there are.
        count: usize,
    },
    /// The balancer takes out what is to take over, and not what is to go.
    WrongWay {
        /// Of which app.
        app: AppId,
        /// How many it has taken out.
        count: usize,
    },
    /// The balancer is to take instances out by itself.
    TakenOut {
        /// Of which app.
        app: AppId,
        /// How many it has taken out.
        have: u32,
        /// How many it has to.
        need: u32,
    },
    /// What was set is not in force yet.
    Settings {
        /// How many settings are not.
        count: usize,
    },
    /// Fewer instances serve than have to: no more may be taken out.
    Floor {
        /// How many do.
        have: u32,
        /// How many have to.
        need: u32,
    },
    /// Requests and sessions that go on at instances that take nothing new.
    Sessions {
        /// How many go on.
        sessions: u64,
        /// At how many instances.
        tasks: u32,
    },
    /// Processes of a balancer that a reload replaced still have connections, of which nothing is seen.
    OldWorkers {
        /// Which balancer.
        balancer: String,
        /// How many processes.
        count: usize,
    },
    /// One more look at instances at which nothing went on at the last one.
    SecondLook {
        /// How many.
        tasks: u32,
    },
    /// Instances that were told to stop still run.
    Stopping {
        /// Of which app.
        app: AppId,
        /// How many run.
        have: u32,
        /// How many are to be left.
        need: u32,
    },
    /// What was done has to be seen.
    Effect,
    /// The pause in which the new version is watched.
    Pause {
        /// How long it lasts yet.
        left: Duration,
        /// How many requests the new version got in it.
        requests: u64,
        /// How many of them failed.
        errors: u64,
    },
    /// More requests to the new version: so few prove nothing.
    Requests {
        /// How many it got.
        have: u64,
        /// How many it has to.
        need: u64,
    },
    /// Somebody who says to go on.
    Approval,
}

impl WaitingOn {
    /// A word for tools; never changes.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Deployment { .. } => "deployment",
            Self::Health { .. } => "health",
            Self::Servers { .. } => "servers",
            Self::Balancer { .. } => "balancer",
            Self::NoBalancer => "no-balancer",
            Self::Doubtful { .. } => "doubtful-servers",
            Self::WrongWay { .. } => "wrong-way",
            Self::TakenOut { .. } => "taken-out",
            Self::Settings { .. } => "settings",
            Self::Floor { .. } => "floor",
            Self::Sessions { .. } => "sessions",
            Self::OldWorkers { .. } => "old-workers",
            Self::SecondLook { .. } => "second-look",
            Self::Stopping { .. } => "stopping",
            Self::Effect => "effect",
            Self::Pause { .. } => "pause",
            Self::Requests { .. } => "requests",
            Self::Approval => "approval",
        }
    }

    /// What can be done about it, where waiting alone may not help.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Balancer { hint, .. } => return hint.clone(),
            Self::NoBalancer => "name the admin socket of HAProxy: --haproxy SOCKET",
            Self::Health { last_failure: Some(_), .. } => {
                "look at its standard error in Mesos; `zdd canary rollback` takes it back"
            }
            Self::Health { app, .. } => {
                return Some(alloc::format!(
                    "`zdd status {app}` says what its instances wait for; `zdd canary rollback` takes \
                     it back"
                ));
            }
            Self::Deployment { app, .. } => {
                return Some(alloc::format!("`zdd status {app}` says what Marathon waits for"));
            }
            Self::Doubtful { .. } => {
                "two agents may have one name; let HAProxy say addresses, by its admin socket"
            }
            Self::WrongWay { .. } | Self::TakenOut { .. } => {
                "marathon-lb takes the app that was scaled last for the new one: look whether its \
                 servers are disabled instead"
            }
            Self::Servers { status: None, .. } => {
                "the balancer has no server for it: look at the labels HAPROXY_GROUP of both apps"
            }
            Self::Servers { status: Some(status), .. } if is_set(status) => {
                "it was set so, by marathon-lb or by hand: HAProxy sends it something again after `set \
                 server BACKEND/SERVER state ready` at its admin socket"
            }
            Self::Servers { status: Some(_), .. } => {
                "HAProxy checks it from where it runs itself: look whether it can reach the instance"
            }
            Self::Settings { .. } => {
                "somebody else may set them, too: `zdd canary status` says what is in force"
            }
            Self::Floor { .. } => {
                "`zdd canary status` says which do not serve; more instances of them help, too"
            }
            Self::Sessions { .. } => {
                "--drain-timeout says how long they have, --on-drain-timeout what then: wait, stop \
                 or kill"
            }
            Self::OldWorkers { .. } => {
                "long connections keep an old process of HAProxy; `hard-stop-after` limits that"
            }
            Self::Requests { .. } => {
                "send it more of the traffic, or ask for fewer requests: --min-requests"
            }
            Self::Approval => "`zdd canary approve` goes on, `zdd canary rollback` takes it back",
            Self::Stopping { app, .. } => {
                return Some(alloc::format!(
                    "they may take their taskKillGracePeriodSeconds; `zdd status {app}` shows them"
                ));
            }
            Self::SecondLook { .. } | Self::Effect | Self::Pause { .. } => return None,
        };
        Some(hint.into())
    }

    /// Whether it ends by itself, or by somebody, however long it takes: nothing is wrong meanwhile.
    pub(super) const fn is_wanted(&self) -> bool {
        matches!(self, Self::Pause { .. } | Self::Approval)
    }

    /// Whether two of them are about the same, whatever their numbers: the time for it goes on.
    pub fn is_same(&self, other: &Self) -> bool {
        core::mem::discriminant(self) == core::mem::discriminant(other)
    }
}

impl fmt::Display for WaitingOn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deployment { app, need: 0, .. } => {
                write!(f, "Marathon's deployment of {app} to end")
            }
            Self::Deployment { app, have, need, .. } => {
                write!(f, "Marathon's deployment of {app}: {have} of {need} run")
            }
            Self::Health { app, have, need, last_failure } => {
                write!(f, "{app}: {have} of {need} healthy")?;
                last_failure.as_ref().map_or(Ok(()), |it| write!(f, "; the last one failed: {it}"))
            }
            Self::Servers { app, have, need, task, status } => {
                write!(f, "{app}: HAProxy has {have} of {need} in service")?;
                match (task, status) {
                    (Some(task), Some(status)) => write!(f, "; {task} is {status}"),
                    (Some(task), None) => write!(f, "; {task} has no server"),
                    (None, _) => Ok(()),
                }
            }
            Self::Balancer { error, .. } => f.write_str(error),
            Self::NoBalancer => f.write_str("there is no balancer"),
            Self::Doubtful { server, count: 1 } => {
                write!(f, "server {server}: it is not clear for which task it stands")
            }
            Self::Doubtful { server, count } => {
                write!(
                    f,
                    "{count} servers, {server} first: it is not clear for which tasks they stand"
                )
            }
            Self::WrongWay { app, count } => {
                write!(f, "marathon-lb to bring {count} of {app} back, which was not scaled last")
            }
            Self::TakenOut { app, have, need } => {
                write!(f, "marathon-lb to take {need} of {app} out, {have} are")
            }
            Self::Settings { count } => {
                let s = if *count == 1 { "" } else { "s" };
                write!(f, "HAProxy to take {count} setting{s}")
            }
            Self::Floor { have, need } => {
                write!(f, "{have} serve and {need} have to: none may be taken out")
            }
            Self::Sessions { sessions, tasks } => {
                let (s, t) = (plural(*sessions), plural((*tasks).into()));
                write!(f, "{sessions} session{s} at {tasks} instance{t} to end")
            }
            Self::OldWorkers { balancer, count } => {
                let s = if *count == 1 { "" } else { "es" };
                write!(f, "{count} old process{s} of {balancer} with connections to end")
            }
            Self::SecondLook { tasks } => {
                write!(f, "a second look at {tasks} quiet instance{}", plural((*tasks).into()))
            }
            Self::Stopping { app, have, need } => {
                write!(f, "{app}: {have} still run, {need} are to be left")
            }
            Self::Effect => f.write_str("what was done to be seen"),
            Self::Pause { left, requests, errors } => {
                let s = plural(*requests);
                write!(f, "{} more, {requests} request{s} so far and {errors} failed", Spell(*left))
            }
            Self::Requests { have, need } => {
                write!(f, "requests to the new version: {have} of {need}")
            }
            Self::Approval => f.write_str("somebody to say that it may go on"),
        }
    }
}

/// Whether a server is out because somebody told it so, and not by its check: `MAINT`, `DRAIN`.
fn is_set(status: &str) -> bool {
    status.starts_with("MAINT") || status.starts_with("DRAIN")
}

/// A length of time as people say it, in whole seconds: `13 s`, `9 min 46 s`, `2 h 5 min`.
struct Spell(Duration);

impl fmt::Display for Spell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secs = self.0.as_secs().max(1);
        let ((large, of), (small, unit)) = match secs {
            ..60 => return write!(f, "{secs} s"),
            60..3_600 => ((secs / 60, "min"), (secs % 60, "s")),
            _ => ((secs / 3_600, "h"), (secs / 60 % 60, "min")),
        };
        write!(f, "{large} {of}")?;
        if small == 0 { Ok(()) } else { write!(f, " {small} {unit}") }
    }
}

const fn plural(count: u64) -> &'static str {
    if count == 1 { "" } else { "s" }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn a_pause_is_said_as_people_say_times() {
        let text = |left| {
            let left = Duration::from_secs(left);
            WaitingOn::Pause { left, requests: 1, errors: 0 }.to_string()
        };
        assert_eq!(text(586), "9 min 46 s more, 1 request so far and 0 failed");
        assert_eq!(text(0), "1 s more, 1 request so far and 0 failed");
        assert_eq!(text(60), "1 min more, 1 request so far and 0 failed");
        assert_eq!(text(7_500), "2 h 5 min more, 1 request so far and 0 failed");
    }

    #[test]
    fn a_server_that_was_taken_out_is_not_said_to_be_out_of_reach() {
        let hint = |status: &str| {
            let (app, status) = ("/shop".parse().unwrap(), Some(status.into()));
            WaitingOn::Servers { app, have: 0, need: 1, task: None, status }.hint().unwrap()
        };
        for status in ["MAINT", "MAINT (via a/b)", "DRAIN"] {
            assert!(
                hint(status).starts_with("it was set so, by marathon-lb or by hand"),
                "{status}"
            );
        }
        for status in ["DOWN", "DOWN 1/2", "no check"] {
            assert!(hint(status).contains("can reach the instance"), "{status}");
        }
    }
}
