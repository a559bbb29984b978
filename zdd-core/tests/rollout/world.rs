//! A Marathon with two apps and balancers that follow it, small enough to see through.

use std::collections::BTreeMap;
use std::time::Duration;

use zdd_core::app::App;
use zdd_core::ports::{
    AppStatus, Balancer, BalancerError, Counters, HealthResult, Look, Name, Server, ServerChange,
    SetState, Setting, Task, TaskState,
};
use zdd_core::rollout::{Action, Observation};
use zdd_core::units::{AppId, InstanceCount, TaskId, Timestamp};

pub(crate) const OLD: &str = "/shop-blue";
pub(crate) const NEW: &str = "/shop-green";

/// A task, and what it takes.
#[derive(Clone, Debug)]
pub(crate) struct Running {
    pub(crate) app: AppId,
    pub(crate) id: TaskId,
    pub(crate) port: u16,
    pub(crate) started: Timestamp,
    pub(crate) healthy_from: Timestamp,
}

/// What one balancer has of one task.
#[derive(Clone, Debug)]
pub(crate) struct Set {
    pub(crate) weight: u16,
    pub(crate) state: SetState,
    /// When its last session ends, once nothing new comes.
    pub(crate) busy_until: Option<Timestamp>,
}

#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) now: Timestamp,
    pub(crate) apps: BTreeMap<AppId, App>,
    pub(crate) tasks: Vec<Running>,
    /// By the port of the task.
    pub(crate) balancers: Vec<BTreeMap<u16, Set>>,
    pub(crate) refused: Vec<BalancerError>,
    /// How long sessions go on at a server that drains.
    pub(crate) sessions: Duration,
    pub(crate) start_up: Duration,
    /// Ports of tasks that balancers' own checks find dead.
    pub(crate) down: Vec<u16>,
    /// Whether balancers take instances out by themselves, as marathon-lb does.
    pub(crate) merges: bool,
    /// What each instance of an app answers in a second, of which so many fail, in so long.
    pub(crate) rates: BTreeMap<AppId, Counters>,
    /// What balancers have counted, by the port of the task.
    pub(crate) counted: BTreeMap<u16, Counters>,
    /// The last that was scaled is the last.
    scaled: Vec<AppId>,
    next: u16,
    /// Everything that was done.
    pub(crate) log: Vec<String>,
    /// Every task that somebody stopped.
    pub(crate) stopped: Vec<Stopped>,
}

/// A task that somebody stopped, at a moment.
#[derive(Clone, Debug)]
pub(crate) struct Stopped {
    pub(crate) was_healthy: bool,
    /// Whether something went on at it.
    pub(crate) was_busy: bool,
    /// Whether a balancer sent it requests.
    pub(crate) was_serving: bool,
    /// How many served then, all in all.
    pub(crate) serving: usize,
}

impl World {
    pub(crate) fn new(old: u32, n_balancers: usize) -> Self {
        let mut world = Self {
            now: Timestamp::from_millis(1_000_000),
            apps: BTreeMap::new(),
            tasks: Vec::new(),
            balancers: vec![BTreeMap::new(); n_balancers],
            refused: Vec::new(),
            sessions: Duration::from_secs(3),
            start_up: Duration::from_secs(2),
            down: Vec::new(),
            merges: false,
            rates: BTreeMap::new(),
            counted: BTreeMap::new(),
            scaled: Vec::new(),
            next: 31_000,
            log: Vec::new(),
            stopped: Vec::new(),
        };
        if old > 0 {
            world.create(&app(OLD, old));
            world.pass(Duration::from_secs(10));
        }
        world
    }

    /// A deployment of four beside marathon-lb, of which the first new instance serves: one old one is out.
    pub(crate) fn begun() -> Self {
        let mut world = Self::new(0, 1);
        world.merges = true;
        world.create(&labelled(OLD, 4, 4));
        world.pass(Duration::from_secs(10));
        world.create(&labelled(NEW, 1, 4));
        world.pass(Duration::from_secs(10));
        world
    }

    pub(crate) fn create(&mut self, app: &App) {
        self.apps.entry(app.id().clone()).or_insert_with(|| app.clone());
        self.was_scaled(app.id());
        self.launch();
    }

    /// Time passes: instances that are missing are launched, balancers follow.
    pub(crate) fn pass(&mut self, time: Duration) {
        self.now = self.now.saturating_add(time);
        self.launch();
        self.count(time);
        let (now, sessions) = (self.now, self.sessions);
        let ready: Vec<u16> =
            self.tasks.iter().filter(|it| it.healthy_from <= now).map(|it| it.port).collect();
        for balancer in &mut self.balancers {
            balancer.retain(|port, _| ready.contains(port));
            for port in &ready {
                balancer.entry(*port).or_insert(Set {
                    weight: 1,
                    state: SetState::Ready,
                    busy_until: None,
                });
            }
        }
        if self.merges {
            self.merge();
        }
        for balancer in &mut self.balancers {
            for set in balancer.values_mut() {
                set.busy_until = match set.state {
                    // Somebody always comes.
                    SetState::Ready if set.weight > 0 => Some(now.saturating_add(sessions)),
                    _ => set.busy_until.filter(|until| *until > now),
                };
            }
        }
    }

    fn count(&mut self, time: Duration) {
        for task in self.tasks.iter().filter(|it| it.healthy_from <= self.now) {
            let Some(rate) = self.rates.get(&task.app) else { continue };
            let counted = self.counted.entry(task.port).or_default();
            counted.requests += rate.requests * time.as_secs();
            counted.errors += rate.errors * time.as_secs();
            counted.response_time = rate.response_time;
        }
    }

    /// Or changed, which Marathon notes as well.
    pub(crate) fn was_scaled(&mut self, app: &AppId) {
        self.scaled.retain(|it| it != app);
        self.scaled.push(app.clone());
    }

    /// marathon-lb's merge of a pair: the app that was scaled last is the new one, and as many of the old
    /// one are disabled as are too many.
    fn merge(&mut self) {
        let [old, new] = self.scaled.as_slice() else { return };
        let (Some(of_old), Some(of_new)) = (self.apps.get(old), self.apps.get(new)) else { return };
        let Some(target) = of_new.labels().get("HAPROXY_DEPLOYMENT_TARGET_INSTANCES") else {
            return;
        };
        let target: usize = target.parse().unwrap();
        let is_healthy = |it: &&Running| it.healthy_from <= self.now;
        let healthy = if of_new.health_checks().is_empty() {
            // It counts what is wanted, whether that runs or not.
            of_new.instances().get() as usize
        } else {
            self.tasks.iter().filter(|it| it.app == *new).filter(is_healthy).count()
        };
        let spare = (healthy + of_old.instances().get() as usize).saturating_sub(target);
        let mut ports: Vec<(&TaskId, u16)> =
            self.tasks.iter().filter(|it| it.app == *old).map(|it| (&it.id, it.port)).collect();
        ports.sort();
        let out: Vec<u16> = ports.into_iter().take(healthy.min(spare)).map(|it| it.1).collect();
        for (port, set) in self.balancers.iter_mut().flatten() {
            set.state = if out.contains(port) { SetState::Maint } else { SetState::Ready };
        }
    }

    fn launch(&mut self) {
        let apps: Vec<App> = self.apps.values().cloned().collect();
        for app in apps {
            let have = self.tasks.iter().filter(|it| it.app == *app.id()).count();
            // The youngest go first.
            for _ in app.instances().get() as usize..have {
                let last = self.tasks.iter().rposition(|it| it.app == *app.id()).unwrap();
                self.tasks.remove(last);
            }
            for _ in have..app.instances().get() as usize {
                self.next += 1;
                let id = format!("{}.{}", app.id().as_str().trim_start_matches('/'), self.next);
                self.tasks.push(Running {
                    app: app.id().clone(),
                    id: id.parse().unwrap(),
                    port: self.next,
                    started: self.now,
                    healthy_from: self.now.saturating_add(self.start_up),
                });
            }
        }
    }

    /// A task dies, with everything that went on there.
    pub(crate) fn die(&mut self, nth: usize) {
        if !self.tasks.is_empty() {
            let nth = nth % self.tasks.len();
            self.tasks.remove(nth);
        }
    }

    /// A balancer is reloaded by somebody who keeps no state.
    pub(crate) fn forget(&mut self, nth: usize) {
        let nth = nth % self.balancers.len();
        for set in self.balancers[nth].values_mut() {
            (set.weight, set.state) = (1, SetState::Ready);
        }
    }

    pub(crate) fn act(&mut self, action: &Action) {
        self.log.push(action.to_string());
        self.note_stopped(action);
        match action {
            Action::Create(app) => self.create(app),
            Action::Scale { app, instances, .. } => {
                if let Some(it) = self.apps.get_mut(app) {
                    *it = it.clone().with_instances(*instances);
                }
                self.was_scaled(app);
                self.launch();
            }
            Action::Set(changes) => changes.iter().for_each(|change| self.set(change)),
            Action::Cut(servers) => {
                for set in self.balancers.iter_mut().flatten() {
                    if servers.iter().any(|name| *name == server_name(*set.0)) {
                        set.1.busy_until = None;
                    }
                }
            }
            Action::Kill { app, tasks } => {
                let before = self.tasks.len();
                self.tasks.retain(|it| !tasks.contains(&it.id));
                let gone = u32::try_from(before - self.tasks.len()).unwrap();
                if let Some(it) = self.apps.get_mut(app) {
                    let left = it.instances().get() - gone;
                    *it = it.clone().with_instances(InstanceCount::saturating_from(left.into()));
                }
                self.was_scaled(app);
            }
            Action::Delete { app, .. } => {
                self.apps.remove(app);
                self.tasks.retain(|it| it.app != *app);
            }
        }
        self.pass(Duration::ZERO);
    }

    fn note_stopped(&mut self, action: &Action) {
        let is_about = |it: &&Running| match action {
            Action::Kill { tasks, .. } => tasks.contains(&it.id),
            Action::Delete { app, .. } => it.app == *app,
            _ => false,
        };
        let serving = self.serving();
        let stopped = self.tasks.iter().filter(is_about).map(|it| Stopped {
            was_healthy: it.healthy_from <= self.now,
            was_busy: self.sessions_at(&it.id),
            was_serving: self.balancers.iter().any(|balancer| {
                let set = balancer.get(&it.port);
                set.is_some_and(|set| set.state == SetState::Ready && set.weight > 0)
            }),
            serving,
        });
        let stopped: Vec<_> = stopped.collect();
        self.stopped.extend(stopped);
    }

    fn set(&mut self, change: &ServerChange) {
        for balancer in &mut self.balancers {
            for (port, set) in balancer.iter_mut() {
                if server_name(*port) == change.server {
                    match change.setting {
                        Setting::Weight(weight) => set.weight = weight,
                        Setting::State(state) => set.state = state,
                    }
                }
            }
        }
    }

    pub(crate) fn observe(&self) -> Observation {
        Observation {
            old: self.status(OLD),
            new: self.status(NEW),
            balancers: (0..self.balancers.len()).map(|nth| self.look(nth)).collect(),
            refused: self.refused.clone(),
        }
    }

    fn status(&self, id: &str) -> Option<AppStatus> {
        let app = self.apps.get(&id.parse::<AppId>().unwrap())?;
        let mut status = AppStatus::new(app.clone());
        let at = self.scaled.iter().position(|it| it == app.id());
        status.last_scaling_at = at.map(|at| Timestamp::from_millis(at.try_into().unwrap()));
        let tasks = self.tasks.iter().filter(|it| it.app == *app.id()).map(|it| {
            let is_checked = !app.health_checks().is_empty();
            let runs = is_checked || it.healthy_from <= self.now;
            let state = if runs { TaskState::Running } else { TaskState::Staging };
            let mut task = Task::new(it.id.clone(), it.app.clone(), state);
            task.host = Some("127.0.0.1".into());
            task.ports = vec![it.port];
            task.started_at = Some(it.started);
            if is_checked && it.healthy_from <= self.now {
                let mut passes = HealthResult::default();
                passes.alive = true;
                task.health = vec![passes];
            }
            task
        });
        status.tasks = Some(tasks.collect());
        Some(status)
    }

    fn look(&self, nth: usize) -> Balancer {
        let servers = self.balancers[nth].iter().map(|(port, set)| {
            let mut server = Server::new(server_name(*port));
            server.set = Some(set.state);
            server.is_up = set.state == SetState::Ready && !self.down.contains(port);
            if self.down.contains(port) && set.state == SetState::Ready {
                // The status hides what was set.
                server.set = None;
            }
            server.weight = Some(set.weight);
            server.passes = Some(true);
            server.counters = self.counted.get(port).copied();
            server.sessions = u64::from(set.busy_until.is_some_and(|until| until > self.now));
            server
        });
        let mut look = Look::default();
        look.servers = servers.collect();
        Balancer { name: format!("lb{nth}"), seen: Ok(look) }
    }

    /// What the new app gets at a balancer, in thousandths.
    pub(crate) fn share(&self, nth: usize) -> u64 {
        let weight = |id: &str| -> u64 {
            let serving = self.tasks.iter().filter(|it| it.app.as_str() == id);
            let sets = serving.filter_map(|it| self.balancers[nth].get(&it.port));
            let ready = sets.filter(|set| set.state == SetState::Ready);
            ready.map(|set| u64::from(set.weight)).sum()
        };
        let (old, new) = (weight(OLD), weight(NEW));
        1000 * new / (old + new).max(1)
    }

    /// Sessions that go on at the tasks of an app.
    pub(crate) fn sessions_at(&self, task: &TaskId) -> bool {
        let Some(task) = self.tasks.iter().find(|it| it.id == *task) else { return false };
        let mut sets = self.balancers.iter().filter_map(|it| it.get(&task.port));
        sets.any(|set| set.busy_until.is_some_and(|until| until > self.now))
    }

    /// Tasks to which every balancer sends requests.
    pub(crate) fn serving(&self) -> usize {
        let serves = |it: &&Running| {
            it.healthy_from <= self.now
                && !self.down.contains(&it.port)
                && self.balancers.iter().all(|balancer| {
                    let set = balancer.get(&it.port);
                    set.is_some_and(|set| set.state == SetState::Ready && set.weight > 0)
                })
        };
        self.tasks.iter().filter(serves).count()
    }
}

pub(crate) fn app(id: &str, instances: u32) -> App {
    let text = format!(
        r#"{{"id": "{id}", "instances": {instances}, "healthChecks": [{{"protocol": "HTTP"}}]}}"#
    );
    App::parse(&text).unwrap()
}

/// The same with what zdd.py and marathon-lb read: how many of both are to serve.
pub(crate) fn labelled(id: &str, instances: u32, target: u32) -> App {
    let text = format!(
        r#"{{"id": "{id}", "instances": {instances}, "healthChecks": [{{"protocol": "HTTP"}}],
            "labels": {{"HAPROXY_DEPLOYMENT_TARGET_INSTANCES": "{target}"}}}}"#
    );
    App::parse(&text).unwrap()
}

pub(crate) fn server_name(port: u16) -> Name {
    Name::new(format!("127_0_0_1_{port}")).unwrap()
}
