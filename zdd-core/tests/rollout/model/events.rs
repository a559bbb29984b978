//! What may come after a state.

use zdd_core::ports::SetState;
use zdd_core::rollout::{Next, Observation, Outcome};
use zdd_core::units::Timestamp;

use super::play::{Play, Way};
use super::state::{Served, State, task_id};

impl State {
    /// What may happen without the rollout.
    pub(super) fn events(&self) -> Vec<Self> {
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
                state.lose(*task);
                after.push(state);
            }
            // Marathon replaces it, however many serve meanwhile.
            if self.outdated.contains(task) {
                let mut state = self.clone();
                state.lose(*task);
                after.push(state);
            }
        }
        if self.pushes > 0 {
            for is_new in [false, true] {
                let mut state = self.clone();
                state.pushes -= 1;
                state.push(is_new);
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
    pub(super) fn steps(
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
    pub(super) fn ends(&self, play: Play) {
        let mut state = Self { deaths: 0, lapses: 0, pushes: 0, ..self.clone() };
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
