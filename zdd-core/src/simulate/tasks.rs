//! What is heard about tasks.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::event::{TaskUpdate, What};
use super::ids;
use super::instance::Instance;
use super::marathon::Marathon;
use super::order::{Order, ReadinessAnswer};
use super::state::MesosState;
use crate::ports::TaskFailure;
use crate::scaling::{Condition, Goal};
use crate::units::{AppId, TaskId, Timestamp};

impl Marathon {
    /// A task that was ordered has these ports on its host, in the order of the definition.
    pub fn launched(&mut self, now: Timestamp, task: &TaskId, ports: Vec<u16>) {
        self.clock(now);
        if let Some((app, number)) = self.place_of(task) {
            self.room.takes_ports(task, &ports);
            if let Some(instance) = self.instance_mut(&app, number) {
                instance.ports = ports;
            }
        }
        self.settle();
    }

    /// Mesos says something about a task. What it said already, and what is older than that, changes
    /// nothing. A task that nobody knows is told to stop.
    pub fn task_changed(
        &mut self,
        now: Timestamp,
        task: &TaskId,
        state: MesosState,
        message: &str,
    ) {
        self.clock(now);
        match self.place_of(task) {
            Some((app, number)) => self.update(&app, number, state, message),
            None => self.hear_of_unknown(task, state),
        }
        self.settle();
    }

    /// A task answered that it is ready, or not. Only asked for during deployments.
    pub fn ready(&mut self, now: Timestamp, task: &TaskId, answer: ReadinessAnswer) {
        self.clock(now);
        if let Some((app, number)) = self.place_of(task) {
            self.take_answer(&app, number, answer);
        }
        self.settle();
    }

    /// Where the instance is whose task this is and was launched.
    pub(super) fn place_of(&self, task: &TaskId) -> Option<(AppId, u64)> {
        let instance = self.instance_of(task)?;
        instance.staged_at?;
        Some((instance.app.clone(), instance.number))
    }

    fn update(&mut self, app: &AppId, number: u64, state: MesosState, message: &str) {
        let now = self.now;
        let Some(instance) = self.instance_mut(app, number).filter(|one| is_news(one, state))
        else {
            return;
        };
        let came_back = instance.condition.is_gone();
        instance.state = Some(state);
        if state == MesosState::Running {
            instance.started_at.get_or_insert(now);
            let since = instance.started_at;
            instance.tracker.set_running(since);
        }
        if came_back && !state.is_terminal() && instance.killed_at.take().is_some() {
            // What was ordered while nobody could reach it may have been lost.
            self.tell_to_stop(app, number);
        }
        self.tell_update(app, number, state, message);
        self.set_condition(app, number, state.condition());
        if state == MesosState::Unreachable {
            self.out_of_reach(app, number);
        }
        if state.is_terminal() {
            self.note_failure(app, number, state, message);
            self.task_ended(app, number, state);
        }
    }

    fn tell_update(&mut self, app: &AppId, number: u64, state: MesosState, message: &str) {
        let Some(instance) = self.instance_at(app, number) else {
            return;
        };
        // A task that was launched has an agent.
        let (Some(agent), Some(host)) = (&instance.agent, &instance.host) else {
            return;
        };
        let address = self.room.agent(agent).and_then(|agent| agent.ip);
        let update = TaskUpdate {
            task: instance.task.clone(),
            app: app.clone(),
            version: instance.version,
            state,
            message: message.to_string(),
            agent: agent.clone(),
            host: host.clone(),
            addresses: address.into_iter().collect(),
            ports: instance.ports.clone(),
        };
        self.tell(What::Task(update));
    }

    /// The task of an instance has ended: the instance is forgotten, kept for its reservations, or
    /// launched again.
    fn task_ended(&mut self, app: &AppId, number: u64, state: MesosState) {
        self.stop_asking(app, number);
        let Some(instance) = self.instance_at(app, number) else {
            return;
        };
        let (goal, is_reserved) = (instance.goal, instance.is_reserved());
        let (made, task) = (instance.made.clone(), instance.task.clone());
        if is_failure(state.condition()) {
            self.backoff.failed(self.now, &made.app);
        }
        if !is_reserved {
            self.give_back(&task);
        }
        match goal {
            Goal::Running => self.agenda.again.push_back((app.clone(), number)),
            Goal::Stopped if is_reserved => {}
            Goal::Stopped | Goal::Decommissioned => self.forget(app, number),
        }
    }

    fn note_failure(&mut self, app: &AppId, number: u64, state: MesosState, message: &str) {
        if !matches!(state, MesosState::Finished | MesosState::Killed) {
            self.set_last_failure(app, number, state, message.to_string());
        }
    }

    pub(super) fn set_last_failure(
        &mut self,
        app: &AppId,
        number: u64,
        state: MesosState,
        message: String,
    ) {
        let now = self.now;
        let Some(fleet) = self.fleets.get_mut(app) else {
            return;
        };
        if let Some(instance) = fleet.instances.get(&number) {
            let word = state.word().to_string();
            let mut failure = TaskFailure::new(instance.task.clone(), word, message);
            failure.host.clone_from(&instance.host);
            failure.version = Some(instance.version);
            failure.at = Some(now);
            fleet.last_failure = Some(failure);
        }
    }

    /// A task that nobody knows: not heard of before, forgotten, or an earlier run of its instance.
    fn hear_of_unknown(&mut self, task: &TaskId, state: MesosState) {
        if !state.is_terminal() {
            if state == MesosState::Running {
                let grace = self.settings.default_kill_grace;
                self.orders.push(Order::Kill { task: task.clone(), grace });
            }
            return;
        }
        let instance = ids::instance_of(task);
        if self.instance(&instance).is_none()
            && let Some(app) = app_of(instance.as_str())
        {
            let condition = state.condition();
            self.tell(What::UnknownInstanceTerminated { instance, app, condition });
        }
    }
}

/// Whether Mesos says something new: nothing that came before in the life of a task, unless the task
/// was out of reach.
fn is_news(instance: &Instance, state: MesosState) -> bool {
    let from = match instance.condition {
        Condition::Unreachable | Condition::UnreachableInactive => {
            return state != MesosState::Unreachable;
        }
        condition => condition,
    };
    instance.has_task() && (state.condition() > from || state == MesosState::Unreachable)
}

/// Whether the app has to wait before it is launched again. Without that, a task that Mesos refuses
/// would be sent to it again and again without a pause.
///
/// Source: the conditions that Marathon's `NotifyRateLimiterStepImpl` finds worth a delay.
const fn is_failure(condition: Condition) -> bool {
    matches!(
        condition,
        Condition::Failed
            | Condition::Finished
            | Condition::Error
            | Condition::Dropped
            | Condition::Gone
    )
}

/// The app that an instance's id names. Ids of apps have no underscores.
fn app_of(instance: &str) -> Option<AppId> {
    let (path, _) = instance.split_once(".instance-")?;
    alloc::format!("/{}", path.replace('_', "/")).parse().ok()
}
