//! One instance, and the server that stands for it.

use alloc::format;
use alloc::vec;
use core::time::Duration;

use crate::app::App;
use crate::ports::{HealthResult, Name, Server, SetState, Task, TaskState};
use crate::timeline::Assumptions;
use crate::units::{TaskId, Timestamp};

/// The first port on a host, and how many there are.
const FIRST_PORT: u64 = 1024;
const PORTS: u64 = 64_000;

/// The weight of a server that nobody set one of: HAProxy's.
const FIRST_WEIGHT: u16 = 1;

/// How far an instance is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Starting,
    Running,
    Healthy,
    Dying { gone_at: Timestamp },
}

/// An instance with its task as Marathon has it, and its server as balancers have it. All balancers
/// do the same at the same time, so that one server stands for those of all.
#[derive(Clone, Debug)]
pub(super) struct Instance {
    pub(super) task: Task,
    pub(super) server: Server,
    pub(super) stage: Stage,
    launched_at: Timestamp,
    runs_at: Timestamp,
    healthy_at: Timestamp,
    /// Until when sessions go on, once nothing new comes.
    busy_until: Option<Timestamp>,
    has_checks: bool,
}

impl Instance {
    /// One that is launched at `now`.
    pub(super) fn launched(app: &App, serial: u64, lasting: &Assumptions, now: Timestamp) -> Self {
        let runs_at = now.saturating_add(whole(lasting.start));
        let (host, port) = (serial / PORTS, FIRST_PORT + serial % PORTS);
        let host = format!("10.{}.{}.{}", host >> 16 & 0xff, host >> 8 & 0xff, host & 0xff);
        let name = format!("{}_{port}", host.replace('.', "_"));
        let name = Name::new(name).expect("digits and `_` make a name");
        // The order of their ids is the order of their launches.
        let id = app.id().as_str().trim_start_matches('/').replace('/', "_");
        let id = format!("{}.{serial:010}", id.get(..400).unwrap_or("app"));
        let id: TaskId = id.parse().expect("it is neither empty nor long");
        let mut task = Task::new(id, app.id().clone(), TaskState::Staging);
        task.host = Some(host);
        task.ports = vec![u16::try_from(port).expect("64,000 ports from 1,024 on are ports")];
        task.staged_at = Some(now);
        let mut server = Server::new(name);
        server.weight = Some(FIRST_WEIGHT);
        server.passes = Some(true);
        Self {
            task,
            server,
            stage: Stage::Starting,
            launched_at: now,
            runs_at,
            healthy_at: runs_at.saturating_add(whole(lasting.healthy)),
            busy_until: None,
            has_checks: !app.health_checks().is_empty(),
        }
    }

    /// When something happens to it next by itself.
    pub(super) fn next_at(&self, now: Timestamp) -> Option<Timestamp> {
        let stage = match self.stage {
            Stage::Starting => Some(self.runs_at),
            Stage::Running => Some(self.healthy_at),
            Stage::Healthy => None,
            Stage::Dying { gone_at } => Some(gone_at),
        };
        let busy = self.busy_until.filter(|until| *until > now);
        [stage, busy].into_iter().flatten().min()
    }

    /// Lets it become what it is by `now`; whether anything changed.
    pub(super) fn pass(&mut self, now: Timestamp) -> bool {
        let before = self.stage;
        if self.stage == Stage::Starting && self.runs_at <= now {
            self.stage = Stage::Running;
            self.task.state = TaskState::Running;
            self.task.started_at = Some(self.runs_at);
        }
        if self.stage == Stage::Running && self.healthy_at <= now {
            self.stage = Stage::Healthy;
            if self.has_checks {
                self.task.health = vec![HealthResult { alive: true, ..HealthResult::default() }];
            }
        }
        let sessions = self.server.sessions;
        if self.busy_until.is_some_and(|until| until <= now) {
            self.busy_until = None;
            self.server.sessions = 0;
        }
        self.stage != before || self.server.sessions != sessions
    }

    /// Tells it to stop.
    pub(super) fn stop(&mut self, lasting: &Assumptions, now: Timestamp) {
        self.stage = Stage::Dying { gone_at: now.saturating_add(whole(lasting.stop)) };
        self.task.state = TaskState::Killing;
        self.busy_until = None;
        self.server.sessions = 0;
    }

    pub(super) fn is_gone(&self, now: Timestamp) -> bool {
        matches!(self.stage, Stage::Dying { gone_at } if gone_at <= now)
    }

    pub(super) const fn is_dying(&self) -> bool {
        matches!(self.stage, Stage::Dying { .. })
    }

    /// Whether balancers have it.
    pub(super) fn is_listed(&self) -> bool {
        self.stage == Stage::Healthy
    }

    /// Whether requests come to it.
    pub(super) fn is_serving(&self) -> bool {
        self.is_listed() && self.server.is_serving()
    }

    pub(super) fn weight(&mut self, weight: u16) {
        self.server.weight = Some(weight);
    }

    pub(super) fn set(&mut self, state: SetState) {
        self.server.set = Some(state);
        self.server.is_up = state == SetState::Ready;
    }

    pub(super) fn cut(&mut self) {
        self.busy_until = None;
        self.server.sessions = 0;
    }

    /// Lets sessions begin where requests come, and end after a while where none do any more.
    pub(super) fn follow(&mut self, sessions: Duration, now: Timestamp) {
        if self.is_serving() {
            self.server.sessions = 1;
            self.busy_until = None;
        } else if self.server.sessions > 0 && self.busy_until.is_none() {
            if sessions.is_zero() {
                self.server.sessions = 0;
            } else {
                self.busy_until = Some(now.saturating_add(whole(sessions)));
            }
        }
    }

    pub(super) const fn launched_at(&self) -> Timestamp {
        self.launched_at
    }
}

/// A length of time in the resolution of a clock, and in the range of one.
fn whole(time: Duration) -> Duration {
    let ms = time.min(Assumptions::MAX).as_millis();
    Duration::from_millis(u64::try_from(ms).unwrap_or(u64::MAX))
}
