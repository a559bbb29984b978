//! Every state that a rollout can get into, within limits: tasks start and die, sessions end when
//! they like, balancers lag and forget, views are old, the process crashes between any two things that it
//! does, somebody turns round at any moment.
//!
//! CI looks at twenty thousand states of each of nine worlds; `ZDD_STATES=400000 cargo test -p
//! zdd-core --test rollout model` looks at more than a million in all.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use zdd_core::app::App;
use zdd_core::ports::{
    AppStatus, Balancer, HealthResult, Look, Server, SetState, Setting, Task, TaskState,
};
use zdd_core::rollout::{
    Action, Growth, Next, Observation, Outcome, Rollout, Split, Target, Traffic,
};
use zdd_core::units::Timestamp;

use super::id;
use super::world::{NEW, OLD, app, server_name};

/// A task: of the old app or of the new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Running {
    is_new: bool,
    number: u8,
}

/// What a balancer has of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Served {
    weight: u16,
    state: SetState,
    is_busy: bool,
}

/// Where the rollout goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Way {
    Canary,
    Forward,
    Back,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct State {
    way: Way,
    /// How many instances of each app there are to be; `None` where there is no app.
    old: Option<u32>,
    new: Option<u32>,
    /// Whether each is healthy.
    tasks: BTreeMap<Running, bool>,
    balancers: Vec<BTreeMap<Running, Served>>,
    /// What the engine remembers: at which tasks nothing went on.
    quiet: Vec<Running>,
    /// How much may still go wrong.
    deaths: u8,
    lapses: u8,
    next: u8,
    is_over: bool,
}

/// What is played.
#[derive(Clone, Copy, Debug)]
struct Play {
    old: u32,
    new: u32,
    balancers: usize,
    growth: Growth,
    traffic: Traffic,
}

impl Play {
    fn begin(self) -> State {
        let tasks: BTreeMap<_, _> = (0..self.old)
            .map(|n| (Running { is_new: false, number: u8::try_from(n).unwrap() }, true))
            .collect();
        let served = Served { weight: 1, state: SetState::Ready, is_busy: true };
        let servers: BTreeMap<_, _> = tasks.keys().map(|task| (*task, served)).collect();
        let way =
            if matches!(self.traffic, Traffic::Split(_)) { Way::Canary } else { Way::Forward };
        State {
            way,
            old: Some(self.old),
            new: None,
            tasks,
            balancers: vec![servers; self.balancers],
            quiet: Vec::new(),
            deaths: 1,
            lapses: 1,
            next: 10,
            is_over: false,
        }
    }

    /// The engine, as it is made anew.
    fn engine(self, way: Way) -> Rollout {
        let whole = |split: Split| match self.traffic {
            Traffic::Split(_) => Traffic::Split(split),
            other => other,
        };
        let target = match way {
            Way::Canary => Target { old: self.old, new: 1, traffic: self.traffic },
            Way::Forward => Target { old: 0, new: self.new, traffic: whole(Split::NEW) },
            Way::Back => Target { old: self.old, new: 0, traffic: whole(Split::OLD) },
        };
        let hold = match (way, self.traffic) {
            (Way::Canary, Traffic::Split(_)) => Split::OLD.into(),
            _ => self.traffic,
        };
        let rollout = Rollout::new(Some(id(OLD)), id(NEW), target)
            .with_definition(app(NEW, 1))
            .holding(hold)
            .growing(self.growth)
            .with_floor(self.floor());
        if way == Way::Back { rollout.on_the_way_back() } else { rollout }
    }

    fn floor(self) -> u32 {
        self.old.min(self.new)
    }
}

impl State {
    fn observe(&self) -> Observation {
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
        status
    }

    /// Does one thing, after it was checked.
    fn act(&mut self, action: &Action, play: Play, is_fresh: bool) {
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
    fn settle(&mut self) {
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
    }

    fn serving(&self) -> usize {
        let serves = |task: &Running| {
            self.balancers.iter().all(|balancer| {
                let served = balancer.get(task);
                served.is_some_and(|it| it.state == SetState::Ready && it.weight > 0)
            })
        };
        self.tasks.iter().filter(|(task, is_healthy)| **is_healthy && serves(task)).count()
    }

    /// What may happen without the rollout.
    fn events(&self) -> Vec<Self> {
        let mut after = Vec::new();
        for (task, is_healthy) in &self.tasks {
            if !is_healthy {
                let mut state = self.clone();
                state.tasks.insert(*task, true);
                after.push(state);
            }
            if self.deaths > 0 {
                let mut state = self.clone();
                state.deaths -= 1;
                state.tasks.remove(task);
                state.balancers.iter_mut().for_each(|it| {
                    it.remove(task);
                });
                state.settle();
                after.push(state);
            }
        }
        for (nth, balancer) in self.balancers.iter().enumerate() {
            // It takes in what got healthy; what is gone it has dropped already.
            let missing =
                self.tasks.iter().filter(|(task, is)| **is && !balancer.contains_key(task));
            for (task, _) in missing {
                let mut state = self.clone();
                let served = Served { weight: 1, state: SetState::Ready, is_busy: false };
                state.balancers[nth].insert(*task, served);
                state.settle();
                after.push(state);
            }
            for (task, served) in balancer {
                if served.is_busy && (served.state != SetState::Ready || served.weight == 0) {
                    let mut state = self.clone();
                    state.balancers[nth].get_mut(task).unwrap().is_busy = false;
                    after.push(state);
                }
            }
            if self.lapses > 0 {
                let mut state = self.clone();
                state.lapses -= 1;
                for served in state.balancers[nth].values_mut() {
                    (served.weight, served.state) = (1, SetState::Ready);
                }
                state.settle();
                after.push(state);
            }
        }
        match self.way {
            Way::Canary => after.extend([Way::Forward, Way::Back].map(|way| self.turned(way))),
            Way::Forward if self.old.is_some() => after.push(self.turned(Way::Back)),
            Way::Forward | Way::Back => {}
        }
        after
    }

    fn turned(&self, way: Way) -> Self {
        Self { way, is_over: false, quiet: Vec::new(), ..self.clone() }
    }

    /// Everything that the rollout may do next, from this view; with a crash after each thing.
    fn steps(
        &self,
        play: Play,
        seen: &Observation,
        is_fresh: bool,
    ) -> Vec<(Self, Option<Outcome>)> {
        let now = Timestamp::from_millis(1_000_000);
        let mut engine = play.engine(self.way);
        // What it remembers it saw a while ago.
        let early = Timestamp::from_millis(500_000);
        for task in &self.quiet {
            engine.remember_quiet(task_id(*task).parse().unwrap(), early);
        }
        let decision = engine.step(now, seen);
        let mut after = Vec::new();
        let mut state = self.clone();
        for action in &decision.actions {
            state.act(action, play, is_fresh);
            // It crashes here, and remembers nothing.
            after.push((Self { quiet: Vec::new(), ..state.clone() }, None));
        }
        state.quiet = state
            .tasks
            .keys()
            .copied()
            .filter(|it| engine.is_quiet(&task_id(*it).parse().unwrap()))
            .collect();
        let outcome = match decision.next {
            Next::Done(outcome) => Some(outcome),
            Next::ObserveBy { .. } => None,
        };
        state.is_over = is_fresh && outcome == Some(Outcome::Reached);
        after.push((state, outcome));
        after
    }

    /// How it goes on where nothing goes wrong any more: it comes to its end.
    fn ends(&self, play: Play) {
        let mut state = Self { deaths: 0, lapses: 0, ..self.clone() };
        for _ in 0..400 {
            let seen = state.observe();
            let (after, outcome) = state.steps(play, &seen, true).pop().unwrap();
            state = after;
            match outcome {
                Some(Outcome::Reached | Outcome::Vanished(_)) => return,
                Some(other) => panic!("{other:?}: {state:#?}"),
                None => {}
            }
            // All that is to come comes.
            let way = state.way;
            while let Some(next) = state.events().into_iter().find(|it| it.way == way) {
                state = next;
            }
        }
        panic!(
            "it does not end: {self:?}\n{state:?}\n{:?}",
            play.engine(state.way).step(Timestamp::from_millis(1_000_000), &state.observe())
        );
    }
}

fn task_id(task: Running) -> String {
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

/// How often what was reached.
#[derive(Debug, Default)]
struct Reached {
    states: usize,
    drains: usize,
    promoted: usize,
    taken_back: usize,
}

fn search(play: Play, limit: usize) -> Reached {
    let mut known: BTreeSet<u64> = BTreeSet::new();
    let mut waiting = VecDeque::from([play.begin()]);
    let mut reached = Reached::default();
    while let Some(state) = waiting.pop_front() {
        let mut hasher = DefaultHasher::new();
        state.hash(&mut hasher);
        if !known.insert(hasher.finish()) {
            continue;
        }
        reached.states += 1;
        if reached.states >= limit {
            break;
        }
        reached.drains += usize::from(
            state.balancers.iter().flatten().any(|(_, it)| it.state == SetState::Drain),
        );
        reached.promoted += usize::from(state.is_over && state.way == Way::Forward);
        reached.taken_back += usize::from(state.is_over && state.way == Way::Back);
        if reached.states % 16 == 0 {
            state.ends(play);
        }
        let seen = state.observe();
        let events = state.events();
        if !state.is_over {
            waiting.extend(state.steps(play, &seen, true).into_iter().map(|it| it.0));
            // The same view again, after something has happened that it does not show.
            for event in events.iter().filter(|it| it.way == state.way) {
                waiting.extend(event.steps(play, &seen, false).into_iter().map(|it| it.0));
            }
        }
        waiting.extend(events);
    }
    reached
}

#[test]
#[expect(clippy::disallowed_methods, reason = "how long to search is asked of the environment")]
fn nothing_bad_can_happen_in_any_state() {
    let limit = std::env::var("ZDD_STATES").map_or(20_000, |text| text.parse().unwrap());
    let split = Traffic::Split(Split { old: 4, new: 1 });
    let plays = [
        (2, 2, 1, Growth::Once, split),
        (2, 2, 2, Growth::Once, split),
        (2, 2, 2, Growth::ByHalf, Traffic::ByInstances),
        (3, 3, 1, Growth::ByHalf, Traffic::ByInstances),
        (4, 4, 1, Growth::By(2), Traffic::ByInstances),
        (4, 4, 2, Growth::ByHalf, Traffic::ByInstances),
        (3, 2, 2, Growth::Once, split),
        (3, 3, 1, Growth::Waves { most: 4 }, Traffic::ByInstances),
        (2, 2, 2, Growth::Waves { most: 3 }, Traffic::ByInstances),
    ];
    let mut all = Reached::default();
    for (old, new, balancers, growth, traffic) in plays {
        let reached = search(Play { old, new, balancers, growth, traffic }, limit);
        println!("{old} + {new}, {balancers} balancers, {growth:?}: {reached:?}");
        all.states += reached.states;
        all.drains += reached.drains;
        all.promoted += reached.promoted;
        all.taken_back += reached.taken_back;
    }
    assert!(all.drains > 0 && all.promoted > 0 && all.taken_back > 0, "{all:?}");
}
