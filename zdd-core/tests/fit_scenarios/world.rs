//! A Marathon in virtual time in which somebody chooses what happens next.

use zdd_core::app::App;
use zdd_core::fit::{Rules, Running, Site};
use zdd_core::placement::{Agent, GpuScheduling};
use zdd_core::ports::Force;
use zdd_core::scaling::Condition;
use zdd_core::simulate::{Launch, Marathon, MesosState, Order, Settings};
use zdd_core::units::{AgentId, AppId, TaskId, Timestamp};

use super::dice::Dice;

/// A Marathon, and what is about to happen to its tasks.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) marathon: Marathon,
    now: i64,
    /// Launched, and not running yet.
    starting: Vec<TaskId>,
    /// Running, and not checked yet.
    unchecked: Vec<TaskId>,
    /// Told to stop, in this order.
    pub(crate) dying: Vec<TaskId>,
    next_port: u16,
}

/// What comes of a deployment when nothing is left to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Finished,
    StandsStill,
}

/// What happens to a task.
#[derive(Clone, Debug)]
enum Happening {
    Starts(TaskId),
    IsHealthy(TaskId),
    Dies(TaskId),
}

impl World {
    pub(crate) fn new(settings: Settings, agents: Vec<Agent>) -> Self {
        let now = 1_600_000_000_000;
        Self {
            marathon: Marathon::new(settings, agents, 7, Timestamp::from_millis(now)),
            now,
            starting: Vec::new(),
            unchecked: Vec::new(),
            dying: Vec::new(),
            next_port: 20_000,
        }
    }

    /// What a prediction is made from.
    pub(crate) fn site(&self, app: &AppId) -> Site {
        let settings = self.marathon.settings();
        let rules = Rules {
            reading: settings.reading,
            grouping: settings.grouping,
            counting: settings.counting,
            gpus: GpuScheduling::default(),
        };
        let mut site = Site::empty(self.marathon.room().clone(), rules);
        let running = self.marathon.instances(app).map(|one| Running {
            task: one.task.clone(),
            app: one.app.clone(),
            agent: one.agent.clone(),
            version: Some(one.version),
        });
        site.running = running.collect();
        site
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.now)
    }

    pub(crate) fn agents(&self) -> Vec<AgentId> {
        self.marathon.agents().iter().map(|agent| agent.id.clone()).collect()
    }

    /// Calls the Marathon, some time later, and notes what it orders.
    fn call<R>(&mut self, act: impl FnOnce(&mut Marathon, Timestamp) -> R) -> R {
        self.now += 100;
        let now = self.now();
        if self.marathon.next_tick().is_some_and(|at| at <= now) {
            self.marathon.tick(now);
        }
        let answer = act(&mut self.marathon, now);
        self.obey();
        answer
    }

    fn obey(&mut self) {
        self.marathon.take_events();
        let now = self.now();
        loop {
            let orders = self.marathon.take_orders();
            if orders.is_empty() {
                return;
            }
            for order in orders {
                match order {
                    Order::Launch(Launch { task, ports, .. }) => {
                        let ports = ports.iter().map(|port| port.unwrap_or_else(|| self.port()));
                        let ports = ports.collect();
                        self.marathon.launched(now, &task, ports);
                        self.marathon.task_changed(now, &task, MesosState::Staging, "");
                        self.starting.push(task);
                    }
                    Order::Kill { task, .. } => self.dying.push(task),
                    Order::CheckReadiness { .. } | Order::StopReadiness { .. } => {
                        panic!("no app asks for readiness")
                    }
                }
            }
        }
    }

    fn port(&mut self) -> u16 {
        self.next_port += 1;
        self.next_port
    }

    pub(crate) fn put(&mut self, app: &App) {
        let mut root = self.marathon.root().clone();
        root.insert_app(app.clone()).unwrap();
        self.call(|marathon, now| marathon.change(now, root, Force::No)).unwrap();
    }

    pub(crate) fn restart(&mut self, app: &AppId) {
        let apps = [app.clone()].into();
        self.call(|marathon, now| marathon.restart(now, &apps, Force::No)).unwrap();
    }

    /// An agent makes an offer. Whether somebody takes it.
    pub(crate) fn offer_from(&mut self, agent: &AgentId) -> bool {
        self.call(|marathon, now| marathon.offer_from(now, agent)).is_some()
    }

    fn happen(&mut self, happening: &Happening) {
        match happening {
            Happening::Starts(task) => {
                self.starting.retain(|one| one != task);
                self.call(|marathon, now| {
                    marathon.task_changed(now, task, MesosState::Running, "");
                });
                let instance = self.marathon.instance_of(task).unwrap();
                if !instance.definition().health_checks().is_empty() {
                    self.unchecked.push(task.clone());
                }
            }
            Happening::IsHealthy(task) => {
                self.unchecked.retain(|one| one != task);
                self.call(|marathon, now| marathon.checked(now, task, 0, Ok(())));
            }
            Happening::Dies(task) => self.die(task),
        }
    }

    /// A task that was told to stop does.
    pub(crate) fn die(&mut self, task: &TaskId) {
        assert!(self.dying.contains(task), "{task} was not told to stop");
        for all in [&mut self.dying, &mut self.starting, &mut self.unchecked] {
            all.retain(|one| one != task);
        }
        self.call(|marathon, now| marathon.task_changed(now, task, MesosState::Killed, ""));
    }

    /// What is launched runs and is healthy at once.
    pub(crate) fn begin_all(&mut self) {
        while let Some(task) = self.starting.first().cloned() {
            self.happen(&Happening::Starts(task));
        }
        while let Some(task) = self.unchecked.first().cloned() {
            self.happen(&Happening::IsHealthy(task));
        }
    }

    fn happenings(&self) -> Vec<Happening> {
        let starts = self.starting.iter().cloned().map(Happening::Starts);
        let healthy = self.unchecked.iter().cloned().map(Happening::IsHealthy);
        starts.chain(healthy).chain(self.dying.iter().cloned().map(Happening::Dies)).collect()
    }

    /// All that can happen does, and offers come from all agents at once.
    pub(crate) fn run_in_marathons_order(&mut self) -> End {
        loop {
            self.call(Marathon::offer_from_all);
            let happenings = self.happenings();
            let Some(first) = happenings.first() else {
                return self.end();
            };
            self.happen(first);
        }
    }

    /// All that can happen does, and offers come, in an order that the dice choose.
    pub(crate) fn run_in_some_order(&mut self, dice: &mut Dice) -> End {
        loop {
            let happenings = self.happenings();
            if happenings.is_empty() || dice.once_in(2) {
                let agents = dice.shuffled(&self.agents());
                if agents.iter().any(|agent| self.offer_from(agent)) {
                    continue;
                }
            }
            if happenings.is_empty() {
                return self.end();
            }
            let next = dice.of(&happenings);
            self.happen(&next);
        }
    }

    /// What it has come to, now that nothing is left to happen and no offer was taken. Nothing comes
    /// of waiting for it.
    pub(crate) fn end(&mut self) -> End {
        if self.marathon.deployments().len() == 0 {
            return End::Finished;
        }
        for _ in 0..10 {
            self.now += 100_000;
            for agent in self.agents() {
                assert!(!self.offer_from(&agent), "{agent} is good enough after all");
            }
            assert!(self.happenings().is_empty(), "it goes on after all: {self:#?}");
        }
        End::StandsStill
    }

    /// All that runs is of the newest version, and as many as wanted.
    pub(crate) fn assert_upgraded(&self, app: &AppId) {
        let wanted = self.marathon.app(app).unwrap();
        // What a resident app has too many of is stopped and stays, for its reservations.
        let instances: Vec<_> = self.marathon.instances(app).filter(|one| one.has_task()).collect();
        assert_eq!(instances.len(), wanted.instances().get() as usize);
        for instance in instances {
            assert_eq!(Some(instance.version), wanted.version());
            assert_eq!(instance.condition, Condition::Running);
        }
    }
}
