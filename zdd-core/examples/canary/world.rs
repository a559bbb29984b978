//! A Marathon, a HAProxy, and time.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use zdd_core::placement::{Agent, Amount, Resources};
use zdd_core::ports::{Name, Server, ServerChange, SetState, Setting};
use zdd_core::simulate::{Instance, Marathon, MesosState, Order, Settings};
use zdd_core::units::{AppId, TaskId, Timestamp};

const STARTS_FOR: Duration = Duration::from_secs(3);
const PASSES_AFTER: Duration = Duration::from_secs(5);
const STOPS_FOR: Duration = Duration::from_secs(1);
/// How long the last session goes on at a server that gets nothing new.
const SESSIONS_FOR: Duration = Duration::from_secs(2);

/// One agent with room for everybody. Marathon is the simulated one; this is its Mesos, and the HAProxy
/// that has a server for each task that is healthy.
pub(crate) struct World {
    pub(crate) now: Timestamp,
    pub(crate) marathon: Marathon,
    due: BTreeMap<(Timestamp, u64), (TaskId, Due)>,
    servers: BTreeMap<TaskId, Entry>,
    serial: u64,
    next_port: u16,
}

/// What becomes of a task by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Due {
    Runs,
    Passes,
    Ends,
}

/// A line of the backend.
struct Entry {
    name: Name,
    weight: u16,
    state: SetState,
    /// Since when nothing new comes.
    out_since: Option<Timestamp>,
}

impl World {
    pub(crate) fn new(now: Timestamp) -> Self {
        let resources = Resources {
            cpus: Amount::whole(8),
            mem: Amount::whole(8192),
            n_ports: 1000,
            ..Resources::default()
        };
        let id = "a1".parse().expect("that is an id");
        let agents = vec![Agent::new(id, "10.0.0.1", resources)];
        Self {
            now,
            marathon: Marathon::new(Settings::default(), agents, 1, now),
            due: BTreeMap::new(),
            servers: BTreeMap::new(),
            serial: 0,
            next_port: 31_000,
        }
    }

    /// Calls Marathon, and does what it orders.
    pub(crate) fn call<T>(&mut self, call: impl FnOnce(&mut Marathon, Timestamp) -> T) -> T {
        let answer = call(&mut self.marathon, self.now);
        loop {
            let orders = self.marathon.take_orders();
            if orders.is_empty() {
                return answer;
            }
            for order in orders {
                self.obey(order);
            }
        }
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Launch(launch) => {
                let mut free = || {
                    self.next_port += 1;
                    self.next_port
                };
                let ports = launch.ports.iter().map(|port| port.unwrap_or_else(&mut free));
                let ports = ports.collect();
                self.marathon.launched(self.now, &launch.task, ports);
                self.later(STARTS_FOR, launch.task, Due::Runs);
            }
            Order::Kill { task, .. } => {
                self.due.retain(|_, (other, _)| *other != task);
                self.later(STOPS_FOR, task, Due::Ends);
            }
            // No app of this world has a readiness check.
            Order::CheckReadiness { .. } | Order::StopReadiness { .. } => {}
        }
    }

    fn later(&mut self, after: Duration, task: TaskId, due: Due) {
        self.serial += 1;
        self.due.insert((self.now.saturating_add(after), self.serial), (task, due));
    }

    /// Lets time pass, and everything happen that is due until then.
    pub(crate) fn pass(&mut self, until: Timestamp) {
        loop {
            let task = self.due.first_key_value().map(|((at, _), _)| *at);
            let next = task.into_iter().chain(self.marathon.next_tick()).min();
            let Some(at) = next.filter(|at| *at <= until) else { break };
            self.now = self.now.max(at);
            match self.due.first_entry().filter(|first| first.key().0 == at) {
                Some(first) => {
                    let (task, due) = first.remove();
                    self.happen(&task, due);
                }
                None => self.call(Marathon::tick),
            }
        }
        self.now = self.now.max(until);
    }

    fn happen(&mut self, task: &TaskId, due: Due) {
        match due {
            Due::Runs => {
                self.call(|it, now| it.task_changed(now, task, MesosState::Running, ""));
                self.later(PASSES_AFTER, task.clone(), Due::Passes);
            }
            Due::Passes => {
                self.call(|it, now| it.checked(now, task, 0, Ok(())));
                self.serve(task);
            }
            Due::Ends => {
                self.servers.remove(task);
                self.call(|it, now| it.task_changed(now, task, MesosState::Killed, ""));
            }
        }
    }

    /// A new server begins with next to nothing: a rollout says what it gets.
    fn serve(&mut self, task: &TaskId) {
        let Some(port) = self.marathon.instance_of(task).and_then(|it| it.ports.first()) else {
            return;
        };
        let name = Name::new(format!("10_0_0_1_{port}")).expect("digits and underscores");
        let entry = Entry { name, weight: 1, state: SetState::Ready, out_since: None };
        self.servers.insert(task.clone(), entry);
    }

    pub(crate) fn servers(&self) -> Vec<Server> {
        self.servers.values().map(|entry| entry.server(self.now)).collect()
    }

    pub(crate) fn set(&mut self, change: &ServerChange) {
        let now = self.now;
        for entry in self.servers.values_mut().filter(|it| it.name == change.server) {
            match change.setting {
                Setting::Weight(weight) => entry.weight = weight,
                Setting::State(state) => entry.state = state,
            }
            entry.out_since = match entry.state {
                SetState::Ready => None,
                SetState::Drain | SetState::Maint => entry.out_since.or(Some(now)),
            };
        }
    }

    pub(crate) fn cut(&mut self, server: &Name) {
        for entry in self.servers.values_mut().filter(|it| it.name == *server) {
            entry.out_since = entry.out_since.map(|_| Timestamp::EPOCH);
        }
    }

    /// Servers and weights of each app.
    fn shares(&self) -> BTreeMap<&AppId, (usize, u32)> {
        let mut shares = BTreeMap::new();
        for (task, entry) in &self.servers {
            let app = self.marathon.instance_of(task).map(|it: &Instance| &it.app);
            if let Some(app) = app.filter(|_| entry.state == SetState::Ready) {
                let (servers, weight): &mut (usize, u32) = shares.entry(app).or_default();
                *servers += 1;
                *weight += u32::from(entry.weight);
            }
        }
        shares
    }
}

impl Entry {
    fn server(&self, now: Timestamp) -> Server {
        let mut server = Server::new(self.name.clone());
        let is_quiet = self.out_since.is_some_and(|since| now.since(since) >= SESSIONS_FOR);
        server.is_up = self.state == SetState::Ready;
        server.set = Some(self.state);
        server.weight = Some(self.weight);
        // Whoever gets requests always has one.
        server.sessions = u64::from(!is_quiet);
        server
    }
}

/// What HAProxy does with requests.
impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shares = self.shares();
        let all: u32 = shares.values().map(|(_, weight)| weight).sum();
        f.write_str("HAProxy:")?;
        for (n, (app, (servers, weight))) in shares.iter().enumerate() {
            let (comma, s) = (if n == 0 { "" } else { "," }, if *servers == 1 { "s" } else { "" });
            let share = 100 * weight / all.max(1);
            write!(f, "{comma} {servers} of {app} get{s} {share} %")?;
        }
        Ok(())
    }
}
