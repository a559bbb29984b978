//! From what the engine sees and decides to the lines. What is not named here is in no recording.

use alloc::string::{String, ToString};

use serde_json::{Map, Value};

use super::decided::{Act, Change, Decided, Ended, How, State, WaitingFor};
use super::line::{Begin, Drain};
use super::seen::{App, Balancer, Notice, RELOADED, Seen, Server, Task, Trouble, YOUNGEST_FIRST};
use crate::app::KillSelection;
use crate::ports::{self, AppStatus, BalancerError, Force, Look, SetState, Setting};
use crate::rollout::record::Record;
use crate::rollout::{Action, Decision, Next, Observation, Outcome, Patience, WaitingOn};
use crate::units::Timestamp;

impl Begin {
    /// That what a record says is begun.
    pub fn of(at: Timestamp, record: &Record, generation: u64, patience: &Patience) -> Self {
        Self {
            at,
            group: record.group.clone(),
            backend: record.backend.clone(),
            generation,
            phase: record.phase,
            old: record.old.clone(),
            new: record.new.clone(),
            target: record.rollout().target(),
            hold: record.hold,
            floor: record.floor,
            drain: Drain {
                timeout_ms: u64::try_from(patience.drain.as_millis()).unwrap_or(u64::MAX),
                on_timeout: patience.on_drain_timeout,
            },
        }
    }
}

impl Seen {
    /// What was seen at a moment.
    pub fn of(at: Timestamp, seen: &Observation) -> Self {
        Self {
            at,
            old: seen.old.as_ref().map(App::of),
            new: seen.new.as_ref().map(App::of),
            balancers: seen.balancers.iter().map(Balancer::of).collect(),
            refused: seen.refused.iter().map(Trouble::of).collect(),
        }
    }
}

impl App {
    fn of(status: &AppStatus) -> Self {
        let app = &status.app;
        Self {
            id: app.id().clone(),
            version: app.version(),
            instances: app.instances().get(),
            has_checks: !app.health_checks().is_empty(),
            container_port: container_port(app.as_json()),
            kill_selection: Some(kill_selection(app.kill_selection()).into()),
            deployments: status.deployments.clone(),
            tasks: status.tasks.as_ref().map(|tasks| tasks.iter().map(Task::of).collect()),
        }
    }
}

const fn kill_selection(selection: KillSelection) -> &'static str {
    match selection {
        KillSelection::YoungestFirst => YOUNGEST_FIRST,
        KillSelection::OldestFirst => "OLDEST_FIRST",
    }
}

/// The first port in the container, of either form that definitions have.
fn container_port(json: &Map<String, Value>) -> Option<u16> {
    let container = json.get("container")?;
    let mappings = container.pointer("/docker/portMappings");
    let mappings = mappings.or_else(|| container.get("portMappings"))?;
    let port = mappings.get(0)?.get("containerPort")?.as_u64()?;
    u16::try_from(port).ok().filter(|port| *port > 0)
}

impl Task {
    fn of(task: &ports::Task) -> Self {
        Self {
            id: task.id.clone(),
            state: task.state.to_string(),
            version: task.version,
            started_at: task.started_at,
            healthy: task.is_healthy(),
            host: task.host.clone(),
            ports: task.ports.clone(),
            addresses: task.addresses.clone(),
        }
    }
}

impl Balancer {
    fn of(balancer: &ports::Balancer) -> Self {
        let (look, error) = match &balancer.seen {
            Ok(look) => (look.clone(), None),
            Err(error) => (Look::default(), Some(error.to_string())),
        };
        Self {
            name: balancer.name.clone(),
            error,
            balance: look.balance,
            servers: look.servers.iter().map(Server::of).collect(),
            old_workers: look.old_workers.map(|count| count as u64),
            notices: look.notices.iter().map(Notice::of).collect(),
        }
    }
}

impl Server {
    fn of(server: &ports::Server) -> Self {
        Self {
            name: server.name.clone(),
            status: server.status.clone(),
            up: server.is_up,
            set: server.set.map(Into::into),
            weight: server.weight,
            sessions: server.sessions,
            queue: server.queue,
            check: server.check.clone(),
            addr: server.addr,
            sticky: server.is_sticky,
        }
    }
}

impl Notice {
    fn of(notice: &ports::Notice) -> Self {
        let (code, server) = match notice {
            ports::Notice::Reloaded => (RELOADED, None),
            ports::Notice::Reasserted(change) => ("reasserted", Some(&change.server)),
            ports::Notice::NotReasserted(_) => ("not-reasserted", None),
            ports::Notice::ChangedByOther { wanted, .. } => {
                ("changed-by-other", Some(&wanted.server))
            }
            ports::Notice::Gone(server) => ("gone", Some(server)),
        };
        Self { code: code.into(), server: server.cloned(), text: notice.to_string() }
    }
}

impl Trouble {
    fn of(error: &BalancerError) -> Self {
        Self { balancer: error.balancer().into(), text: error.to_string() }
    }
}

impl From<SetState> for State {
    fn from(state: SetState) -> Self {
        match state {
            SetState::Ready => Self::Ready,
            SetState::Drain => Self::Drain,
            SetState::Maint => Self::Maint,
        }
    }
}

impl Decided {
    /// What was decided at a moment.
    pub fn of(at: Timestamp, decision: &Decision) -> Self {
        let (waiting, deadline) = match &decision.next {
            Next::ObserveBy { deadline, waiting_on } => {
                (Some(WaitingFor::of(waiting_on)), Some(*deadline))
            }
            Next::Done(_) => (None, None),
        };
        Self { at, actions: decision.actions.iter().map(Act::of).collect(), waiting, deadline }
    }
}

impl WaitingFor {
    /// What is waited for. What Mesos said of a failed task is left out: it may quote addresses with
    /// passwords in them.
    pub fn of(waiting_on: &WaitingOn) -> Self {
        let mut plain = waiting_on.clone();
        if let WaitingOn::Health { last_failure, .. } = &mut plain {
            *last_failure = None;
        }
        Self { code: waiting_on.code().into(), text: plain.to_string() }
    }
}

impl Act {
    fn of(action: &Action) -> Self {
        match action {
            Action::Create(app) => {
                Self::Create { app: app.id().clone(), instances: app.instances().get() }
            }
            Action::Scale { app, instances, force } => Self::Scale {
                app: app.clone(),
                instances: instances.get(),
                force: *force == Force::Yes,
            },
            Action::Set(changes) => Self::Set { changes: changes.iter().map(Change::of).collect() },
            Action::Cut(servers) => Self::Cut { servers: servers.clone() },
            Action::Kill { app, tasks } => Self::Kill { app: app.clone(), tasks: tasks.clone() },
            Action::Delete { app, force } => {
                Self::Delete { app: app.clone(), force: *force == Force::Yes }
            }
        }
    }
}

impl Change {
    fn of(change: &ports::ServerChange) -> Self {
        let (weight, state) = match change.setting {
            Setting::Weight(weight) => (Some(weight), None),
            Setting::State(state) => (None, Some(state.into())),
        };
        Self { server: change.server.clone(), weight, state }
    }
}

impl Ended {
    /// That it ended by itself.
    pub fn of(at: Timestamp, outcome: &Outcome) -> Self {
        let (outcome, why) = match outcome {
            Outcome::Reached => (How::Reached, None),
            Outcome::TimedOut(waiting_on) => (How::TimedOut, Some(WaitingFor::of(waiting_on).text)),
            Outcome::Stuck { why, .. } => (How::Stuck, Some(why.clone())),
            Outcome::Vanished(side) => (How::Vanished, Some(side.to_string())),
            Outcome::Changed(app) => (How::Stuck, Some(alloc::format!("{app} was changed"))),
            Outcome::Failed(failure) => (How::LimitPassed, Some(failure.to_string())),
        };
        Self { at, outcome, why }
    }
}
