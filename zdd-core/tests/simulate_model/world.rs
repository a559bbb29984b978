//! A world that does what a Marathon orders: tasks start, pass their checks and stop in given times.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use zdd_core::app::{App, Group};
use zdd_core::group::Action;
use zdd_core::placement::{Agent, Amount, Resources};
use zdd_core::ports::{Accepted, Force};
use zdd_core::scaling::Condition;
use zdd_core::simulate::{
    ChangeError, Event, Instance, Launch, Marathon, MesosState, Order, ReadinessAnswer, Settings,
};
use zdd_core::units::{AppId, TaskId, Timestamp};

/// How long things take, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Times {
    pub(crate) start: i64,
    pub(crate) healthy: i64,
    pub(crate) stop: i64,
}

/// What happens to a task by itself. At one moment in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Due {
    Die,
    Run,
    Check,
    Ready,
}

/// What happened at once, and what was ordered because of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Batch {
    pub(crate) at: i64,
    pub(crate) due: Due,
    pub(crate) count: u32,
    pub(crate) kills: u32,
    pub(crate) launches: u32,
}

#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each of them may be true by itself")]
pub(crate) struct Task {
    pub(crate) app: Arc<App>,
    pub(crate) runs: bool,
    is_killed: bool,
    pub(crate) ended: bool,
    is_asked: bool,
    pub(crate) reachable: bool,
}

/// When something is due, and in which order.
type Slot = (i64, Due, u64, u64);

#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) marathon: Marathon,
    pub(crate) now: i64,
    pub(crate) times: Times,
    pub(crate) tasks: BTreeMap<TaskId, Task>,
    pub(crate) events: Vec<Event>,
    pub(crate) n_kills: u32,
    pub(crate) n_launches: u32,
    /// Apps whose tasks fail as soon as they run.
    pub(crate) failing: BTreeSet<AppId>,
    /// Apps whose checks never pass.
    pub(crate) sick: BTreeSet<AppId>,
    queue: BTreeMap<Slot, TaskId>,
    batch: u64,
    next: u64,
}

pub(crate) const BEGINNING: i64 = 1_600_000_000_000;

pub(crate) fn agents(n: u32, cpus: u32) -> Vec<Agent> {
    let resources = Resources {
        cpus: Amount::whole(cpus),
        mem: Amount::whole(10_000_000),
        disk: Amount::whole(10_000_000),
        gpus: 8,
        n_ports: 30_000,
    };
    let agent = |n| Agent::new(format!("a{n}").parse().unwrap(), format!("host-{n}"), resources);
    (1..=n).map(agent).collect()
}

impl World {
    pub(crate) fn new(settings: Settings, agents: Vec<Agent>, times: Times) -> Self {
        let now = BEGINNING;
        Self {
            marathon: Marathon::new(settings, agents, 7, Timestamp::from_millis(now)),
            now,
            times,
            tasks: BTreeMap::new(),
            events: Vec::new(),
            n_kills: 0,
            n_launches: 0,
            failing: BTreeSet::new(),
            sick: BTreeSet::new(),
            queue: BTreeMap::new(),
            batch: 0,
            next: 0,
        }
    }

    /// Enough room for everybody, and a second for everything.
    pub(crate) fn usual() -> Self {
        let times = Times { start: 1000, healthy: 1000, stop: 1000 };
        Self::new(Settings::default(), agents(3, 10_000), times)
    }

    /// Calls the Marathon and does what it orders.
    pub(crate) fn call<R>(&mut self, act: impl FnOnce(&mut Marathon, Timestamp) -> R) -> R {
        let answer = act(&mut self.marathon, Timestamp::from_millis(self.now));
        self.obey();
        self.check();
        answer
    }

    pub(crate) fn change(&mut self, target: &Group, force: Force) -> Result<Accepted, ChangeError> {
        self.batch += 1;
        self.call(|marathon, now| marathon.change(now, target.clone(), force))
    }

    /// Puts an app into the root group.
    pub(crate) fn put(&mut self, app: &App, force: Force) -> Result<Accepted, ChangeError> {
        let mut target = self.marathon.root().clone();
        target.insert_app(app.clone()).unwrap();
        self.change(&target, force)
    }

    fn obey(&mut self) {
        loop {
            self.events.extend(self.marathon.take_events());
            let orders = self.marathon.take_orders();
            if orders.is_empty() {
                return;
            }
            for order in orders {
                self.carry_out(order);
            }
        }
    }

    pub(crate) fn carry_out(&mut self, order: Order) {
        let now = Timestamp::from_millis(self.now);
        match order {
            Order::Launch(Launch { task, app, ports, .. }) => {
                self.n_launches += 1;
                let known = Task {
                    app,
                    runs: false,
                    is_killed: false,
                    ended: false,
                    is_asked: false,
                    reachable: true,
                };
                assert!(self.tasks.insert(task.clone(), known).is_none(), "{task} launched twice");
                let got = ports.iter().map(|port| port.unwrap_or(31_000)).collect();
                self.marathon.launched(now, &task, got);
                self.marathon.task_changed(now, &task, MesosState::Staging, "");
                self.later(self.times.start, Due::Run, task);
            }
            Order::Kill { task, .. } => {
                self.n_kills += 1;
                let known = self.tasks.get_mut(&task).expect("a kill is for a task");
                assert!(!known.ended, "{task} is dead already");
                assert!(!known.is_killed, "{task} was told already");
                known.is_killed = true;
                if known.reachable {
                    if known.runs {
                        self.marathon.task_changed(now, &task, MesosState::Killing, "");
                    }
                    self.later(self.times.stop, Due::Die, task);
                }
            }
            Order::CheckReadiness { task } => {
                let known = self.tasks.get_mut(&task).expect("a check is for a task");
                assert!(known.runs && !known.is_asked && !known.ended, "{task} is asked");
                known.is_asked = true;
                self.later(self.times.healthy, Due::Ready, task);
            }
            Order::StopReadiness { task } => {
                let known = self.tasks.get_mut(&task).expect("a check is for a task");
                assert!(known.is_asked, "{task} is not asked");
                known.is_asked = false;
            }
        }
    }

    fn later(&mut self, after: i64, due: Due, task: TaskId) {
        self.next += 1;
        self.queue.insert((self.now + after, due, self.batch, self.next), task);
    }

    /// Lets the next thing happen, with all that was set going by the same event, unless it would be
    /// after `until`.
    pub(crate) fn step(&mut self, until: i64) -> Option<Batch> {
        let (at, due, batch, _) = *self.queue.first_key_value()?.0;
        if at > until {
            return None;
        }
        self.tick(at);
        self.now = at;
        self.batch += 1;
        let before = (self.n_kills, self.n_launches);
        let whole = (at, due, batch, 0)..=(at, due, batch, u64::MAX);
        let slots: Vec<Slot> = self.queue.range(whole).map(|(slot, _)| *slot).collect();
        let mut count = 0;
        for slot in slots {
            if let Some(task) = self.queue.remove(&slot) {
                count += u32::from(self.happen(due, &task));
            }
        }
        let (kills, launches) = (self.n_kills - before.0, self.n_launches - before.1);
        Some(Batch { at, due, count, kills, launches })
    }

    /// Lets time pass, ticks and all.
    pub(crate) fn run_until(&mut self, until: i64) {
        loop {
            while self.step(until).is_some() {}
            if self.marathon.next_tick().is_none_or(|at| at.as_millis() > until) {
                break;
            }
            self.tick(until);
        }
        self.now = until;
    }

    pub(crate) fn run_for(&mut self, millis: i64) {
        self.run_until(self.now + millis);
    }

    /// Ticks as often as the Marathon wants up to a moment.
    fn tick(&mut self, until: i64) {
        while let Some(at) = self.marathon.next_tick().filter(|at| at.as_millis() <= until) {
            let due_first = self.queue.first_key_value().map(|(slot, _)| slot.0);
            if due_first.is_some_and(|first| first < at.as_millis()) {
                return;
            }
            self.now = self.now.max(at.as_millis());
            self.batch += 1;
            self.call(Marathon::tick);
            let next = self.marathon.next_tick();
            assert!(next > Some(at), "{at} again and again");
        }
    }

    /// Whether it mattered.
    fn happen(&mut self, due: Due, task: &TaskId) -> bool {
        let Some(known) = self.tasks.get(task).filter(|known| !known.ended).cloned() else {
            return false;
        };
        if !known.reachable {
            self.later(1000, due, task.clone());
            return false;
        }
        match due {
            Due::Die => self.end(task, MesosState::Killed),
            Due::Run if known.is_killed => return false,
            Due::Run if self.failing.contains(known.app.id()) => {
                self.end(task, MesosState::Failed);
            }
            Due::Run => {
                self.tasks.get_mut(task).unwrap().runs = true;
                self.call(|marathon, now| {
                    marathon.task_changed(now, task, MesosState::Running, "");
                });
                if !known.app.health_checks().is_empty() {
                    self.later(self.times.healthy, Due::Check, task.clone());
                }
            }
            Due::Check if self.sick.contains(known.app.id()) => {
                self.later(1000, Due::Check, task.clone());
                self.check_health(task, false);
            }
            Due::Check => self.check_health(task, true),
            Due::Ready if !known.is_asked => return false,
            Due::Ready => {
                let ready = !self.sick.contains(known.app.id());
                if !ready {
                    self.later(1000, Due::Ready, task.clone());
                }
                self.answer(task, ready);
            }
        }
        true
    }

    pub(crate) fn end(&mut self, task: &TaskId, state: MesosState) {
        let known = self.tasks.get_mut(task).unwrap();
        (known.ended, known.runs) = (true, false);
        self.call(|marathon, now| marathon.task_changed(now, task, state, "it ended"));
    }

    pub(crate) fn check_health(&mut self, task: &TaskId, passes: bool) {
        let n_checks = self.tasks[task].app.health_checks().len();
        for check in 0..n_checks {
            let result = if passes { Ok(()) } else { Err("503".to_owned()) };
            self.call(|marathon, now| marathon.checked(now, task, check, result));
        }
    }

    fn answer(&mut self, task: &TaskId, ready: bool) {
        let answer = ReadinessAnswer {
            ready,
            status: if ready { 200 } else { 503 },
            content_type: String::new(),
            body: "body".into(),
        };
        self.call(|marathon, now| marathon.ready(now, task, answer));
    }

    pub(crate) fn lose(&mut self, task: &TaskId) {
        self.tasks.get_mut(task).unwrap().reachable = false;
        self.call(|marathon, now| marathon.task_changed(now, task, MesosState::Unreachable, ""));
    }

    pub(crate) fn find(&mut self, task: &TaskId) {
        let known = self.tasks.get_mut(task).unwrap();
        // Nobody knows what became of orders that it was given meanwhile.
        (known.reachable, known.is_killed) = (true, false);
        self.call(|marathon, now| marathon.task_changed(now, task, MesosState::Running, ""));
    }

    /// Tasks that live, in the order of their ids.
    pub(crate) fn alive(&self) -> Vec<TaskId> {
        let alive = self.tasks.iter().filter(|(_, known)| !known.ended);
        alive.map(|(task, _)| task.clone()).collect()
    }

    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.events.iter().map(Event::name).collect()
    }

    pub(crate) fn running(&self, app: &AppId) -> usize {
        let runs = |one: &&Instance| one.condition == Condition::Running;
        self.marathon.instances(app).filter(runs).count()
    }

    /// The recording of what happened so far.
    pub(crate) fn recording(&self) -> String {
        let line = |event| serde_json::to_string(event).unwrap() + "\n";
        self.events.iter().map(line).collect()
    }

    /// What holds whatever happens.
    fn check(&self) {
        let marathon = &self.marathon;
        let mut held = BTreeSet::new();
        for deployment in marathon.deployments() {
            for app in deployment.plan.affected() {
                assert!(held.insert(app), "two deployments hold {app}");
            }
            let actions = deployment.current_actions();
            let acted: BTreeSet<_> = actions.iter().map(Action::app).collect();
            assert!(deployment.pending().all(|app| acted.contains(app)));
            assert!(deployment.pending().next().is_some(), "{} stands idle", deployment.id);
        }
        let mut waiting = 0;
        for instance in marathon.all_instances() {
            let lives = self.tasks.get(&instance.task).is_some_and(|known| !known.ended);
            assert_eq!(instance.has_task(), lives, "{instance:?}");
            assert_eq!(marathon.instance(&instance.id).map(|one| &one.task), Some(&instance.task));
            if instance.condition == Condition::Scheduled {
                assert!(!instance.goal.is_terminal(), "{instance:?}");
                waiting += 1;
            }
        }
        let queued: u32 = marathon.queue(Timestamp::EPOCH).iter().map(|item| item.count).sum();
        assert_eq!(queued, waiting);
    }
}
