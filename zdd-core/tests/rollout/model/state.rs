//! One state: two apps as Marathon has them, balancers, and what is done to them.

use std::collections::{BTreeMap, BTreeSet};

use zdd_core::app::App;
use zdd_core::ports::{
    AppStatus, Balancer, Force, HealthResult, Look, Server, SetState, Setting, Task, TaskState,
};
use zdd_core::rollout::{Action, Observation};
use zdd_core::units::Timestamp;

use super::super::world::{NEW, OLD, app, server_name};
use super::play::{Play, Way};

/// A task: of the old app or of the new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Running {
    pub(super) is_new: bool,
    pub(super) number: u8,
}

/// What a balancer has of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Served {
    pub(super) weight: u16,
    pub(super) state: SetState,
    pub(super) is_busy: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct State {
    pub(super) way: Way,
    /// How many instances of each app there are to be; `None` where there is no app.
    pub(super) old: Option<u32>,
    pub(super) new: Option<u32>,
    /// Whether each is healthy.
    pub(super) tasks: BTreeMap<Running, bool>,
    pub(super) balancers: Vec<BTreeMap<Running, Served>>,
    /// What the engine remembers: at which tasks nothing went on.
    pub(super) quiet: Vec<Running>,
    /// How much may still go wrong.
    pub(super) deaths: u8,
    pub(super) lapses: u8,
    /// How often somebody may still push another definition of an app.
    pub(super) pushes: u8,
    /// Tasks of an earlier definition, which Marathon replaces one by one.
    pub(super) outdated: BTreeSet<Running>,
    pub(super) next: u8,
    pub(super) is_over: bool,
}

impl State {
    pub(super) fn observe(&self) -> Observation {
        let status = |is_new: bool, instances: Option<u32>| {
            let app = app(if is_new { NEW } else { OLD }, instances?);
            Some(self.status(app, is_new))
        };
        Observation {
            old: status(false, self.old),
            new: status(true, self.new),
            balancers: self.balancers.iter().map(look).collect(),
            refused: Vec::new(),
        }
    }

    fn status(&self, app: App, is_new: bool) -> AppStatus {
        let mut status = AppStatus::new(app);
        let tasks = self.tasks.iter().filter(|(task, _)| task.is_new == is_new);
        let tasks = tasks.map(|(running, is_healthy)| {
            let id = task_id(*running).parse().unwrap();
            let mut task = Task::new(id, status.app.id().clone(), TaskState::Running);
            task.host = Some("127.0.0.1".into());
            task.ports = vec![port(*running)];
            task.started_at = Some(Timestamp::from_millis(running.number.into()));
            if *is_healthy {
                let mut passes = HealthResult::default();
                passes.alive = true;
                task.health = vec![passes];
            }
            task
        });
        status.tasks = Some(tasks.collect());
        if self.is_held(is_new) {
            status.deployments = vec!["d".parse().unwrap()];
        }
        status
    }

    /// Whether Marathon is on its way to another definition of an app: it refuses to be told anything
    /// about it meanwhile, unless it is told to give that up.
    fn is_held(&self, is_new: bool) -> bool {
        self.outdated.iter().any(|it| it.is_new == is_new)
    }

    /// Whether Marathon refuses an action.
    fn refuses(&self, action: &Action) -> bool {
        match action {
            Action::Scale { app, force, .. } | Action::Delete { app, force } => {
                *force == Force::No && self.is_held(app.as_str() == NEW)
            }
            Action::Kill { app, .. } => self.is_held(app.as_str() == NEW),
            Action::Create(_) | Action::Set(_) | Action::Cut(_) => false,
        }
    }

    /// Somebody pushes another definition of an app: all that runs of it is to be replaced.
    pub(super) fn push(&mut self, is_new: bool) {
        self.outdated.extend(self.tasks.keys().copied().filter(|it| it.is_new == is_new));
    }

    /// A task is gone, with its servers.
    pub(super) fn lose(&mut self, task: Running) {
        self.tasks.remove(&task);
        self.balancers.iter_mut().for_each(|it| {
            it.remove(&task);
        });
        self.settle();
    }

    /// Does one thing, after it was checked.
    pub(super) fn act(&mut self, action: &Action, play: Play, is_fresh: bool) {
        if self.refuses(action) {
            return;
        }
        self.give_up_on(action);
        match action {
            Action::Create(app) => {
                if self.new.is_none() {
                    self.new = Some(app.instances().get());
                }
            }
            Action::Scale { app, instances, .. } => {
                let side = if app.as_str() == NEW { &mut self.new } else { &mut self.old };
                if side.is_some() {
                    *side = Some(instances.get());
                }
            }
            Action::Set(changes) => {
                let before = self.serving();
                let mut takes_out = false;
                for change in changes {
                    takes_out |=
                        matches!(change.setting, Setting::State(SetState::Drain | SetState::Maint));
                    for (running, served) in self.balancers.iter_mut().flatten() {
                        if server_name(port(*running)) == change.server {
                            match change.setting {
                                Setting::Weight(weight) => served.weight = weight,
                                Setting::State(state) => served.state = state,
                            }
                        }
                    }
                }
                if takes_out && is_fresh {
                    let floor = (play.floor() as usize).min(before);
                    assert!(self.serving() >= floor, "{action}: {self:#?}");
                }
            }
            Action::Cut(_) => panic!("nobody asked for that"),
            Action::Kill { app, tasks } => {
                let is_new = app.as_str() == NEW;
                let gone: Vec<_> = self
                    .tasks
                    .keys()
                    .copied()
                    .filter(|it| tasks.iter().any(|id| id.as_str() == task_id(*it)))
                    .collect();
                for task in &gone {
                    self.stop(*task, is_fresh);
                }
                let side = if is_new { &mut self.new } else { &mut self.old };
                let n = u32::try_from(gone.len()).unwrap();
                *side = side.map(|instances| instances - n);
            }
            Action::Delete { app, .. } => {
                let is_new = app.as_str() == NEW;
                let gone: Vec<_> =
                    self.tasks.keys().copied().filter(|it| it.is_new == is_new).collect();
                for task in &gone {
                    self.stop(*task, is_fresh);
                }
                *if is_new { &mut self.new } else { &mut self.old } = None;
                let other = if is_new { self.old } else { self.new };
                assert!(other.is_some(), "the last app is removed: {self:#?}");
            }
        }
        self.settle();
    }

    /// What somebody pushed is left to Marathon, unless the app goes because it is taken back.
    fn give_up_on(&mut self, action: &Action) {
        let (Action::Scale { app, force, .. } | Action::Delete { app, force }) = action else {
            return;
        };
        let is_new = app.as_str() == NEW;
        if *force == Force::Yes && self.is_held(is_new) {
            assert!(is_new && self.way == Way::Back, "{action}: {self:#?}");
            self.outdated.retain(|it| !it.is_new);
        }
    }

    /// Stops a task, which has to be out of use everywhere.
    fn stop(&mut self, task: Running, is_fresh: bool) {
        for balancer in &mut self.balancers {
            if let Some(served) = balancer.remove(&task)
                && is_fresh
            {
                assert!(!served.is_busy, "{task:?} has sessions");
                assert!(served.state != SetState::Ready, "{task:?} gets requests");
            }
        }
        self.tasks.remove(&task);
    }

    /// Marathon launches what is missing, and stops the youngest of what is too much.
    pub(super) fn settle(&mut self) {
        for (is_new, instances) in [(false, self.old), (true, self.new)] {
            let wanted = instances.unwrap_or(0) as usize;
            while self.tasks.keys().filter(|it| it.is_new == is_new).count() < wanted {
                self.tasks.insert(Running { is_new, number: self.next }, false);
                self.next += 1;
            }
            while self.tasks.keys().filter(|it| it.is_new == is_new).count() > wanted {
                let last = *self.tasks.keys().rfind(|it| it.is_new == is_new).unwrap();
                self.tasks.remove(&last);
                self.balancers.iter_mut().for_each(|it| {
                    it.remove(&last);
                });
            }
        }
        // Somebody always comes where requests may go.
        for served in self.balancers.iter_mut().flat_map(BTreeMap::values_mut) {
            served.is_busy |= served.state == SetState::Ready && served.weight > 0;
        }
        // Numbers that only grow would make every state a new one.
        let used: Vec<u8> = self.tasks.keys().map(|it| it.number).collect();
        self.next = (10..=u8::MAX).find(|n| used.iter().all(|it| it < n)).unwrap();
        self.quiet.retain(|it| self.tasks.contains_key(it));
        self.outdated.retain(|it| self.tasks.contains_key(it));
    }

    pub(super) fn serving(&self) -> usize {
        let serves = |task: &Running| {
            self.balancers.iter().all(|balancer| {
                let served = balancer.get(task);
                served.is_some_and(|it| it.state == SetState::Ready && it.weight > 0)
            })
        };
        self.tasks.iter().filter(|(task, is_healthy)| **is_healthy && serves(task)).count()
    }
}

pub(super) fn task_id(task: Running) -> String {
    format!("{}.{}", if task.is_new { "green" } else { "blue" }, task.number)
}

fn port(task: Running) -> u16 {
    31_000 + u16::from(task.number) + if task.is_new { 500 } else { 0 }
}

fn look(balancer: &BTreeMap<Running, Served>) -> Balancer {
    let servers = balancer.iter().map(|(task, served)| {
        let mut server = Server::new(server_name(port(*task)));
        server.set = Some(served.state);
        server.is_up = served.state == SetState::Ready;
        server.weight = Some(served.weight);
        server.passes = Some(true);
        server.sessions = served.is_busy.into();
        server
    });
    let mut look = Look::default();
    look.servers = servers.collect();
    Balancer { name: "lb".into(), seen: Ok(look) }
}
